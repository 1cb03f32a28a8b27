//! The database: one run of bytes that is read where it lies.
//!
//! ```text
//! head       "bollwerk-db\n" + 4 zero bytes, version u32, sections u32, length u64, checksum u64
//! sections   each: kind u32, 0 u32, offset u64, length u64
//! 1 sources      count, then each: name, url, licence, attribution, date
//! 2 ecosystems   16 bytes each, in the order of their names: offset of the name in 5, the first
//!                package in 3, how many, offset in 10
//! 3 packages     each 8 bytes: offset of the name in 5, offset of the block in 4
//! 4 blocks       a package's entries, see [`entry`]
//! 5 texts        names and versions, each once, behind its length
//! 6 advisories   see [`record`]
//! 7 places       where each advisory begins in 6, 4 bytes each
//! 8 exploited    sorted by CVE, 16 bytes each: year u16, 0 u16, number u32, EPSS u16,
//!                percentile u16, known exploited since u32 (days; all bits set: not known to be)
//! 9 prose        a line for each advisory, 4 bytes of offset each, then the texts; optional
//! 10 coverage    of each ecosystem: count of sources, each: its place in 1, count of its records
//! 11 provenance  when it was built and what each source was, see [`provenance`]
//! 12 ends        until when releases get fixes, see [`provenance`]
//! ```
//!
//! Numbers of a fixed size are little-endian, all others take seven bits a byte. Packages of an
//! ecosystem stand in the order of their names' bytes. Packages with the same entries share a
//! block: the binary packages of one source do. Nothing is compressed, so nothing is inflated;
//! see `docs/adr/0005-advisory-database.md`.

pub(crate) mod build;
pub(crate) mod bytes;
pub(crate) mod entry;
pub(crate) mod matching;
pub(crate) mod provenance;
pub(crate) mod record;

use std::cmp::Ordering;

use bytes::{Reader, checksum};
pub use record::Advisory;

use crate::{Date, Identifier, Source};

const MAGIC: &[u8; 16] = b"bollwerk-db\n\0\0\0\0";
/// Raised when a reader of before would misread the bytes.
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 40;
const SECTION_BYTES: usize = 24;
/// Sections of a file, at most; unknown ones are passed over.
const SECTIONS_MAX: u32 = 64;
const PACKAGE_BYTES: usize = 8;
const ECOSYSTEM_BYTES: usize = 16;
const EXPLOITED_BYTES: usize = 16;

/// What a section holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Section {
    Sources = 1,
    Ecosystems,
    Packages,
    Blocks,
    Texts,
    Advisories,
    Places,
    Exploited,
    Prose,
    Coverage,
    Provenance,
    Ends,
}

/// How many kinds of sections there are, and 1 for the place 0.
const SECTIONS: usize = 13;

/// Why bytes are no database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is something else.
    #[error("the file is no advisory database")]
    Magic,
    /// Written by another version of the program.
    #[error(
        "the advisory database has format {0}, this program reads {VERSION}; update one of them"
    )]
    Version(u32),
    /// Cut off, or changed.
    #[error("the advisory database is damaged: {0}; fetch it anew")]
    Damaged(&'static str),
}

/// An open database. Copying it copies no data.
#[derive(Clone, Copy)]
pub struct Database<'a> {
    sections: [&'a [u8]; SECTIONS],
    version_checksum: u64,
}

/// That the database can speak of an ecosystem, and from which source it knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// As the OSV schema spells it, with its release: `Debian:11`.
    pub ecosystem: String,
    /// The place of the source in [`Database::sources`].
    pub source: usize,
    /// How many advisories of the source speak of it.
    pub records: u64,
}

/// Whether a vulnerability is used by attackers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exploitation {
    /// The probability that it is used within 30 days (EPSS), in ten-thousandths.
    pub epss: Option<u16>,
    /// The share of vulnerabilities with a lower one, in ten-thousandths.
    pub percentile: Option<u16>,
    /// Since when it is in CISA's catalogue of known exploited vulnerabilities.
    pub known_since: Option<Date>,
}

impl<'a> Database<'a> {
    /// Opens a database over its bytes. Reads all of them once, for the checksum; copies none.
    pub fn open(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let damaged = OpenError::Damaged;
        let mut head = Reader::new(bytes);
        if head.take(MAGIC.len()) != Some(MAGIC) {
            return Err(OpenError::Magic);
        }
        let short = || damaged("it ends too early");
        let version = head.u32().ok_or_else(short)?;
        if version != VERSION {
            return Err(OpenError::Version(version));
        }
        let count = head.u32().ok_or_else(short)?;
        let length = head.u64().ok_or_else(short)?;
        let sum = head.u64().ok_or_else(short)?;
        if count > SECTIONS_MAX {
            return Err(damaged("it has too many sections"));
        }
        if length != bytes.len() as u64 {
            return Err(short());
        }
        // The fuzzer cannot guess checksums, and is to see what stands behind them.
        if checksum(bytes.get(HEAD_BYTES..).unwrap_or_default()) != sum && !cfg!(fuzzing) {
            return Err(damaged("its checksum differs"));
        }
        let mut found = Self { sections: [&[]; SECTIONS], version_checksum: sum };
        for _ in 0..count {
            let kind = head.u32().ok_or_else(short)?;
            head.u32().ok_or_else(short)?;
            let place = (head.u64().ok_or_else(short)?, head.u64().ok_or_else(short)?);
            let section = slice(bytes, place).ok_or(damaged("a section lies outside of it"))?;
            if let Some(place) = found.sections.get_mut(kind as usize) {
                *place = section;
            }
        }
        found.check().ok_or(damaged("its tables do not fit"))?;
        Ok(found)
    }

    /// The bytes of the database at the start of a file that may hold more behind it: its
    /// signatures.
    ///
    /// # Errors
    ///
    /// If the file does not begin as a database does, or ends before it.
    pub fn split(file: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), OpenError> {
        let mut head = Reader::new(file);
        if head.take(MAGIC.len()) != Some(MAGIC) {
            return Err(OpenError::Magic);
        }
        let length = head.u64().and_then(|_| head.u64());
        let length = length.and_then(|length| usize::try_from(length).ok());
        let cut = OpenError::Damaged("it ends too early");
        length.and_then(|length| file.split_at_checked(length)).ok_or(cut)
    }

    /// What tells two databases apart, for caches: the checksum of all they hold.
    pub fn fingerprint(&self) -> u64 {
        self.version_checksum
    }

    /// How many advisories it holds.
    pub fn advisories_count(&self) -> usize {
        self.section(Section::Places).len() / 4
    }

    /// Where its advisories come from.
    pub fn sources(&self) -> Vec<Source> {
        self.read_sources().unwrap_or_default()
    }

    /// Of which ecosystems and releases it can speak.
    pub fn coverage(&self) -> Vec<Coverage> {
        let mut found = Vec::new();
        for row in self.ecosystems() {
            let mut list = row.coverage;
            for _ in 0..list.varint().unwrap_or_default() {
                let (Some(source), Some(records)) = (list.varint_u32(), list.varint()) else {
                    break;
                };
                let (ecosystem, source) = (row.name.to_owned(), source as usize);
                found.push(Coverage { ecosystem, source, records });
            }
        }
        found
    }

    /// Whether attackers use a vulnerability; nothing is known of what is no CVE.
    pub fn exploitation(&self, vulnerability: Identifier<'_>) -> Exploitation {
        let Identifier::Cve(year, number) = vulnerability else { return Exploitation::default() };
        let (rows, _) = self.section(Section::Exploited).as_chunks::<EXPLOITED_BYTES>();
        let key = |row: &[u8; EXPLOITED_BYTES]| {
            let mut row = Reader::new(row);
            let year = row.u16().unwrap_or_default();
            row.u16();
            (year, row.u32().unwrap_or_default())
        };
        let place = rows.binary_search_by_key(&(year, number), key).ok();
        let Some(row) = place.and_then(|at| rows.get(at)) else { return Exploitation::default() };
        let mut row = Reader::new(row);
        row.u64();
        let share = |value: Option<u16>| value.filter(|it| *it != u16::MAX);
        Exploitation {
            epss: share(row.u16()),
            percentile: share(row.u16()),
            known_since: row.u32().and_then(Date::of_days),
        }
    }

    /// The names of the packages advisories of an ecosystem speak of, in the order of their bytes.
    pub fn package_names(&self, ecosystem: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let (rows, _) = self.section(Section::Packages).as_chunks::<PACKAGE_BYTES>();
        let row = self.ecosystem_named(ecosystem);
        let range = row.map_or(0..0, |row| row.first as usize..(row.first + row.count) as usize);
        let texts = self.section(Section::Texts);
        rows.get(range)
            .unwrap_or_default()
            .iter()
            .filter_map(move |row| Reader::at(texts, Reader::new(row).u32()?)?.text())
    }

    fn section(&self, section: Section) -> &'a [u8] {
        self.sections.get(section as usize).copied().unwrap_or_default()
    }

    /// What all look-ups rely on: tables of whole rows, and lists that can be read to their end.
    fn check(&self) -> Option<()> {
        let is_whole = |section, row: usize| self.section(section).len().is_multiple_of(row);
        let packages = self.section(Section::Packages).len() / PACKAGE_BYTES;
        let (rows, _) = self.section(Section::Ecosystems).as_chunks::<ECOSYSTEM_BYTES>();
        let mut before: Option<&str> = None;
        for row in rows {
            let row = self.ecosystem(row)?;
            let end = row.first.checked_add(row.count)?;
            if end as usize > packages || before.is_some_and(|before| before >= row.name) {
                return None;
            }
            before = Some(row.name);
        }
        self.read_sources()?;
        let is_fit = is_whole(Section::Packages, PACKAGE_BYTES)
            && is_whole(Section::Ecosystems, ECOSYSTEM_BYTES)
            && is_whole(Section::Places, 4)
            && is_whole(Section::Exploited, EXPLOITED_BYTES);
        is_fit.then_some(())
    }

    fn read_sources(&self) -> Option<Vec<Source>> {
        let mut list = Reader::new(self.section(Section::Sources));
        let mut found = Vec::new();
        for _ in 0..list.varint()? {
            let mut text = || list.text().map(str::to_owned);
            found.push(Source {
                name: text()?,
                url: text()?,
                licence: text()?,
                attribution: text()?,
                date: Date::of_days(list.varint_u32()?),
            });
        }
        Some(found)
    }

    fn ecosystems(&self) -> impl Iterator<Item = EcosystemRow<'a>> {
        let (rows, _) = self.section(Section::Ecosystems).as_chunks::<ECOSYSTEM_BYTES>();
        rows.iter().filter_map(|row| self.ecosystem(row))
    }

    fn ecosystem(&self, row: &[u8; ECOSYSTEM_BYTES]) -> Option<EcosystemRow<'a>> {
        let mut row = Reader::new(row);
        let name = Reader::at(self.section(Section::Texts), row.u32()?)?.text()?;
        let (first, count) = (row.u32()?, row.u32()?);
        let coverage = Reader::at(self.section(Section::Coverage), row.u32()?)?;
        Some(EcosystemRow { name, first, count, coverage })
    }

    fn ecosystem_named(&self, name: &str) -> Option<EcosystemRow<'a>> {
        let (rows, _) = self.section(Section::Ecosystems).as_chunks::<ECOSYSTEM_BYTES>();
        let compare = |row: &[u8; ECOSYSTEM_BYTES]| {
            self.ecosystem(row).map_or(Ordering::Less, |row| row.name.cmp(name))
        };
        let at = rows.binary_search_by(compare).ok()?;
        self.ecosystem(rows.get(at)?)
    }

    /// The block of a package; none where no advisory names it.
    fn block(&self, ecosystem: &EcosystemRow<'_>, name: &str) -> Option<Reader<'a>> {
        let (rows, _) = self.section(Section::Packages).as_chunks::<PACKAGE_BYTES>();
        let first = ecosystem.first as usize;
        let rows = rows.get(first..first.checked_add(ecosystem.count as usize)?)?;
        let texts = self.section(Section::Texts);
        // What cannot be read stands nowhere: the search goes on and ends.
        let compare = |row: &[u8; PACKAGE_BYTES]| {
            let offset = Reader::new(row).u32().unwrap_or(u32::MAX);
            let found = Reader::at(texts, offset).and_then(|mut text| text.text());
            found.map_or(Ordering::Less, |found| found.cmp(name))
        };
        let row = rows.get(rows.binary_search_by(compare).ok()?)?;
        let mut row = Reader::new(row);
        row.u32()?;
        Reader::at(self.section(Section::Blocks), row.u32()?)
    }
}

/// One ecosystem of one release.
struct EcosystemRow<'a> {
    name: &'a str,
    first: u32,
    count: u32,
    /// How many sources, and of each its place and how many of its records.
    coverage: Reader<'a>,
}

fn slice(bytes: &[u8], (offset, length): (u64, u64)) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

#[cfg(test)]
mod tests;
