//! Replacing a file at once.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file so that whoever reads it sees the old content or the new one, also after a loss
/// of power: a file beside it, brought to disk, then renamed. The folders above it are made.
///
/// # Errors
///
/// Of the file system; the old file is then as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = folder.join(name);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    renamed?;
    // Not every file system lets a folder be brought to disk; the file itself is.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
