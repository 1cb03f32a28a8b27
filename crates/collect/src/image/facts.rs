//! What layers were found to say, kept by their digest: a layer that is known is not read again.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use image::{Digest, Digesting, EDITION, Layer, LayerLimits};

/// Bytes of everything that is kept; beyond it what was not used for longest goes.
const BYTES_MAX: u64 = 1 << 30;
/// Bytes of the facts of one layer that are kept.
const LAYER_BYTES_MAX: u64 = 256 << 20;
/// Bytes of the digest behind the facts: `sha256:` and 64 digits.
const SEAL_BYTES: usize = 71;

/// A folder with facts of layers, a file each.
///
/// They hold for the edition of the catalogers that found them, in a folder of its own. A file
/// that is damaged is taken as not there, and one that cannot be written costs time alone.
#[derive(Clone, Debug)]
pub struct Facts {
    folder: PathBuf,
}

impl Facts {
    /// What is kept in a folder, which need not be there.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What is known of a layer.
    pub(super) fn find(&self, digest: &Digest, limits: &LayerLimits) -> Option<Layer> {
        let path = self.path(digest, limits)?;
        let content = fs::read(&path).ok()?;
        let (facts, seal) = content.split_at_checked(content.len().checked_sub(SEAL_BYTES)?)?;
        let is_whole = seal == Digest::of(facts).as_str().as_bytes();
        let layer = is_whole.then(|| postcard::from_bytes(facts).ok()).flatten()?;
        // So that what is used stays.
        let used = File::options().append(true).open(&path);
        let _ = used.and_then(|file| file.set_modified(SystemTime::now()));
        Some(layer)
    }

    /// Keeps what was found; whether it is there now.
    pub(super) fn keep(&self, digest: &Digest, limits: &LayerLimits, layer: &Layer) -> bool {
        self.path(digest, limits).is_some_and(|path| write(&path, layer).is_ok())
    }

    /// Removes what other editions found, and what was not used for longest where there is too
    /// much.
    pub(super) fn prune(&self) {
        let own = self.folder.join(EDITION);
        for other in entries(&self.folder).into_iter().filter(|path| *path != own) {
            // Nothing that another program put there is touched.
            let name = other.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            if name.len() == EDITION.len() && name.bytes().all(|it| it.is_ascii_hexdigit()) {
                let _ = fs::remove_dir_all(other);
            }
        }
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries(&own)
            .into_iter()
            .filter_map(|path| {
                let metadata = fs::symlink_metadata(&path).ok()?;
                Some((metadata.modified().ok()?, metadata.len(), path))
            })
            .collect();
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, length, path) in files {
            if bytes <= BYTES_MAX {
                break;
            }
            if fs::remove_file(path).is_ok() {
                bytes -= length;
            }
        }
    }

    /// Where the facts of a layer are; none for what was read by other limits.
    fn path(&self, digest: &Digest, limits: &LayerLimits) -> Option<PathBuf> {
        let name = format!("{}-{}", digest.algorithm(), digest.hex());
        (*limits == LayerLimits::default()).then(|| self.folder.join(EDITION).join(name))
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Beside its place and renamed: nobody sees half of it.
fn write(path: &Path, layer: &Layer) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let unfinished = folder.join(format!(".{}.{number}", process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&unfinished)?;
    let written = fill(file, layer).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// The facts, and their digest behind them.
fn fill(mut file: File, layer: &Layer) -> io::Result<()> {
    let mut writer = BufWriter::new(&file);
    postcard::to_io(layer, &mut writer).map_err(io::Error::other)?;
    writer.flush()?;
    drop(writer);
    file.seek(SeekFrom::Start(0))?;
    let (digest, length) = Digesting::new(&file, &Digest::of(b"")).finish()?;
    if length > LAYER_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    file.write_all(digest.as_str().as_bytes())
}
