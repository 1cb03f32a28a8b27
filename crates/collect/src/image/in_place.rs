//! The files of a tar, read in place.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process};

use image::{Archive, Compression, EntryKind, inflated};

use super::error::ImageError;

/// Files in a tar that holds an image.
const FILES_MAX: usize = 100_000;
/// Bytes of a compressed archive when inflated.
const INFLATED_BYTES_MAX: u64 = 32 << 30;

/// Where a file of the tar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: u64,
    length: u64,
}

impl Span {
    /// Its bytes.
    pub(super) fn length(self) -> u64 {
        self.length
    }
}

/// A piece of a file, read from its beginning on. Several may be read at once.
pub(super) struct Piece<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl<'a> Piece<'a> {
    pub(super) fn new(file: &'a File, span: Span) -> Self {
        Self { file, at: span.start, end: span.start + span.length }
    }
}

impl Read for Piece<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let count = self.file.read_at(buffer.get_mut(..wanted).unwrap_or_default(), self.at)?;
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// The files of a tar, and where they are.
pub(super) fn entries(path: &Path) -> Result<(HashMap<String, Span>, File), ImageError> {
    let unreadable = |error| ImageError::Unreadable { what: path.display().to_string(), error };
    let no_image =
        |reason: String| ImageError::NoImage { path: path.display().to_string(), reason };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = [0; 8];
    let count = file.read_at(&mut start, 0).map_err(unreadable)?;
    match Compression::of(start.get(..count).unwrap_or_default()) {
        Ok(Compression::None) => {}
        Ok(_) => file = inflated_aside(file).map_err(unreadable)?,
        Err(error) => return Err(no_image(error.to_string())),
    }
    let length = file.metadata().map_err(unreadable)?.len();
    let mut archive = Archive::new(Piece::new(&file, Span { start: 0, length }));
    let (mut entries, mut links) = (HashMap::new(), Vec::new());
    while let Some(entry) = archive.advance().map_err(|error| no_image(error.to_string()))? {
        let name = String::from_utf8_lossy(archive.path());
        let name = name.trim_start_matches("./").to_owned();
        match entry.kind {
            EntryKind::File => {
                let span = Span { start: archive.position(), length: entry.size };
                entries.insert(name, span);
            }
            // Older versions of Docker link layers that are there twice.
            EntryKind::SymbolicLink | EntryKind::HardLink => {
                let link = String::from_utf8_lossy(archive.link());
                links.push((name, link.trim_start_matches("../").to_owned()));
            }
            _ => {}
        }
        if entries.len() + links.len() > FILES_MAX {
            return Err(no_image(format!("more than {FILES_MAX} files: no image")));
        }
    }
    for (name, target) in links {
        if let Some(span) = entries.get(&target).copied() {
            entries.entry(name).or_insert(span);
        }
    }
    Ok((entries, file))
}

/// The content of a compressed file in one that has no name any more and goes with the program:
/// what is compressed can be read from its beginning alone, and a tar's files come in any order.
fn inflated_aside(file: File) -> io::Result<File> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!(".bollwerk-{}-{number}", process::id()));
    let mut aside =
        File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    let count = io::copy(&mut inflated(file)?.take(INFLATED_BYTES_MAX + 1), &mut aside)?;
    if count > INFLATED_BYTES_MAX {
        let reason = format!("more than {INFLATED_BYTES_MAX} bytes when inflated");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(aside)
}
