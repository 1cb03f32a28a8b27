//! The browser that opens the pages we write.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;

/// Programs that take Chromium's flags, in the order to try them.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Debian's package of the first.
const PACKAGE: &str = "chromium";

/// A browser on the path; where that is possible, it is installed.
pub(crate) fn browser() -> Result<PathBuf> {
    if let Some(found) = on_path(NAMES) {
        return Ok(found);
    }
    ensure!(on_path(&["apt-get"]).is_some(), "none of {} is installed", NAMES.join(", "));
    let user = command::output(Command::new("id").arg("-u"))?;
    ensure!(user.trim() == "0", "{PACKAGE} is not installed, and only root may do that");
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", PACKAGE]] {
        let mut apt = Command::new("apt-get");
        command::output(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    on_path(NAMES).with_context(|| format!("{PACKAGE} was installed, and is not there"))
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}
