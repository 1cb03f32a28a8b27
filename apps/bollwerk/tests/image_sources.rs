//! Where images may be: what was read of a layer is kept, and a node is read without its runtime.

mod program;
mod server;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use program::layout::{Layout, gzip, tar};
use program::{Folder, bollwerk};
use serde_json::Value;
use server::Server;

const NOW: &str = "--now=2026-11-30T00:00:00Z";
const REQUESTS: (&str, &str) = (
    "usr/lib/python3/site-packages/requests-2.2.1.dist-info/METADATA",
    "Metadata-Version: 2.1\nName: requests\nVersion: 2.2.1\n\n",
);
const OS_RELEASE: (&str, &str) = ("etc/os-release", "ID=debian\nVERSION_ID=12\n");

/// Name, version and place of every package, and what was told on standard error.
fn packages(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>, String) {
    let whole = [&["image", "sbom", "--format=cyclonedx", NOW], arguments].concat();
    let (code, out, error) = bollwerk(folder, &whole, "");
    let document: Value = serde_json::from_str(&out).unwrap_or_default();
    let components = document["components"].as_array().cloned().unwrap_or_default();
    let purls = components.iter().filter_map(|it| Some(it["purl"].as_str()?.to_owned()));
    (code, purls.collect(), error)
}

fn facts(cache: &Path) -> Vec<PathBuf> {
    let editions = std::fs::read_dir(cache).into_iter().flatten().flatten();
    let files = editions.flat_map(|it| std::fs::read_dir(it.path()).into_iter().flatten());
    files.flatten().map(|it| it.path()).collect()
}

#[test]
fn a_layer_that_is_known_is_not_read_again() {
    let layout = Layout::of(&[&[REQUESTS]]);
    let (folder, name) = (layout.path(), layout.name());
    let cache = Folder::new(&[]);
    let stored = cache.path().display().to_string();
    let run = || packages(folder, &[&name, "--cache", &stored]);
    let first = run();
    assert_eq!((first.0, first.1.len()), (0, 1), "{first:?}");
    let kept = facts(cache.path());
    assert_eq!(kept.len(), 1);

    // The layer is gone, and nobody misses it.
    let blob = layout.layers().pop().unwrap();
    let content = std::fs::read(&blob).unwrap();
    std::fs::remove_file(&blob).unwrap();
    assert_eq!(run(), first);
    assert_eq!(packages(folder, &[&name, "--no-cache"]).0, 3);

    // Facts that somebody changed are none.
    std::fs::write(&blob, content).unwrap();
    let mut damaged = std::fs::read(&kept[0]).unwrap();
    let at = damaged.len() - 20;
    damaged[at] ^= 1;
    std::fs::write(&kept[0], &damaged).unwrap();
    assert_eq!(run(), first);
    assert_ne!(std::fs::read(&kept[0]).unwrap(), damaged, "read and kept again");
    std::fs::write(&kept[0], b"").unwrap();
    assert_eq!(run(), first);
}

#[test]
fn what_is_not_whole_is_not_kept() {
    let layout = Layout::of(&[&[REQUESTS]]);
    let cache = Folder::new(&[]);
    let stored = cache.path().display().to_string();
    let blob = layout.layers().pop().unwrap();
    let mut content = std::fs::read(&blob).unwrap();
    let end = content.len() - 1;
    content[end] ^= 1;
    std::fs::write(&blob, content).unwrap();
    let (code, found, error) = packages(layout.path(), &[&layout.name(), "--cache", &stored]);
    assert_eq!((code, found), (3, vec![]), "{error}");
    assert_eq!(facts(cache.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_root_file_system_is_read_where_it_is() {
    let folder = Folder::new(&[REQUESTS, OS_RELEASE]);
    let outside = Folder::new(&[REQUESTS]);
    // Neither links out of it nor pipes are followed or waited for.
    symlink(outside.path(), folder.path().join("opt")).unwrap();
    symlink("/etc/passwd", folder.path().join("package-lock.json")).unwrap();
    let pipe = folder.path().join("usr/lib/package.json");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let name = format!("dir:{}", folder.path().display());
    let (code, found, error) = packages(folder.path(), &[&name]);
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(found, ["pkg:pypi/requests@2.2.1"]);

    folder.write("srv/package.json", "{");
    let (code, found, error) = packages(folder.path(), &[&name]);
    assert_eq!((code, found.len()), (3, 1));
    assert!(error.contains("/srv/package.json"), "{error}");
    assert_eq!(packages(folder.path(), &["dir:nowhere"]).0, 2);
}

#[test]
fn a_compressed_archive_is_read_like_a_plain_one() {
    let layer = tar(&[REQUESTS]);
    let digest = image::Digest::of(&layer);
    let config = format!(
        r#"{{"os": "linux", "architecture": "amd64",
             "rootfs": {{"type": "layers", "diff_ids": ["{digest}"]}}}}"#
    );
    let manifest = r#"[{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["l.tar"]}]"#;
    let layer = String::from_utf8(layer).unwrap();
    let archive = tar(&[("l.tar", &layer), ("c.json", &config), ("manifest.json", manifest)]);
    let folder = Folder::new(&[]);
    std::fs::write(folder.path().join("a.tar"), &archive).unwrap();
    std::fs::write(folder.path().join("a.tar.gz"), gzip(&archive)).unwrap();
    let plain = packages(folder.path(), &["a.tar"]);
    assert_eq!((plain.0, plain.1.len()), (0, 1), "{plain:?}");
    assert_eq!(packages(folder.path(), &["a.tar.gz"]), plain);
    let cut = &gzip(&archive)[..200];
    std::fs::write(folder.path().join("cut.tar.gz"), cut).unwrap();
    assert_eq!(packages(folder.path(), &["cut.tar.gz"]).0, 2);
}

#[test]
fn a_mirror_is_asked_first_and_the_registry_where_it_has_nothing() {
    let layout = Layout::of(&[&[REQUESTS]]);
    let index = std::fs::read(layout.path().join("index.json")).unwrap();
    let (mirror, registry) = (Server::start(), Server::start());
    let host = |it: &Server| it.address().trim_start_matches("http://").to_owned();
    let blobs: Vec<PathBuf> = std::fs::read_dir(layout.path().join("blobs/sha256"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    let serve = |server: &Server, repository: &str| {
        server.put(&format!("/v2/{repository}/manifests/1"), index.clone());
        for blob in &blobs {
            let name = blob.file_name().unwrap().to_str().unwrap();
            let content = std::fs::read(blob).unwrap();
            server.put(&format!("/v2/{repository}/manifests/sha256:{name}"), content.clone());
            server.put(&format!("/v2/{repository}/blobs/sha256:{name}"), content);
        }
    };
    serve(&mirror, "library/cart");
    serve(&registry, "shop/cart");
    let own = host(&registry);
    let flags = [
        format!("--mirror=docker.io={}", host(&mirror)),
        format!("--mirror={own}={}", host(&mirror)),
    ];
    for name in ["cart:1".to_owned(), format!("{own}/shop/cart:1")] {
        let (code, found, error) =
            packages(layout.path(), &[&name, &flags[0], &flags[1], "--insecure"]);
        assert_eq!((code, found.len()), (0, 1), "{name}: {error}");
        assert_eq!(error.contains("not from the mirror"), name.starts_with(&own), "{error}");
    }
    assert_eq!(packages(layout.path(), &["cart:1", "--mirror=docker.io"]).0, 2);
}

/// What a real containerd keeps; none without it, which is a failure under `CI=true`.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn containerd() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BOLLWERK_CONTAINERD") {
        return Some(PathBuf::from(folder).join("root"));
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_CONTAINERD is not set");
    println!("skipped: BOLLWERK_CONTAINERD does not name a containerd's folder");
    None
}

#[test]
fn a_node_is_read_without_its_runtime() {
    let (Some(root), Some(images)) = (containerd(), std::env::var_os("BOLLWERK_IMAGES")) else {
        return;
    };
    let images = PathBuf::from(images);
    let archive = images.join("bookworm.docker.tar").display().to_string();
    let expected = packages(&images, &[&archive]);
    assert!(expected.0 == 0 && expected.1.len() > 50, "{}", expected.2);
    let shown = root.display().to_string();
    let name = "containerd:docker.io/library/bookworm:1";
    assert_eq!(packages(&images, &[name, "--containerd", &shown]), expected);

    // Without its overlays the layers are read as they came.
    let copy = Folder::new(&[]);
    let root = copy.copy(&root, "root");
    std::fs::remove_dir_all(root.join("io.containerd.snapshotter.v1.overlayfs")).unwrap();
    let shown = root.display().to_string();
    assert_eq!(packages(&images, &[name, "--containerd", &shown]), expected);

    let (code, _, error) = packages(&images, &["containerd:other:1", "--containerd", &shown]);
    assert!(code == 2 && error.contains("docker.io/library/bookworm:1"), "{error}");
    let database = root.join("io.containerd.metadata.v1.bolt/meta.db");
    let whole = std::fs::read(&database).unwrap();
    std::fs::write(&database, &whole[..3 * 4096]).unwrap();
    assert_eq!(packages(&images, &[name, "--containerd", &shown]).0, 2);
}
