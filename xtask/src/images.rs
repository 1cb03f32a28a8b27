//! Real images for the suites: what Debian's packages make, without a container engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{command, go, program};

/// Suites of Debian, each an image of its smallest system.
const SUITES: [&str; 3] = ["bullseye", "bookworm", "trixie"];
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

fn make(folder: &Path, suite: &str) -> Result<()> {
    let run = |program: &str, arguments: &[&str]| {
        command::output(Command::new(program).args(arguments).current_dir(folder))
    };
    let (layout, archive, system) =
        (format!("{suite}.oci"), format!("{suite}.docker.tar"), format!("{suite}.tar"));
    for stale in [&layout, &archive, &system] {
        let stale = folder.join(stale);
        let _ = if stale.is_dir() { fs::remove_dir_all(stale) } else { fs::remove_file(stale) };
    }
    run("mmdebstrap", &["--quiet", "--variant=minbase", suite, &system])?;
    run("umoci", &["init", "--layout", &layout])?;
    let image = format!("{layout}:{suite}");
    run("umoci", &["new", "--image", &image])?;
    run("umoci", &["raw", "add-layer", "--image", &image, &system])?;
    let archive = format!("docker-archive:{archive}:{suite}:1");
    run("skopeo", &["copy", "--quiet", &format!("oci:{image}"), &archive])?;
    let root = format!("{suite}.root");
    fs::create_dir_all(folder.join(&root))?;
    run("tar", &["-C", &root, "-xf", &system, "./var/lib/dpkg"])?;
    let database = format!("{root}/var/lib/dpkg");
    let format = "${db:Status-Status} ${Package} ${Version} ${Architecture}\n";
    let listed = run("dpkg-query", &["--admindir", &database, "-W", "-f", format])?;
    let installed = listed.lines().filter_map(|line| line.strip_prefix("installed "));
    let installed: Vec<&str> = installed.collect();
    fs::write(folder.join(format!("{suite}.packages")), installed.join("\n"))?;
    fs::remove_dir_all(folder.join(root))?;
    fs::remove_file(folder.join(system))?;
    Ok(())
}
