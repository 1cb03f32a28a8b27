//! An image with packages of many languages, each put there by its own tool, on Debian's smallest
//! system. What is in it is pinned in `peers/polyglot`, so that what peers list of it is too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::{cluster, command, go, images, inventories, peers, program};

/// Changes whenever another image is made.
const EDITION: &str = "polyglot-1";
/// Gems, and packages of Composer, that are made here: their registries are not asked. Name,
/// version, licence.
const OWN: [(&str, &str, &str); 2] = [("shelf", "1.2.3", "MIT"), ("lamp", "0.9.0", "Apache-2.0")];

/// Makes it and prints where it is; with `--record`, writes down what Syft lists of it.
#[expect(clippy::print_stdout, reason = "the folder is this task's result")]
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {}
        [record] if record == "--record" => inventories::record()?,
        _ => bail!("`polyglot` takes `--record` or nothing"),
    }
    println!("{}", polyglot()?.display());
    Ok(())
}

/// The folder of the OCI layout. Needs root and the registries of Python and Node the first time.
pub(crate) fn polyglot() -> Result<PathBuf> {
    let folder = go::cache_folder()?.join(EDITION);
    let layout = folder.join("polyglot.oci");
    if folder.join(".complete").is_file() {
        return Ok(layout);
    }
    for (name, package) in [("gem", "ruby"), ("composer", "composer"), ("umoci", "umoci")] {
        program::installed(&[name], package)?;
    }
    let root = folder.join("root");
    for old in [&root, &layout] {
        if old.is_dir() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(&root)?;
    let pinned = crate::root().join("peers/polyglot");
    python(&root, &pinned)?;
    node(&root, &pinned)?;
    golang(&root)?;
    ruby(&folder, &root)?;
    php(&folder, &root)?;
    let base = images::images()?.join("bookworm.oci");
    command::run(Command::new("cp").arg("-r").arg(base).arg(&layout))?;
    images::run(&folder, "tar", &["--owner=0", "--group=0", "-C", "root", "-cf", "root.tar", "."])?;
    let image = ["raw", "add-layer", "--image", "polyglot.oci:bookworm", "root.tar"];
    images::run(&folder, "umoci", &image)?;
    fs::remove_dir_all(root)?;
    fs::remove_file(folder.join("root.tar"))?;
    fs::write(folder.join(".complete"), "")?;
    Ok(layout)
}

/// Old wheels, one of them with assemblies of .NET.
fn python(root: &Path, pinned: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]);
    pip.args(["--disable-pip-version-check", "--only-binary=:all:"]);
    pip.args(["--platform=manylinux2014_x86_64", "--python-version=3.11", "--target"]);
    pip.arg(root.join("usr/local/lib/python3.11/site-packages"));
    command::output(pip.arg("-r").arg(pinned.join("requirements.txt")))?;
    Ok(())
}

/// Old packages with all that they need; none of their scripts runs.
fn node(root: &Path, pinned: &Path) -> Result<()> {
    let app = root.join("app");
    fs::create_dir_all(&app)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(pinned.join(file), app.join(file))?;
    }
    let arguments = ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"];
    command::output(Command::new("npm").args(arguments).current_dir(app))?;
    Ok(())
}

/// Two programs that the suites build anyway: one that is kept whole and one that is larger.
fn golang(root: &Path) -> Result<()> {
    let folder = root.join("usr/local/bin");
    fs::create_dir_all(&folder)?;
    fs::copy(peers::gitleaks()?, folder.join("gitleaks"))?;
    fs::copy(cluster::cluster()?.join("etcd"), folder.join("etcd"))?;
    Ok(())
}

/// Gems of our own, one of them for a platform, as `gem install` leaves them.
fn ruby(folder: &Path, root: &Path) -> Result<()> {
    for ((name, version, licence), platform) in OWN.into_iter().zip(["ruby", "x86_64-linux"]) {
        let text = format!(
            "Gem::Specification.new do |s|\n  s.name = \"{name}\"\n  s.version = \"{version}\"\n  \
             s.summary = \"a fixture\"\n  s.authors = [\"bollwerk\"]\n  s.files = []\n  \
             s.licenses = [\"{licence}\"]\n  s.platform = \"{platform}\"\nend\n"
        );
        let (specification, packed) = (format!("{name}.gemspec"), format!("{name}.gem"));
        fs::write(folder.join(&specification), text)?;
        images::run(folder, "gem", &["build", "--silent", &specification, "--output", &packed])?;
        let mut gem = Command::new("gem");
        gem.args(["install", "--local", "--no-document", "--force", "--install-dir"]);
        gem.arg(root.join("usr/local/bundle")).arg(&packed).current_dir(folder);
        command::output(&mut gem)?;
    }
    Ok(())
}

/// Packages of our own, as `composer install` leaves them.
fn php(folder: &Path, root: &Path) -> Result<()> {
    let mut repositories = vec![serde_json::json!({"packagist": false})];
    let mut needed = serde_json::Map::new();
    for (name, version, licence) in OWN {
        let (name, version) = (format!("bollwerk/{name}"), format!("v{version}"));
        let source = folder.join(&name);
        fs::create_dir_all(&source)?;
        let written = serde_json::json!({"name": name, "version": version, "license": licence});
        fs::write(source.join("composer.json"), written.to_string())?;
        let options = serde_json::json!({"symlink": false});
        repositories.push(serde_json::json!({"type": "path", "url": source, "options": options}));
        needed.insert(name, version.into());
    }
    let app = root.join("srv/php");
    fs::create_dir_all(&app)?;
    let written = serde_json::json!({"repositories": repositories, "require": needed});
    fs::write(app.join("composer.json"), written.to_string())?;
    let mut composer = Command::new("composer");
    composer.args(["install", "--quiet", "--no-interaction", "--no-plugins", "--no-scripts"]);
    composer.env("COMPOSER_ALLOW_SUPERUSER", "1").env("COMPOSER_HOME", folder);
    command::output(composer.current_dir(app))?;
    Ok(())
}
