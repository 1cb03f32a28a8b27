//! Layers as streams: archives of every kind, whiteouts, what tries to leave, what is cut.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod archive;

use archive::{Written, gzip, tar};
use image::{Archive, EntryKind, Fact, Layer, LayerError, LayerLimits, Problem, TarError, merge};

const STATUS: &str = "Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n\
    Architecture: amd64\n\n";
const OTHER: &str = "Package: zsh\nStatus: install ok installed\nVersion: 5.9-4\n\n";
const DATABASE: &str = "var/lib/dpkg/status";

fn read(entries: &[Written<'_>]) -> Layer {
    Layer::read(&tar(entries)[..], &LayerLimits::default()).unwrap()
}

fn names(layers: &[Layer]) -> Vec<String> {
    let image = merge(layers);
    image.packages.into_iter().map(|package| package.name).collect()
}

fn file<'a>(path: &'a str, content: &'a str) -> Written<'a> {
    Written::file(path, content.as_bytes())
}

fn node(name: &str) -> String {
    format!(r#"{{"name": "{name}", "version": "1.0.0"}}"#)
}

#[test]
fn every_way_to_write_a_path_is_read() {
    let long = format!("{}/package.json", "folder/".repeat(40));
    let content = node("long");
    for write in [Written::pax, Written::gnu] {
        let layer = read(&[write(&long, content.as_bytes())]);
        assert_eq!(layer.finds.len(), 1);
        assert_eq!(layer.finds[0].path, long.replace("//", "/"));
    }
    // In two pieces, as ustar has it for paths of up to 256 bytes.
    let middle = format!("{}/package.json", "folder/".repeat(20).trim_end_matches('/'));
    let layer = read(&[Written::ustar(&middle, content.as_bytes())]);
    assert_eq!(layer.finds[0].path, middle);
    for prefix in ["./", "/", "a/../", ""] {
        let path = format!("{prefix}{DATABASE}");
        assert_eq!(names(&[read(&[file(&path, STATUS)])]), ["bash"], "{path}");
    }
}

#[test]
fn a_path_that_leaves_stays_within_and_is_told() {
    let layer = read(&[file(&format!("../../{DATABASE}"), STATUS)]);
    assert_eq!(layer.gaps.len(), 1);
    assert_eq!(layer.gaps[0].problem, Problem::Leaves);
    assert_eq!(names(&[layer]), ["bash"]);
}

#[test]
fn compressed_or_not_is_the_same_layer() {
    let plain = tar(&[file(DATABASE, STATUS), file("etc/os-release", "ID=debian\n")]);
    let limits = LayerLimits::default();
    let expected = Layer::read(&plain[..], &limits).unwrap();
    assert_eq!(Layer::read(&gzip(&plain)[..], &limits).unwrap(), expected);
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    assert_eq!(Layer::read(&zstd[..], &limits).unwrap(), expected);
}

#[test]
fn upper_layers_replace_and_remove() {
    let base =
        || read(&[file(DATABASE, STATUS), file("app/node_modules/a/package.json", &node("a"))]);
    let both = ["bash", "a"];
    for (upper, left) in [
        (vec![], &both[..]),
        (vec![file(DATABASE, OTHER)], &["zsh", "a"]),
        (vec![file("var/lib/dpkg/.wh.status", "")], &["a"]),
        (vec![file("var/lib/.wh.dpkg", "")], &["a"]),
        (vec![file(".wh.var", "")], &["a"]),
        (vec![file("app/.wh..wh..opq", "")], &["bash"]),
        (vec![file(".wh..wh..opq", "")], &[]),
        // A whiteout of what is not there, and names that only look like the path.
        (vec![file("var/lib/.wh.dpk", ""), file("var/lib/dpkg-old", "")], &both),
        (vec![file(".wh..wh.plnk", ""), file("app/node_modules/.wh.b", "")], &both),
        // A file where a folder was, and a folder where it is still.
        (vec![file("app", "")], &["bash"]),
        (vec![Written::folder("app/node_modules/a")], &both),
        // A whiteout does not touch its own layer, wherever it stands.
        (vec![file(DATABASE, OTHER), file("var/lib/.wh.dpkg", "")], &["zsh", "a"]),
        (vec![file("var/lib/.wh.dpkg", ""), file(DATABASE, OTHER)], &["zsh", "a"]),
        // A link in the place of the database: what it points at is not looked at by that name.
        (vec![Written::symbolic(DATABASE, "/tmp/status")], &["a"]),
    ] {
        let upper: Vec<Written<'_>> = upper;
        let found = names(&[base(), read(&upper)]);
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            names.sort();
            names
        };
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(sorted(&found), sorted(left), "{upper:?}");
    }
}

#[test]
fn paths_through_a_link_of_the_root_are_the_same_file() {
    let base = read(&[
        Written::symbolic("lib", "usr/lib"),
        file("usr/lib/apk/db/installed", "P:musl\nV:1.2.5-r0\n\n"),
    ]);
    for upper in ["lib/apk/db/.wh.installed", "usr/lib/apk/db/.wh.installed", "lib/apk/.wh.db"] {
        assert_eq!(names(&[base.clone(), read(&[file(upper, "")])]), [""; 0], "{upper}");
    }
    let newer = read(&[file("lib/apk/db/installed", "P:zlib\nV:1.3-r0\n\n")]);
    assert_eq!(names(&[base, newer]), ["zlib"]);
}

#[test]
fn the_later_entry_of_a_path_stays() {
    assert_eq!(names(&[read(&[file(DATABASE, STATUS), file(DATABASE, OTHER)])]), ["zsh"]);
    let link = Written::symbolic(DATABASE, "/tmp/x");
    assert_eq!(names(&[read(&[file(DATABASE, STATUS), link])]), [""; 0]);
}

#[test]
fn hard_links_say_what_their_file_says() {
    let content = node("a");
    let first = "x/package.json";
    let layer = read(&[file(first, &content), Written::hard("y/package.json", first)]);
    let image = merge(&[layer]);
    let paths: Vec<&str> =
        image.packages[0].found_in.iter().map(|evidence| evidence.path.as_str()).collect();
    assert_eq!(paths, ["x/package.json", "y/package.json"]);
    let layer = read(&[file("tmp/x", STATUS), Written::hard(DATABASE, "tmp/x")]);
    assert_eq!(layer.gaps[0].problem, Problem::Linked("tmp/x".to_owned()));
}

#[test]
fn sparse_files_are_gaps_and_are_passed_over() {
    let after = file("etc/os-release", "ID=debian\n");
    for sparse in [
        Written::old_sparse(DATABASE, STATUS.as_bytes()),
        Written::pax_sparse(DATABASE, STATUS.as_bytes()),
    ] {
        let layer = read(&[sparse, after]);
        assert_eq!(layer.gaps[0].problem, Problem::Sparse);
        assert!(
            matches!(layer.finds[..], [ref find] if matches!(find.fact, Fact::Distribution(_)))
        );
    }
}

#[test]
fn what_is_cut_anywhere_is_no_layer() {
    let whole =
        tar(&[file(DATABASE, STATUS), Written::pax("a/package.json", node("a").as_bytes())]);
    let expected = Layer::read(&whole[..], &LayerLimits::default()).unwrap();
    let end = whole.len() - 1024;
    for length in 0..end {
        match Layer::read(&whole[..length], &LayerLimits::default()) {
            // At the end of an entry nothing tells that there was more, as in Go.
            Ok(_) => assert_eq!(length % 512, 0, "{length}"),
            Err(LayerError::Tar(_)) => {}
            Err(other) => panic!("{length}: {other}"),
        }
    }
    assert_eq!(Layer::read(&whole[..end], &LayerLimits::default()).unwrap().finds, expected.finds);
}

#[test]
fn damaged_bytes_never_panic() {
    let whole = tar(&[
        file(DATABASE, STATUS),
        Written::pax("a/package.json", node("a").as_bytes()),
        Written::gnu("b/package.json", node("b").as_bytes()),
        Written::old_sparse("c", b"x"),
    ]);
    let packed = gzip(&whole);
    for (bytes, step) in [(&whole, 7), (&packed, 3)] {
        for at in (0..bytes.len()).step_by(step) {
            for mask in [1, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= mask;
                let _ = Layer::read(&damaged[..], &LayerLimits::default());
            }
        }
    }
}

#[test]
fn headers_that_are_none_are_refused() {
    let header = |change: fn(&mut [u8])| {
        let mut bytes = tar(&[file("a", "x")]);
        change(&mut bytes);
        let mut archive = Archive::new(&bytes[..]);
        archive.advance().unwrap_err()
    };
    let wrong = header(|bytes| bytes[0] ^= 1);
    assert!(matches!(wrong, TarError::Header { reason: "a wrong checksum", at: 0 }), "{wrong}");
    let size = header(|bytes| archive::change(bytes, 124, b"99999999999\0"));
    assert!(matches!(size, TarError::Header { reason: "a size that is none", .. }), "{size}");
    let negative = header(|bytes| archive::change(bytes, 124, &[0xff; 12]));
    assert!(matches!(negative, TarError::Header { .. }), "{negative}");
    // Zeros between entries: whoever stops there and whoever does not see two different layers.
    let mut bytes = tar(&[file("a", "x")]);
    bytes.splice(1024..1024, [0; 512]);
    bytes.truncate(2048);
    bytes.extend(tar(&[file("b", "x")]));
    let mut archive = Archive::new(&bytes[..]);
    assert_eq!(archive.advance().unwrap().unwrap().kind, EntryKind::File);
}

#[test]
fn bounds_end_what_has_none() {
    let zeros = vec![0; 4 << 20];
    let bomb = gzip(&tar(&[Written::file("zeros", &zeros), file(DATABASE, STATUS)]));
    let limits = LayerLimits { bytes: 1 << 20, ..LayerLimits::default() };
    assert!(matches!(Layer::read(&bomb[..], &limits), Err(LayerError::Bytes(_))));
    let limits = LayerLimits { entries: 1, ..LayerLimits::default() };
    assert!(matches!(Layer::read(&bomb[..], &limits), Err(LayerError::Entries(1))));
    let limits = LayerLimits { file_bytes: 10, ..LayerLimits::default() };
    let layer = Layer::read(&tar(&[file(DATABASE, STATUS)])[..], &limits).unwrap();
    assert_eq!(layer.gaps[0].problem, Problem::TooLarge(STATUS.len() as u64));
    let limits = LayerLimits { finds: 1, gaps: 1, ..LayerLimits::default() };
    let content = node("a");
    let many: Vec<String> = (0..5).map(|it| format!("{it}/package.json")).collect();
    let many: Vec<Written<'_>> = many.iter().map(|path| file(path, &content)).collect();
    let layer = Layer::read(&tar(&many)[..], &limits).unwrap();
    assert_eq!((layer.finds.len(), layer.gaps.len(), layer.more_gaps), (1, 1, 3));
}

#[test]
fn packages_that_a_system_package_brought_are_its_own() {
    let metadata = "Name: six\nVersion: 1.16.0\n\n";
    let path = "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA";
    let base = || vec![file(DATABASE, STATUS), file(path, metadata)];
    assert_eq!(names(&[read(&base())]), ["bash", "six"]);
    let list = format!("/usr\n/{path}\n");
    let mut owned = base();
    owned.push(file("var/lib/dpkg/info/bash.list", &list));
    assert_eq!(names(&[read(&owned)]), ["bash"]);
}

#[test]
fn a_package_with_and_without_licences_is_one() {
    let installed = r#"{"name": "a", "version": "1.0.0", "license": "MIT"}"#;
    let locked = r#"{"dependencies": {"a": {"version": "1.0.0"}, "b": {"version": "1.0.0"}}}"#;
    let layer = read(&[
        file("app/package-lock.json", locked),
        file("app/node_modules/a/package.json", installed),
    ]);
    let image = merge(&[layer]);
    let shown: Vec<_> = image
        .packages
        .iter()
        .map(|it| (it.name.as_str(), it.licences.len(), it.found_in.len()))
        .collect();
    assert_eq!(shown, [("a", 1, 2), ("b", 0, 1)]);
}
