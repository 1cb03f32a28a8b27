//! Programs the suites ask, from the path or from Debian's packages.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;

/// A browser that opens the pages we write: programs that take Chromium's flags, in the order to
/// try them.
pub(crate) fn browser() -> Result<PathBuf> {
    installed(&["chromium", "chromium-browser", "google-chrome", "chrome"], "chromium")
}

/// rpm, which orders its own versions and writes its own databases.
pub(crate) fn rpm() -> Result<PathBuf> {
    installed(&["rpm"], "rpm")
}

/// Berkeley DB, in which rpm kept its packages.
pub(crate) fn db_load() -> Result<PathBuf> {
    installed(&["db5.3_load", "db_load"], "db-util")
}

/// PostgreSQL's server. Debian keeps its programs off the path, all in one folder.
pub(crate) fn postgres() -> Result<PathBuf> {
    if let Some(found) = off_path() {
        return Ok(found);
    }
    installed(&["postgres"], "postgresql").or_else(|error| off_path().ok_or(error))
}

/// The newest server that Debian's packages installed.
fn off_path() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("bin/postgres"));
    programs.filter(|program| program.is_file()).max()
}

/// The first of these programs on the path; where that is possible, its package is installed.
pub(crate) fn installed(names: &[&str], package: &str) -> Result<PathBuf> {
    if let Some(found) = on_path(names) {
        return Ok(found);
    }
    ensure!(on_path(&["apt-get"]).is_some(), "none of {} is installed", names.join(", "));
    let user = command::output(Command::new("id").arg("-u"))?;
    ensure!(user.trim() == "0", "{package} is not installed, and only root may do that");
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", package]] {
        let mut apt = Command::new("apt-get");
        command::output(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    on_path(names).with_context(|| format!("{package} was installed, and is not there"))
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}
