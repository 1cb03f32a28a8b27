//! Files, folders and archives as a run of documents, one in memory at a time.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use image::{Archive, Digest, Digesting, EntryKind, Zip, inflated};

/// Bytes of one document: Debian's whole tracker has some 100 million.
const DOCUMENT_BYTES_MAX: u64 = 1 << 30;
/// Bytes of a zip archive, which is read in memory.
const ZIP_BYTES_MAX: u64 = 2 << 30;
/// Files of a folder, or entries of an archive.
const DOCUMENTS_MAX: usize = 2_000_000;
/// Bytes of all documents of a source together.
const TOTAL_BYTES_MAX: u64 = 32 << 30;
/// Folders within folders.
const DEPTH_MAX: usize = 32;

/// Why a source cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The file system or the archive.
    #[error("{path} cannot be read: {error}")]
    Read {
        /// The file.
        path: String,
        /// What failed.
        error: io::Error,
    },
    /// More than is read.
    #[error("{path} holds more than {most}")]
    TooMuch {
        /// The source.
        path: String,
        /// What is read of it.
        most: String,
    },
}

/// One document of a source.
pub struct Document<'a> {
    /// Its path, from the source on: `all.zip: GHSA-….json`.
    pub place: &'a str,
    /// Its bytes, or why it could not be read.
    pub content: Result<&'a [u8], String>,
}

/// The digest of a source: of a file that of its bytes, of a folder that of its files' digests and
/// paths in their order.
pub fn digest(path: &Path) -> Result<Digest, FilesError> {
    let failed = |path: &Path, error| FilesError::Read { path: path.display().to_string(), error };
    let of_file = |path: &Path| {
        let file = File::open(path).map_err(|error| failed(path, error))?;
        let digesting = Digesting::new(file, &Digest::of(b""));
        digesting.finish().map(|(digest, _)| digest).map_err(|error| failed(path, error))
    };
    if path.is_file() {
        return of_file(path);
    }
    let mut lines = String::new();
    for file in files(path)? {
        let name = file.strip_prefix(path).unwrap_or(&file);
        lines.push_str(&format!("{} {}\n", of_file(&file)?, name.display()));
    }
    Ok(Digest::of(lines.as_bytes()))
}

/// Hands out every document of a file, a folder or an archive (zip, tar; gzip or zstd around
/// either of a tar and a single file). Archives within archives are documents like any other.
/// Links are not followed.
///
/// # Errors
///
/// If the source itself cannot be read, or holds more than is read.
pub fn documents(path: &Path, each: &mut dyn FnMut(Document<'_>)) -> Result<(), FilesError> {
    let mut reading = Reading { source: path, left: TOTAL_BYTES_MAX, documents: 0, each };
    let files = if path.is_dir() { files(path)? } else { vec![path.to_owned()] };
    files.iter().try_for_each(|file| reading.file(file))
}

struct Reading<'r> {
    source: &'r Path,
    left: u64,
    documents: usize,
    each: &'r mut dyn FnMut(Document<'_>),
}

impl Reading<'_> {
    fn file(&mut self, path: &Path) -> Result<(), FilesError> {
        let shown = path.display().to_string();
        let failed = |error| FilesError::Read { path: shown.clone(), error };
        let mut start = [0; 512];
        let count = File::open(path).and_then(|it| read_start(it, &mut start)).map_err(failed)?;
        let start = start.get(..count).unwrap_or_default();
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return self.zip(path, &shown);
        }
        let open = || inflated(File::open(path)?);
        let mut head = [0; 512];
        let count = open().and_then(|it| read_start(it, &mut head)).map_err(failed)?;
        if is_tar(head.get(..count).unwrap_or_default()) {
            return self.tar(open().map_err(failed)?, &shown);
        }
        let mut content = Vec::new();
        let read = open().map_err(failed)?.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut content);
        let content = match read {
            Err(error) => Err(error.to_string()),
            Ok(_) if content.len() as u64 > DOCUMENT_BYTES_MAX => Err(too_long()),
            Ok(_) => Ok(content.as_slice()),
        };
        self.hand_out(&shown, content)
    }

    fn zip(&mut self, path: &Path, shown: &str) -> Result<(), FilesError> {
        let failed = |error| FilesError::Read { path: shown.to_owned(), error };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(ZIP_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > ZIP_BYTES_MAX {
            return Err(self.too_much(format!("{ZIP_BYTES_MAX} bytes in a zip archive")));
        }
        let zip = Zip::open(&bytes).map_err(|reason| failed(io::Error::other(reason)))?;
        for entry in zip.entries() {
            let entry = entry.map_err(|reason| failed(io::Error::other(reason)))?;
            if entry.name.ends_with(b"/") {
                continue;
            }
            let place = format!("{shown}: {}", String::from_utf8_lossy(entry.name));
            let content = zip.content(&entry, DOCUMENT_BYTES_MAX);
            self.hand_out(&place, content.as_deref().map_err(Clone::clone))?;
        }
        Ok(())
    }

    fn tar(&mut self, from: impl Read, shown: &str) -> Result<(), FilesError> {
        let mut archive = Archive::new(from);
        let mut content = Vec::new();
        let failed = |error: image::TarError| FilesError::Read {
            path: shown.to_owned(),
            error: io::Error::other(error),
        };
        while let Some(entry) = archive.advance().map_err(failed)? {
            if entry.kind != EntryKind::File {
                continue;
            }
            let place = format!("{shown}: {}", String::from_utf8_lossy(archive.path()));
            if entry.size > DOCUMENT_BYTES_MAX {
                self.hand_out(&place, Err(too_long()))?;
                continue;
            }
            content.clear();
            archive.data(&mut content, DOCUMENT_BYTES_MAX).map_err(failed)?;
            self.hand_out(&place, Ok(&content))?;
        }
        Ok(())
    }

    fn hand_out(&mut self, place: &str, content: Result<&[u8], String>) -> Result<(), FilesError> {
        self.documents += 1;
        if self.documents > DOCUMENTS_MAX {
            return Err(self.too_much(format!("{DOCUMENTS_MAX} documents")));
        }
        let bytes = content.as_ref().map_or(0, |content| content.len() as u64);
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| self.too_much(format!("{TOTAL_BYTES_MAX} bytes")))?;
        (self.each)(Document { place, content });
        Ok(())
    }

    fn too_much(&self, most: String) -> FilesError {
        FilesError::TooMuch { path: self.source.display().to_string(), most }
    }
}

fn too_long() -> String {
    format!("it has more than {DOCUMENT_BYTES_MAX} bytes")
}

fn read_start(mut from: impl Read, start: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    loop {
        match from.read(start.get_mut(count..).unwrap_or_default())? {
            0 => return Ok(count),
            more => count += more,
        }
    }
}

/// POSIX.1-2017, `pax`, "ustar Interchange Format": the magic of a header.
fn is_tar(start: &[u8]) -> bool {
    start.get(257..262) == Some(b"ustar")
}

/// All files below a folder, in the order of their paths.
fn files(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let mut found = Vec::new();
    let mut left = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = left.pop() {
        let failed = |error| FilesError::Read { path: folder.display().to_string(), error };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if kind.is_dir() && depth < DEPTH_MAX {
                left.push((entry.path(), depth + 1));
            } else if kind.is_file() {
                found.push(entry.path());
            }
            if found.len() > DOCUMENTS_MAX {
                let path = folder.display().to_string();
                return Err(FilesError::TooMuch { path, most: format!("{DOCUMENTS_MAX} files") });
            }
        }
    }
    found.sort();
    Ok(found)
}
