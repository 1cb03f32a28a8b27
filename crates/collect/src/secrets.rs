//! Credentials in files: of a folder, and of the layers of an image as they are read.

mod whole;

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::num::NonZero;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use image::Observer;
use model::DigestKey;
use secret::{Certainty, Found, Scanner, key_store};

use whole::{ALL_INFLATED_BYTES_MAX, Kept, Unpacking, Whole};

/// Bytes of a file that are read at once.
const PIECE_BYTES: usize = 256 << 10;
/// Files of a folder that are looked at.
const FILES_MAX: usize = 5_000_000;
/// Credentials that are kept of one layer or one folder; further ones are counted.
const HITS_MAX: usize = 100_000;
/// Files read at once at the most: each has a window of its own.
const THREADS_MAX: usize = 8;

/// A credential in a file. Its value is not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The file, without a leading `/`.
    pub path: String,
    /// Its line and column, from 1; the column in code points.
    pub line: u64,
    /// See `line`.
    pub column: u64,
    /// The rule that found it.
    pub rule: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// Length of the credential in bytes.
    pub length: u64,
    /// Keyed digest of the credential: equal ones of one run have equal digests.
    pub digest: u64,
}

/// Why something was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretsGap {
    /// What: a path, or where several are meant a part of it.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What was found and what was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Credentials, by path and place.
    pub hits: Vec<Hit>,
    /// Files that were looked at, and their bytes.
    pub files: u64,
    /// See `files`.
    pub bytes: u64,
    /// Files of data, in which forms are found and names are not asked.
    pub binary: u64,
    /// Files of ZIP archives (also of those within archives) that were looked at.
    pub unpacked: u64,
    /// Compressed files and other archives, into which nobody looked.
    pub compressed: u64,
    /// Links and whatever else is no file: passed over.
    pub other: u64,
    /// What was not looked at.
    pub gaps: Vec<SecretsGap>,
}

impl Secrets {
    fn add(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.files += other.files;
        self.bytes += other.bytes;
        self.binary += other.binary;
        self.unpacked += other.unpacked;
        self.compressed += other.compressed;
        self.other += other.other;
        self.gaps.extend(other.gaps);
    }

    fn gap(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        self.gaps.push(SecretsGap { path: path.into(), reason: reason.into() });
    }
}

/// Looks for credentials in files that pass by.
pub struct SecretSearch<'k> {
    key: &'k DigestKey,
    scanner: Scanner,
    secrets: Secrets,
    is_begun: bool,
    whole: Whole,
    /// Bytes that may still be looked at in archives.
    left: u64,
    more: u64,
}

impl<'k> SecretSearch<'k> {
    /// A search that has seen nothing. The key makes the digests.
    pub fn new(key: &'k DigestKey) -> Self {
        Self {
            key,
            scanner: Scanner::new(),
            secrets: Secrets::default(),
            is_begun: false,
            whole: Whole::default(),
            left: ALL_INFLATED_BYTES_MAX,
            more: 0,
        }
    }

    /// What was found.
    pub fn finish(mut self) -> Secrets {
        if self.more > 0 {
            self.secrets.gap("", format!("{} more credentials are not listed", self.more));
        }
        self.secrets.hits.sort();
        self.secrets
    }

    fn take(&mut self, path: &str, bytes: &[u8]) {
        let Self { key, scanner, secrets: Secrets { hits, .. }, more, .. } = self;
        scanner.take(bytes, &mut |found| tell(path, &found, key, hits, more));
    }

    /// The end of a file: whether it is data, and its bytes.
    fn end_of(&mut self, path: &str) -> secret::Read {
        let Self { key, scanner, secrets: Secrets { hits, .. }, more, .. } = self;
        let read = scanner.finish(&mut |found| tell(path, &found, key, hits, more));
        if read.more > 0 {
            self.secrets.gap(path, format!("{} more credentials are not listed", read.more));
        }
        read
    }

    /// A key store, which is one credential as a whole.
    fn key_store(&mut self, path: &str, content: &[u8]) {
        let Some(rule) = key_store(content) else { return };
        let (certainty, value) = (Certainty::Formed, content);
        let found = Found { rule, certainty, line: 1, column: 1, value };
        tell(path, &found, self.key, &mut self.secrets.hits, &mut self.more);
    }

    /// The files of an archive.
    fn archive(&mut self, path: &str, content: &[u8]) {
        let mut left = self.left;
        let mut file = |within: &str, content: &[u8]| {
            let path = format!("{path}{within}");
            self.take(&path, content);
            let read = self.end_of(&path);
            self.key_store(&path, content);
            self.secrets.unpacked += 1;
            self.secrets.bytes += read.bytes;
        };
        let problems = Unpacking::new(&mut left, &mut file).run(content);
        self.left = left;
        for problem in problems {
            self.secrets.gap(path, problem);
        }
    }
}

fn tell(path: &str, found: &Found<'_>, key: &DigestKey, hits: &mut Vec<Hit>, more: &mut u64) {
    if hits.len() >= HITS_MAX {
        *more += 1;
        return;
    }
    hits.push(Hit {
        path: path.to_owned(),
        line: found.line,
        column: found.column,
        rule: found.rule,
        certainty: found.certainty,
        length: found.value.len() as u64,
        digest: key.digest(found.value),
    });
}

impl Observer for SecretSearch<'_> {
    fn wants_content(&self) -> bool {
        true
    }

    fn content(&mut self, path: &str, bytes: &[u8]) {
        if !self.is_begun {
            self.secrets.compressed += u64::from(is_compressed(bytes));
            self.is_begun = true;
        }
        if let Some(most) = self.whole.take(bytes) {
            let reason = format!("more than {most} bytes, so nobody looked into it");
            self.secrets.gap(path, reason);
        }
        self.take(path, bytes);
    }

    fn end(&mut self, path: &str) {
        let read = self.end_of(path);
        self.secrets.files += 1;
        self.secrets.bytes += read.bytes;
        self.secrets.binary += u64::from(read.is_binary);
        self.is_begun = false;
        match self.whole.end() {
            (Kept::Archive, content) => self.archive(path, &content),
            (Kept::KeyStore, content) => self.key_store(path, &content),
            (Kept::Begun | Kept::Nothing, _) => {}
        }
    }
}

/// Whether a file begins as compressed ones do that are not looked into: gzip, XZ, Zstandard,
/// bzip2.
fn is_compressed(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 4] = [b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"BZh"];
    MARKS.iter().any(|mark| bytes.starts_with(mark))
}

/// Looks for credentials in a file, or in all files below a folder. Links are not followed, and
/// other file systems that are mounted there are a gap.
///
/// # Errors
///
/// If the file or the folder itself cannot be read.
pub fn search(root: &Path, key: &DigestKey) -> io::Result<Secrets> {
    let metadata = fs::metadata(root)?;
    let mut secrets = Secrets::default();
    let mut files = Vec::new();
    if metadata.is_dir() {
        walk(root, &metadata, &mut files, &mut secrets)?;
    } else {
        File::open(root)?;
        files.push(root.to_owned());
    }
    let base = if metadata.is_dir() { root } else { root.parent().unwrap_or(root) };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut search = SecretSearch::new(key);
        let mut piece = vec![0; PIECE_BYTES];
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let path = file.strip_prefix(base).unwrap_or(file).to_string_lossy();
            if let Err(error) = read(file, &path, &mut piece, &mut search) {
                search.secrets.gap(path, format!("cannot be read: {error}"));
            }
        }
        search.finish()
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(files.len())).map(|_| scope.spawn(work)).collect();
        secrets.add(work());
        for other in others {
            match other.join() {
                Ok(found) => secrets.add(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    secrets.hits.sort();
    secrets.gaps.sort();
    Ok(secrets)
}

/// The files below a folder.
fn walk(
    root: &Path,
    metadata: &Metadata,
    files: &mut Vec<PathBuf>,
    secrets: &mut Secrets,
) -> io::Result<()> {
    let shown =
        |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match open(&folder, metadata) {
            Ok(entries) => entries,
            Err(Closed::Failed(error)) if folder == root => return Err(error),
            Err(closed) => {
                secrets.gap(shown(&folder), closed.to_string());
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    secrets.gap(shown(&folder), format!("cannot be listed: {error}"));
                    break;
                }
            };
            let path = entry.path();
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) => {
                    secrets.gap(shown(&path), format!("cannot be read: {error}"));
                    continue;
                }
            };
            if kind.is_file() && files.len() < FILES_MAX {
                files.push(path);
            } else if kind.is_file() {
                secrets.gap(shown(&folder), format!("more than {FILES_MAX} files"));
                return Ok(());
            } else if kind.is_dir() {
                folders.push(path);
            } else {
                secrets.other += 1;
            }
        }
    }
    files.sort();
    Ok(())
}

/// Why nobody looks into a folder.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("cannot be listed: {0}")]
    Failed(#[from] io::Error),
    #[error("another file system, which is not looked at: name it by itself")]
    Mounted,
}

/// The entries of a folder on the same file system.
fn open(folder: &Path, root: &Metadata) -> Result<fs::ReadDir, Closed> {
    if fs::metadata(folder)?.dev() != root.dev() {
        return Err(Closed::Mounted);
    }
    Ok(fs::read_dir(folder)?)
}

fn read(
    file: &Path,
    path: &str,
    piece: &mut [u8],
    search: &mut SecretSearch<'_>,
) -> io::Result<()> {
    let mut file = File::open(file)?;
    loop {
        let count = match file.read(piece) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                search.end(path);
                return Err(error);
            }
        };
        if count == 0 {
            search.end(path);
            return Ok(());
        }
        search.content(path, piece.get(..count).unwrap_or_default());
    }
}
