//! The corpus of real manifests, unpacked outside the repository.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{command, go};

/// Unpacks `../shared/corpus/real-manifests.tar.xz` once; none when it is not there.
pub(crate) fn folder() -> Result<Option<PathBuf>> {
    let archive = crate::root().join("../shared/corpus/real-manifests.tar.xz");
    let Ok(metadata) = archive.metadata() else { return Ok(None) };
    let folder = go::cache_folder()?.join(format!("corpus-{}", metadata.len()));
    if folder.join(".complete").is_file() {
        return Ok(Some(folder));
    }
    std::fs::create_dir_all(&folder)?;
    command::run(Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(&folder))?;
    std::fs::write(folder.join(".complete"), "")?;
    if folder.read_dir()?.count() < 2 {
        bail!("{} holds nothing", archive.display());
    }
    Ok(Some(folder))
}
