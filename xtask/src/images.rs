//! Real images for the suites: what Debian's packages make, without a container engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{command, go, program};

/// Suites of Debian, each an image of its smallest system.
const SUITES: [&str; 3] = ["bullseye", "bookworm", "trixie"];
/// What dpkg is asked of each package: its state and what it is.
const FORMAT: &str = "${db:Status-Status} ${Package} ${Version} ${Architecture}\n";
/// Changes whenever other images are made.
const EDITION: &str = "images-1";

/// A folder with an OCI layout and an archive of Docker's form for each suite, and what dpkg says
/// is installed there: `NAME VERSION ARCHITECTURE` a line. Needs root the first time.
pub(crate) fn images() -> Result<PathBuf> {
    let folder = go::cache_folder()?.join(EDITION);
    if folder.join(".complete").is_file() {
        return Ok(folder);
    }
    for (name, package) in [("mmdebstrap", "mmdebstrap"), ("umoci", "umoci"), ("skopeo", "skopeo")]
    {
        program::installed(&[name], package)?;
    }
    fs::create_dir_all(&folder)?;
    for suite in SUITES {
        make(&folder, suite)?;
    }
    fs::write(folder.join(".complete"), "")?;
    Ok(folder)
}

/// The folder of an OCI layout with a small web server and Python, for `bench`: as large as images
/// of services are.
pub(crate) fn web() -> Result<PathBuf> {
    let folder = go::cache_folder()?.join("web-1");
    let layout = folder.join("web.oci");
    if folder.join("web.packages").is_file() {
        return Ok(layout);
    }
    for name in ["mmdebstrap", "umoci"] {
        program::installed(&[name], name)?;
    }
    fs::create_dir_all(&folder)?;
    let _ = fs::remove_file(folder.join("web.tar"));
    let include = "--include=python3,curl,nginx-light,openssl";
    let arguments = ["--quiet", "--variant=minbase", include, "bookworm", "web.tar"];
    run(&folder, "mmdebstrap", &arguments)?;
    pack(&folder, "web", FORMAT)?;
    Ok(layout)
}

fn make(folder: &Path, suite: &str) -> Result<()> {
    let (archive, system) = (format!("{suite}.docker.tar"), format!("{suite}.tar"));
    let _ = fs::remove_file(folder.join(&archive));
    run(folder, "mmdebstrap", &["--quiet", "--variant=minbase", suite, &system])?;
    pack(folder, suite, FORMAT)?;
    let archive = format!("docker-archive:{archive}:{suite}:1");
    run(folder, "skopeo", &["copy", "--quiet", &format!("oci:{suite}.oci:{suite}"), &archive])?;
    Ok(())
}

/// Makes `NAME.oci` of the root file system in `NAME.tar`, which goes, and `NAME.packages` of what
/// dpkg says of what is installed in it.
pub(crate) fn pack(folder: &Path, name: &str, format: &str) -> Result<()> {
    let (layout, system) = (format!("{name}.oci"), format!("{name}.tar"));
    if folder.join(&layout).is_dir() {
        fs::remove_dir_all(folder.join(&layout))?;
    }
    run(folder, "umoci", &["init", "--layout", &layout])?;
    let image = format!("{layout}:{name}");
    run(folder, "umoci", &["new", "--image", &image])?;
    run(folder, "umoci", &["raw", "add-layer", "--image", &image, &system])?;
    let root = format!("{name}.root");
    fs::create_dir_all(folder.join(&root))?;
    run(folder, "tar", &["-C", &root, "-xf", &system, "./var/lib/dpkg"])?;
    let database = format!("{root}/var/lib/dpkg");
    let listed = run(folder, "dpkg-query", &["--admindir", &database, "-W", "-f", format])?;
    let installed = listed.lines().filter_map(|line| line.strip_prefix("installed "));
    let installed: Vec<&str> = installed.collect();
    fs::write(folder.join(format!("{name}.packages")), installed.join("\n"))?;
    fs::remove_dir_all(folder.join(root))?;
    fs::remove_file(folder.join(system))?;
    Ok(())
}

/// What a program prints, run in a folder.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    command::output(Command::new(program).args(arguments).current_dir(folder))
}
