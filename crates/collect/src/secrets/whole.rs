//! Files that tell something only as a whole: key stores, and ZIP archives (`jar`, `war`, `whl`,
//! `zip`), whose table of contents stands at their end. They are kept while they pass by, up to a
//! bound.

use image::Zip;
use secret::{KEY_STORE_HEAD_BYTES, begins_as_key_store};

/// Bytes of an archive that is kept to be looked into.
pub(super) const ARCHIVE_BYTES_MAX: usize = 256 << 20;
/// Bytes of a key store.
pub(super) const KEY_STORE_BYTES_MAX: usize = 16 << 20;
/// Archives within archives that are looked into: `ear`, `war`, `jar`, and one that was shaded.
const DEPTH_MAX: usize = 4;
/// Bytes of a file of an archive.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Bytes of all files of one archive, and of those within it.
const INFLATED_BYTES_MAX: u64 = 1 << 30;
/// Bytes of all files of all archives of a layer, or of what one thread reads of a folder.
pub(super) const ALL_INFLATED_BYTES_MAX: u64 = 32 << 30;
/// Files of one archive and of those within it.
const FILES_MAX: u64 = 1_000_000;
/// Problems of one archive that are told.
const PROBLEMS_MAX: usize = 16;

/// What begins a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// What is kept of the file that passes by.
#[derive(Default)]
pub(super) enum Kept {
    /// Its beginning, which does not tell yet what it is.
    #[default]
    Begun,
    /// Nothing: it is told piece by piece.
    Nothing,
    /// All of it so far.
    Archive,
    /// The same.
    KeyStore,
}

/// The file that passes by, as far as it is kept.
#[derive(Default)]
pub(super) struct Whole {
    content: Vec<u8>,
    kept: Kept,
}

impl Whole {
    /// The next bytes of a file. Says so if it became too large to be kept: by how many bytes at
    /// the most it is.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Option<usize> {
        if matches!(self.kept, Kept::Begun) {
            let wanted = KEY_STORE_HEAD_BYTES - self.content.len();
            let (head, rest) = bytes.split_at(wanted.min(bytes.len()));
            self.content.extend_from_slice(head);
            if self.content.len() < KEY_STORE_HEAD_BYTES {
                return None;
            }
            self.decide();
            bytes = rest;
        }
        let most = match self.kept {
            Kept::Begun | Kept::Nothing => return None,
            Kept::Archive => ARCHIVE_BYTES_MAX,
            Kept::KeyStore => KEY_STORE_BYTES_MAX,
        };
        if self.content.len() + bytes.len() > most {
            *self = Self { content: Vec::new(), kept: Kept::Nothing };
            return Some(most);
        }
        self.content.extend_from_slice(bytes);
        None
    }

    /// The whole of a file that was kept, and what it is.
    pub(super) fn end(&mut self) -> (Kept, Vec<u8>) {
        if matches!(self.kept, Kept::Begun) {
            self.decide();
        }
        let Self { content, kept } = std::mem::take(self);
        (kept, content)
    }

    fn decide(&mut self) {
        self.kept = match &self.content {
            head if head.starts_with(ZIP) => Kept::Archive,
            head if begins_as_key_store(head) => Kept::KeyStore,
            _ => Kept::Nothing,
        };
        if matches!(self.kept, Kept::Nothing) {
            self.content.clear();
        }
    }
}

/// Bounds of one archive, as far as they are not used up.
pub(super) struct Unpacking<'a> {
    /// Bytes that may still be looked at in all archives.
    left: &'a mut u64,
    budget: u64,
    files: u64,
    problems: Vec<String>,
    more_problems: usize,
    /// Shown the files: the path within the archive, and the content.
    file: &'a mut dyn FnMut(&str, &[u8]),
}

impl<'a> Unpacking<'a> {
    /// One that shows files to somebody and takes what it looks at from `left`.
    pub(super) fn new(left: &'a mut u64, file: &'a mut dyn FnMut(&str, &[u8])) -> Self {
        let budget = INFLATED_BYTES_MAX;
        Self { left, budget, files: 0, problems: Vec::new(), more_problems: 0, file }
    }

    /// Shows every file of an archive and of those within it; what of it could not be read.
    pub(super) fn run(mut self, content: &[u8]) -> Vec<String> {
        self.archive("", content, DEPTH_MAX);
        if self.more_problems > 0 {
            self.problems.push(format!("{} more of its files", self.more_problems));
        }
        self.problems
    }

    fn archive(&mut self, within: &str, content: &[u8], depth: usize) {
        let zip = match Zip::open(content) {
            Ok(zip) => zip,
            Err(problem) => return self.problem(within, &problem),
        };
        for entry in zip.entries() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(problem) => return self.problem(within, &problem),
            };
            if entry.name.ends_with(b"/") {
                continue;
            }
            self.files += 1;
            if self.files > FILES_MAX {
                return self.problem(within, &format!("more than {FILES_MAX} files"));
            }
            let most = FILE_BYTES_MAX.min(self.budget).min(*self.left);
            // Damaged or not: many entries may share the same bytes.
            let cost = Some(entry.cost()).filter(|cost| *cost <= most).unwrap_or_default();
            self.budget -= cost;
            *self.left -= cost;
            let content = match zip.content(&entry, most) {
                Ok(content) => content,
                Err(problem) => {
                    self.problem(within, &problem);
                    continue;
                }
            };
            let path = format!("{within}!/{}", String::from_utf8_lossy(entry.name));
            (self.file)(&path, &content);
            if !content.starts_with(ZIP) {
                continue;
            }
            match depth {
                1 => self.problem(&path, "lies deeper than archives are looked into"),
                _ => self.archive(&path, &content, depth - 1),
            }
        }
    }

    fn problem(&mut self, within: &str, problem: &str) {
        if self.problems.len() >= PROBLEMS_MAX {
            self.more_problems += 1;
            return;
        }
        let within = within.strip_prefix("!/").map(|within| format!("`{within}`: "));
        self.problems.push(format!("{}{problem}", within.unwrap_or_default()));
    }
}
