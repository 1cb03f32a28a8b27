//! One layer: a stream of bytes in, facts about its files out.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use package::{Distribution, Package};
use serde::{Deserialize, Serialize};

use crate::catalog::{self, Wanted};
use crate::compression::inflated;
use crate::path;
use crate::tar::{Archive, Entry, EntryKind, TarError};

/// A number of the catalogers: what they find in a file may be kept as long as it stays the same.
///
/// A hash of the sources of this crate and of `package`, so that nobody has to think of it.
pub const EDITION: &str = env!("FACTS_EDITION");

/// What marks a removed file of the layers below.
///
/// Source: OCI image specification, `layer.md`, section Whiteouts.
const WHITEOUT: &str = ".wh.";
/// What marks a folder of which nothing of the layers below is left.
const OPAQUE: &str = ".wh..wh..opq";
/// What the file systems of old Docker versions kept for themselves.
const RESERVED: &str = ".wh..wh.";

/// Bounds on what a layer may make us do. Reaching one is a gap, but for the two that end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerLimits {
    /// Bytes of the layer when inflated; more end its reading.
    pub bytes: u64,
    /// Entries; more end its reading.
    pub entries: u64,
    /// Bytes of a file of which the whole is wanted.
    pub file_bytes: u64,
    /// Bytes of a database of packages, or of a jar, which has its table of contents at its end.
    pub archive_bytes: u64,
    /// Files with facts.
    pub finds: usize,
    /// Gaps that are listed; further ones are counted.
    pub gaps: usize,
}

impl Default for LayerLimits {
    fn default() -> Self {
        Self {
            bytes: 64 << 30,
            entries: 20_000_000,
            file_bytes: 64 << 20,
            archive_bytes: 512 << 20,
            finds: 1_000_000,
            gaps: 1_000,
        }
    }
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// These packages are there.
    Packages(Vec<Package>),
    /// This distribution it is.
    Distribution(Box<Distribution>),
    /// Licences of the package of this name.
    Licences(Vec<String>),
    /// Files that a system package brought, as numbers of their paths.
    Owned(Box<[u128]>),
    /// Files that another package manager put there, which are no programs of unknown origin.
    Placed(Box<[u128]>),
    /// A program that no cataloger knows more of.
    Program,
}

/// A file with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Find {
    /// Its path, without a leading `/`.
    pub path: String,
    /// What it says.
    pub fact: Fact,
}

/// Why something of a layer is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    /// A file that has to be read as a whole and is larger than the bound.
    #[error("{0} bytes are more than are read of one file")]
    TooLarge(u64),
    /// A file stored with holes.
    #[error("stored as a sparse file, which is not read")]
    Sparse,
    /// Another name of a file that is not looked at under its own.
    #[error("another name of `{0}`, whose content was passed over")]
    Linked(String),
    /// A file that is not what its name says.
    #[error("{0}")]
    Unreadable(String),
    /// A path that leads out of the image.
    #[error("leads out of the image: taken as within it, as a runtime does")]
    Leaves,
    /// More files with facts than the bound.
    #[error("more files with packages than are read of one layer")]
    TooMany,
}

/// Something of a layer that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerGap {
    /// The path of the file.
    pub path: String,
    /// Why.
    pub problem: Problem,
}

/// Why a layer could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// It is no tar, or cut off, or damaged.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// It cannot be inflated.
    #[error("{0}")]
    Compression(std::io::Error),
    /// It holds more than the bound.
    #[error("more than {0} bytes when inflated")]
    Bytes(u64),
    /// It holds more than the bound.
    #[error("more than {0} files")]
    Entries(u64),
}

/// What one layer says, whatever lies below it: a function of its bytes, to be kept by their
/// digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Files with what they say, by path.
    pub finds: Vec<Find>,
    /// Numbers of the paths of everything that is no folder, sorted: what it puts over the layers
    /// below.
    pub covers: Vec<u128>,
    /// Paths that it removes from the layers below.
    pub removed: Vec<String>,
    /// Folders of which it removes all that is in them below.
    pub emptied: Vec<String>,
    /// Symbolic links in the root, such as `lib` to `usr/lib`.
    pub links: Vec<(String, String)>,
    /// Entries it has.
    pub entries: u64,
    /// Bytes it has when inflated.
    pub bytes: u64,
    /// What of it is not known.
    pub gaps: Vec<LayerGap>,
    /// Gaps that are not listed.
    pub more_gaps: u64,
}

impl Layer {
    /// Reads a layer, compressed or not.
    ///
    /// # Errors
    ///
    /// If it cannot be read to its end: nothing is known of such a layer.
    pub fn read<'a>(blob: impl Read + Send + 'a, limits: &LayerLimits) -> Result<Self, LayerError> {
        Self::read_observed(blob, limits, &mut ())
    }

    /// The same, and shows each file to somebody else.
    ///
    /// # Errors
    ///
    /// As [`Layer::read`].
    pub fn read_observed<'a>(
        blob: impl Read + Send + 'a,
        limits: &LayerLimits,
        observer: &mut impl Observer,
    ) -> Result<Self, LayerError> {
        let content = inflated(blob).map_err(LayerError::Compression)?;
        let mut reading = LayerReading::new(limits, observer);
        let mut archive = Archive::new(content);
        while let Some(entry) = archive.advance()? {
            if archive.position() > limits.bytes {
                return Err(LayerError::Bytes(limits.bytes));
            }
            if !reading.entry(&mut archive, entry)? {
                return Err(LayerError::Entries(limits.entries));
            }
        }
        Ok(reading.finish(archive.position()))
    }
}

/// What stands in a layer, one entry at a time: in an archive, or in a folder that holds the same.
pub trait Entries {
    /// Why an entry cannot be read.
    type Error;
    /// The path of the entry as written, any bytes.
    fn path(&self) -> &[u8];
    /// What a link points at, as written.
    fn link(&self) -> &[u8];
    /// The content piece by piece, until `take` has enough.
    fn chunks(&mut self, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Self::Error>;
    /// Some of the content from a place on, fewer bytes at its end, and nothing of it passes by;
    /// none where it can be read from its beginning alone.
    fn at(&mut self, place: u64, length: usize) -> Option<Result<Vec<u8>, Self::Error>> {
        let _ = (place, length);
        None
    }
    /// The content, appended to what is in `content`; no more than `most` bytes.
    fn data(&mut self, content: &mut Vec<u8>, most: u64) -> Result<(), Self::Error> {
        let mut room = most;
        self.chunks(&mut |chunk| {
            let taken = chunk.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            content.extend_from_slice(chunk.get(..taken).unwrap_or_default());
            room -= taken as u64;
            room > 0
        })
    }
}

impl<R: Read> Entries for Archive<R> {
    type Error = TarError;

    fn path(&self) -> &[u8] {
        self.path()
    }

    fn link(&self) -> &[u8] {
        self.link()
    }

    fn chunks(&mut self, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), TarError> {
        self.chunks(take)
    }
}

/// Sees the content of the files of a layer as it passes by. Each file is seen piece by piece from
/// its beginning to its end before the next one begins.
pub trait Observer {
    /// Whether it looks at contents at all; else what no cataloger wants is passed over.
    fn wants_content(&self) -> bool;
    /// The next bytes of a file.
    fn content(&mut self, path: &str, bytes: &[u8]);
    /// The end of a file.
    fn end(&mut self, path: &str);
}

/// Nobody.
impl Observer for () {
    fn wants_content(&self) -> bool {
        false
    }

    fn content(&mut self, _: &str, _: &[u8]) {}

    fn end(&mut self, _: &str) {}
}

/// A layer so far.
pub struct LayerReading<'a, O> {
    limits: &'a LayerLimits,
    observer: &'a mut O,
    layer: Layer,
    /// Where the finds of a path are: a later entry of the same path replaces them.
    by_path: HashMap<String, usize>,
    /// Other names of files: which, and of what.
    linked: Vec<(String, String)>,
    /// The content of the file that is looked at.
    buffer: Vec<u8>,
}

impl<'a, O: Observer> LayerReading<'a, O> {
    /// A layer of which nothing was read yet, whose files the observer sees.
    pub fn new(limits: &'a LayerLimits, observer: &'a mut O) -> Self {
        Self {
            limits,
            observer,
            layer: Layer::default(),
            by_path: HashMap::new(),
            linked: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Takes in the entry that `entries` is at. False, and nothing is taken in, after as many as
    /// there may be.
    ///
    /// # Errors
    ///
    /// If its content cannot be read.
    pub fn entry<E: Entries>(&mut self, entries: &mut E, entry: Entry) -> Result<bool, E::Error> {
        if self.layer.entries >= self.limits.entries {
            return Ok(false);
        }
        self.layer.entries += 1;
        let (path, leaves) = path::normal(entries.path());
        if leaves {
            self.gap(&path, Problem::Leaves);
        }
        if !path.is_empty() {
            self.at(entries, entry, path)?;
        }
        Ok(true)
    }

    /// An entry at a path of the image.
    fn at<E: Entries>(
        &mut self,
        entries: &mut E,
        entry: Entry,
        path: String,
    ) -> Result<(), E::Error> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            if name == OPAQUE {
                self.layer.emptied.push(folder.to_owned());
            } else if !name.starts_with(RESERVED) {
                let joint = if folder.is_empty() { "" } else { "/" };
                self.layer.removed.push(format!("{folder}{joint}{hidden}"));
            }
            return Ok(());
        }
        if entry.kind == EntryKind::Folder {
            return Ok(());
        }
        self.layer.covers.push(path::hash(&path));
        // Of two entries of one path the later one stays.
        let before = self.by_path.remove(&path).unwrap_or(usize::MAX);
        let finds = self.layer.finds.iter_mut().skip(before);
        finds.take_while(|find| find.path == path).for_each(|find| find.path.clear());
        match entry.kind {
            EntryKind::SymbolicLink => {
                let link = String::from_utf8_lossy(entries.link());
                if folder.is_empty()
                    && let Some(target) = path::target(&path, &link)
                {
                    self.layer.links.push((path, target));
                }
            }
            EntryKind::HardLink => {
                if catalog::wanted(&path, 0).is_some() {
                    let (target, _) = path::normal(entries.link());
                    self.linked.push((path, target));
                }
            }
            EntryKind::Sparse => {
                if self.observer.wants_content() || catalog::wanted(&path, entry.mode).is_some() {
                    self.gap(&path, Problem::Sparse);
                }
            }
            EntryKind::File => self.content(entries, entry, &path)?,
            EntryKind::Folder | EntryKind::Other => {}
        }
        Ok(())
    }

    /// The content of a file: for its cataloger, and all of it for the observer.
    fn content<E: Entries>(
        &mut self,
        entries: &mut E,
        entry: Entry,
        path: &str,
    ) -> Result<(), E::Error> {
        if let Some(wanted) = catalog::wanted(path, entry.mode) {
            self.file(entries, entry, path, wanted)?;
        }
        if self.observer.wants_content() {
            // What no cataloger took of it.
            entries.chunks(&mut |chunk| {
                self.observer.content(path, chunk);
                true
            })?;
            self.observer.end(path);
        }
        Ok(())
    }

    /// A file that may say something.
    fn file<E: Entries>(
        &mut self,
        entries: &mut E,
        entry: Entry,
        path: &str,
        wanted: Wanted,
    ) -> Result<(), E::Error> {
        if wanted == Wanted::Program {
            return self.program(entries, entry, path);
        }
        let most =
            if wanted.is_archive() { self.limits.archive_bytes } else { self.limits.file_bytes };
        if entry.size > most {
            self.gap(path, Problem::TooLarge(entry.size));
            return Ok(());
        }
        self.buffer.clear();
        entries.data(&mut self.buffer, most)?;
        let buffer = std::mem::take(&mut self.buffer);
        self.observer.content(path, &buffer);
        let (facts, problems) = catalog::read(wanted, path, &buffer);
        self.found(path, facts);
        for problem in problems {
            self.gap(path, Problem::Unreadable(problem));
        }
        self.buffer = buffer;
        self.shrink();
        Ok(())
    }

    /// A program: looked at piece by piece, whatever its size, or no more of it than tells.
    fn program<E: Entries>(
        &mut self,
        entries: &mut E,
        entry: Entry,
        path: &str,
    ) -> Result<(), E::Error> {
        if !self.observer.wants_content()
            && let Some(found) = in_place(entries, path)?
        {
            self.told(path, found);
            return Ok(());
        }
        let mut program = catalog::Program::new(path, entry.size);
        entries.chunks(&mut |chunk| {
            self.observer.content(path, chunk);
            program.take(chunk)
        })?;
        self.told(path, program.finish(path));
        Ok(())
    }

    /// What a program says, or why that cannot be read.
    fn told(&mut self, path: &str, found: Result<Vec<Fact>, String>) {
        match found {
            Ok(facts) => self.found(path, facts),
            Err(reason) => self.gap(path, Problem::Unreadable(reason)),
        }
    }

    fn found(&mut self, path: &str, facts: Vec<Fact>) {
        for fact in facts {
            if self.layer.finds.len() >= self.limits.finds {
                return self.gap(path, Problem::TooMany);
            }
            self.by_path.entry(path.to_owned()).or_insert(self.layer.finds.len());
            self.layer.finds.push(Find { path: path.to_owned(), fact });
        }
    }

    /// Notes that something of a path is not known.
    pub fn gap(&mut self, path: &str, problem: Problem) {
        if self.layer.gaps.len() < self.limits.gaps {
            self.layer.gaps.push(LayerGap { path: path.to_owned(), problem });
        } else {
            self.layer.more_gaps += 1;
        }
    }

    /// Gives back the memory of a file that was larger than most.
    fn shrink(&mut self) {
        const KEPT_BYTES: usize = 4 << 20;
        if self.buffer.capacity() > KEPT_BYTES {
            self.buffer = Vec::new();
        }
    }

    /// The layer, of which so many bytes were read.
    pub fn finish(self, bytes: u64) -> Layer {
        let mut layer = self.layer;
        layer.bytes = bytes;
        layer.finds.retain(|find| !find.path.is_empty());
        let mut by_path: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
        for find in &layer.finds {
            by_path.entry(&find.path).or_default().push(&find.fact);
        }
        let mut linked = Vec::new();
        for (path, target) in self.linked {
            match by_path.get(target.as_str()) {
                Some(facts) => linked.extend(
                    facts.iter().map(|fact| Find { path: path.clone(), fact: (*fact).clone() }),
                ),
                // Whether it says nothing or was not looked at under its other name.
                None if catalog::wanted(&target, 0).is_some() => {}
                None if layer.gaps.len() < self.limits.gaps => {
                    layer.gaps.push(LayerGap { path, problem: Problem::Linked(target) });
                }
                None => layer.more_gaps += 1,
            }
        }
        layer.finds.extend(linked);
        layer.finds.sort_by(|a, b| a.path.cmp(&b.path));
        layer.covers.sort_unstable();
        layer.covers.dedup();
        layer.removed.sort_unstable();
        layer.emptied.sort_unstable();
        layer
    }
}

/// What a program says whose bytes can be read in any order; none if all of them have to be.
fn in_place<E: Entries>(
    entries: &mut E,
    path: &str,
) -> Result<Option<Result<Vec<Fact>, String>>, E::Error> {
    let Some(first) = entries.at(0, 0) else { return Ok(None) };
    first?;
    catalog::Program::in_place(path, &mut |place, length| {
        entries.at(place, length).unwrap_or(Ok(Vec::new()))
    })
}
