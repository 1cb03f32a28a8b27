//! Makes a database of records.

use std::collections::{BTreeMap, BTreeSet};

use package::{Ecosystem, Scheme};

use super::bytes::{checksum, push_text, push_varint};
use super::entry::{self, Entry, Evaluation, EventKind, Events, Outcome};
use super::provenance::{self, Product, Provenance};
use super::record::Row;
use super::{Database, HEAD_BYTES, MAGIC, SECTION_BYTES, Section, VERSION};
use crate::osv::{Affected, Range, RangeKind, Record, Severity};
use crate::sources::end_of_life::Cycle;
use crate::{Date, Exploitation, Identifier, Informational, Rating, Status, score_of};

/// Bytes of a name or a version; real ones have under 300.
const TEXT_BYTES_MAX: usize = 4_096;

/// Bytes of a line of prose that are kept.
const PROSE_BYTES_MAX: usize = 200;

/// Where advisories come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Source {
    /// Its name: `Go Vulnerability Database`.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The licence of its data, as an SPDX expression where there is one.
    pub licence: String,
    /// The credit its licence asks for.
    pub attribution: String,
    /// The state of its data.
    pub date: Option<Date>,
}

/// Why a record was not taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It has no name.
    #[error("the record has no id")]
    NoId,
    /// A name or a version is longer than any can be.
    #[error("the record holds a name or a version of more than {TEXT_BYTES_MAX} bytes")]
    TextTooLong,
    /// The source was not told before.
    #[error("the record's source is not known to the builder")]
    NoSource,
}

/// A database and what was left out of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Built {
    /// The database.
    pub bytes: Vec<u8>,
    /// Records that are in it.
    pub records: usize,
    /// Records that were taken back by their source.
    pub withdrawn: usize,
    /// Records without anything that could be matched: commits only, or ecosystems not known.
    pub empty: usize,
    /// Ecosystems that are not known, and how many entries each had.
    pub unknown: BTreeMap<String, usize>,
    /// Entries with a version that its ecosystem's order has no place for, by record.
    pub undecidable: Vec<String>,
}

/// Takes records in. The same records give the same bytes, in whatever order they come.
#[derive(Default)]
pub struct Builder {
    sources: Vec<Source>,
    records: Vec<Draft>,
    exploited: BTreeMap<(u16, u32), Exploitation>,
    has_prose: bool,
    built: Built,
    built_at: Option<jiff::Timestamp>,
    provenance: Vec<Provenance>,
    ends: Vec<Product>,
    /// By the name of a record: the first day it was told of, from a database of before.
    seen: BTreeMap<String, Date>,
}

/// A record as far as it is kept.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Draft {
    id: String,
    source: u32,
    speaks_of_many: bool,
    identifiers: Vec<String>,
    informational: Option<Informational>,
    rating: Rating,
    published: Option<Date>,
    modified: Option<Date>,
    score: Option<(u8, String)>,
    summary: String,
    affected: Vec<DraftEntry>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DraftEntry {
    ecosystem: String,
    name: String,
    status: Status,
    rating: Rating,
    versions: Vec<String>,
    ranges: Vec<DraftRange>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DraftRange {
    is_semver: bool,
    events: Vec<(EventKind, String)>,
}

impl Builder {
    /// Keeps a line of prose for each record, in a section of its own.
    #[must_use]
    pub fn with_prose(mut self) -> Self {
        self.has_prose = true;
        self
    }

    /// Adds a source; records name it by what comes back.
    pub fn source(&mut self, source: Source) -> usize {
        self.sources.push(source);
        self.provenance.push(Provenance::default());
        self.sources.len() - 1
    }

    /// Says what a source was, that was added before.
    pub fn provenance(&mut self, source: usize, told: Provenance) {
        if let Some(place) = self.provenance.get_mut(source) {
            *place = told;
        }
    }

    /// Says of which day the data of a source are.
    pub(crate) fn dated(&mut self, source: usize, date: Option<Date>) {
        if let Some(source) = self.sources.get_mut(source) {
            source.date = date;
        }
    }

    /// Says when the database is built.
    pub fn built_at(&mut self, now: jiff::Timestamp) {
        self.built_at = Some(now);
    }

    /// Says until when the releases of a product get fixes.
    pub fn end_of_life(&mut self, product: &str, cycles: Vec<Cycle>) {
        self.ends.push((product.to_owned(), cycles));
    }

    /// Keeps the first day on which a record without a date of publication was told of. Some
    /// sources date nothing but the whole (Debian's tracker, Alpine's secdb): without this every
    /// update would begin every grace anew.
    pub fn seen_before(&mut self, database: &Database<'_>) {
        for number in 0..database.advisories_count() as u32 {
            let Some(advisory) = database.advisory(number) else { continue };
            let (None, Some(first)) = (advisory.published, advisory.modified) else { continue };
            let kept = self.seen.entry(advisory.id.to_string()).or_insert(first);
            *kept = first.min(*kept);
        }
    }

    /// Says of a vulnerability how it is used. What is told first of each field stays.
    pub fn exploitation(&mut self, vulnerability: Identifier<'_>, told: Exploitation) {
        let Identifier::Cve(year, number) = vulnerability else { return };
        let kept = self.exploited.entry((year, number)).or_default();
        kept.epss = kept.epss.or(told.epss);
        kept.percentile = kept.percentile.or(told.percentile);
        kept.known_since = kept.known_since.or(told.known_since);
    }

    /// Takes a record in. One that was withdrawn is counted and left out.
    pub fn add(&mut self, source: usize, record: &Record<'_>) -> Result<(), Refusal> {
        if source >= self.sources.len() {
            return Err(Refusal::NoSource);
        }
        if record.id.is_empty() {
            return Err(Refusal::NoId);
        }
        if !record.withdrawn.is_empty() {
            self.built.withdrawn += 1;
            return Ok(());
        }
        let mut affected = Vec::new();
        let mut is_system = false;
        for one in &record.affected {
            let Some(ecosystem) = Ecosystem::parse(&one.package.ecosystem) else {
                let name = one.package.ecosystem.to_string();
                *self.built.unknown.entry(name).or_default() += 1;
                continue;
            };
            is_system |= ecosystem.family().distribution.is_some();
            affected.extend(self.entry(&record.id, &ecosystem, one));
        }
        affected.sort();
        affected.dedup();
        if affected.is_empty() {
            self.built.empty += 1;
            return Ok(());
        }
        let draft = draft(record, source as u32, is_system, affected);
        if draft.texts().any(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(Refusal::TextTooLong);
        }
        self.records.push(draft);
        Ok(())
    }

    /// Writes the database.
    pub fn finish(mut self) -> Built {
        for record in self.records.iter_mut().filter(|it| it.published.is_none()) {
            let first = self.seen.get(&record.id).copied();
            record.modified = record.modified.map(|day| first.map_or(day, |it| it.min(day)));
        }
        self.records.sort();
        self.records.dedup();
        let texts = Texts::of(&self.records);
        let tables = Tables::of(&self.records, &texts);
        let (advisories, places) = self.advisories(&texts);
        let mut sections = vec![
            (Section::Sources, self.source_list()),
            (Section::Ecosystems, tables.ecosystems),
            (Section::Coverage, tables.coverage),
            (Section::Packages, tables.packages),
            (Section::Blocks, tables.blocks),
            (Section::Texts, texts.bytes),
            (Section::Advisories, advisories),
            (Section::Places, places),
            (Section::Exploited, self.exploited()),
            (Section::Provenance, provenance::write(self.built_at, &self.provenance)),
        ];
        if !self.ends.is_empty() {
            self.ends.sort_by(|(one, _), (other, _)| one.cmp(other));
            sections.push((Section::Ends, provenance::write_ends(&self.ends)));
        }
        if self.has_prose {
            sections.push((Section::Prose, self.prose()));
        }
        self.built.bytes = assemble(&sections);
        self.built.records = self.records.len();
        self.built.undecidable.sort();
        self.built
    }

    /// An entry of a record; none where there is nothing to match.
    fn entry(
        &mut self,
        id: &str,
        ecosystem: &Ecosystem,
        affected: &Affected<'_>,
    ) -> Option<DraftEntry> {
        let scheme = ecosystem.scheme();
        let mut ranges = Vec::new();
        for range in affected.ranges.iter().filter(|range| range.kind != RangeKind::Git) {
            let range = draft_range(range, scheme);
            let scheme = if range.is_semver { Scheme::Semver } else { scheme };
            if range.events.iter().any(|(_, at)| scheme.compare(at, at).is_err() && !at.is_empty())
            {
                self.built.undecidable.push(id.to_owned());
            }
            ranges.push(range);
        }
        // What a range says already need not be listed.
        let is_said = |version: &str| {
            ranges.iter().any(|range| {
                let scheme = if range.is_semver { Scheme::Semver } else { scheme };
                let mut evaluation = Evaluation::new(scheme, version);
                for (kind, at) in &range.events {
                    evaluation.step(*kind, at);
                }
                matches!(evaluation.outcome(), Outcome::Affected(_))
            })
        };
        let listed = affected.versions.iter().filter(|version| !is_said(version));
        let versions: BTreeSet<String> = listed.map(ToString::to_string).collect();
        if ranges.is_empty() && versions.is_empty() || affected.package.name.is_empty() {
            return None;
        }
        let has_fix =
            |range: &DraftRange| range.events.iter().any(|(kind, _)| *kind == EventKind::Fixed);
        let found = if ranges.iter().any(has_fix) { Status::Fixed } else { Status::Affected };
        Some(DraftEntry {
            ecosystem: ecosystem.to_string(),
            name: ecosystem.canonical_name(&affected.package.name).into_owned(),
            status: affected.stated().unwrap_or(found),
            rating: entry_rating(affected),
            versions: versions.into_iter().collect(),
            ranges,
        })
    }

    fn source_list(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_varint(&mut bytes, self.sources.len() as u64);
        for source in &self.sources {
            for text in [&source.name, &source.url, &source.licence, &source.attribution] {
                push_text(&mut bytes, text);
            }
            let unknown = u32::MAX;
            push_varint(&mut bytes, u64::from(source.date.map_or(unknown, Date::days)));
        }
        bytes
    }

    fn advisories(&self, texts: &Texts) -> (Vec<u8>, Vec<u8>) {
        let (mut advisories, mut places) = (Vec::new(), Vec::new());
        for record in &self.records {
            places.extend((advisories.len() as u32).to_le_bytes());
            let row = Row {
                id: Identifier::parse(&record.id),
                speaks_of_many: record.speaks_of_many,
                identifiers: record.identifiers.iter().map(|it| Identifier::parse(it)).collect(),
                informational: record.informational,
                rating: record.rating,
                source: record.source,
                published: record.published,
                modified: record.modified,
                score: record.score.as_ref().map(|(score, text)| (*score, texts.offset(text))),
            };
            row.write(&mut advisories);
        }
        (advisories, places)
    }

    fn exploited(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for ((year, number), told) in &self.exploited {
            bytes.extend(year.to_le_bytes());
            bytes.extend([0, 0]);
            bytes.extend(number.to_le_bytes());
            for share in [told.epss, told.percentile] {
                bytes.extend(share.unwrap_or(u16::MAX).to_le_bytes());
            }
            bytes.extend(told.known_since.map_or(u32::MAX, Date::days).to_le_bytes());
        }
        bytes
    }

    fn prose(&self) -> Vec<u8> {
        let head = self.records.len() * 4;
        let (mut places, mut lines) = (Vec::new(), Vec::new());
        for record in &self.records {
            places.extend(((head + lines.len()) as u32).to_le_bytes());
            push_text(&mut lines, &record.summary);
        }
        places.extend(lines);
        places
    }
}

fn draft(record: &Record<'_>, source: u32, is_system: bool, affected: Vec<DraftEntry>) -> Draft {
    let names = |list: &[std::borrow::Cow<'_, str>]| {
        list.iter().map(ToString::to_string).collect::<BTreeSet<_>>()
    };
    let mut identifiers = names(&record.aliases);
    if is_system {
        identifiers.extend(names(&record.upstream));
        identifiers.extend(names(&record.related));
        // What a distribution fixes is told by CVE ids; other names beside them are of the same.
        let is_cve = |name: &String| Identifier::parse(name).is_cve();
        if identifiers.iter().any(is_cve) {
            identifiers.retain(is_cve);
        }
    }
    let informational = record.affected.iter().find_map(Affected::informational);
    let in_entries = record.affected.iter().flat_map(|affected| &affected.severity);
    let of_entries = record.affected.iter().filter_map(|it| it.database_specific["cvss"].as_str());
    let vectors = record.severity.iter().chain(in_entries).map(|it| it.score.as_ref());
    let word = record.database_specific["severity"].as_str().map(Rating::of_word);
    let mut summary = record.summary.lines().next().unwrap_or_default().trim();
    summary = summary.get(..summary.floor_char_boundary(PROSE_BYTES_MAX)).unwrap_or_default();
    Draft {
        id: record.id.to_string(),
        source,
        speaks_of_many: is_system,
        identifiers: identifiers.into_iter().collect(),
        informational,
        rating: word.or_else(|| worded(&record.severity)).unwrap_or_default(),
        published: Date::parse(&record.published),
        modified: Date::parse(&record.modified),
        score: newest_score(vectors.chain(of_entries)),
        summary: summary.to_owned(),
        affected,
    }
}

/// The score of the newest version of CVSS among the vectors.
fn newest_score<'a>(vectors: impl Iterator<Item = &'a str>) -> Option<(u8, String)> {
    let scored = vectors.filter_map(|vector| Some((vector, score_of(vector)?)));
    let newest = scored.max_by_key(|(vector, score)| {
        // `CVSS:4.0/` before `CVSS:3.1/`; version 2 has no prefix.
        (vector.split_once('/').map(|(prefix, _)| prefix).filter(|it| it.contains('.')), *score)
    });
    newest.map(|(vector, score)| (score, vector.to_owned()))
}

/// A word among severities, as Ubuntu's records have.
fn worded(severities: &[Severity<'_>]) -> Option<Rating> {
    let ratings = severities.iter().map(|it| Rating::of_word(&it.score));
    ratings.max().filter(|rating| *rating != Rating::Unknown)
}

fn entry_rating(affected: &Affected<'_>) -> Rating {
    let specific = [&affected.ecosystem_specific, &affected.database_specific];
    let words =
        specific.into_iter().flat_map(|it| [it["urgency"].as_str(), it["severity"].as_str()]);
    let word = words.flatten().map(Rating::of_word).max();
    word.or_else(|| worded(&affected.severity)).unwrap_or_default()
}

/// The events of a range in their order; as they came where the order has no place for one.
fn draft_range(range: &Range<'_>, scheme: Scheme) -> DraftRange {
    // An ecosystem that keeps SemVer has one order, however the range calls it.
    let is_semver = range.kind == RangeKind::Semver && scheme != Scheme::Semver;
    let scheme = if is_semver { Scheme::Semver } else { scheme };
    let mut events = Vec::new();
    for event in &range.events {
        let told = [
            (EventKind::Introduced, &event.introduced),
            (EventKind::Fixed, &event.fixed),
            (EventKind::LastAffected, &event.last_affected),
            (EventKind::Limit, &event.limit),
        ];
        for (kind, at) in told {
            let Some(at) = at else { continue };
            let is_start = kind == EventKind::Introduced && at == "0";
            // A limit of `*` is none.
            if kind != EventKind::Limit || at != "*" {
                events.push((kind, if is_start { String::new() } else { at.to_string() }));
            }
        }
    }
    let place = |at: &str| scheme.compare(at, at).is_ok() || at.is_empty();
    if events.iter().all(|(_, at)| place(at)) {
        events.sort_by(|(_, one), (_, other)| match (one.as_str(), other.as_str()) {
            ("", other) => other.is_empty().cmp(&true),
            (_, "") => std::cmp::Ordering::Greater,
            (one, other) => scheme.compare(one, other).unwrap_or(std::cmp::Ordering::Equal),
        });
    }
    DraftRange { is_semver, events }
}

impl Draft {
    fn texts(&self) -> impl Iterator<Item = &str> {
        let own = self.identifiers.iter().chain([&self.id]);
        let vector = self.score.iter().map(|(_, vector)| vector);
        let entries = self.affected.iter().flat_map(|entry| {
            let events = entry.ranges.iter().flat_map(|range| &range.events).map(|(_, at)| at);
            [&entry.ecosystem, &entry.name].into_iter().chain(&entry.versions).chain(events)
        });
        own.chain(vector).chain(entries).map(String::as_str)
    }
}

/// All texts, each once, in their order. The empty one stands first, at offset 0.
struct Texts {
    bytes: Vec<u8>,
    offsets: BTreeMap<String, u32>,
}

impl Texts {
    fn of(records: &[Draft]) -> Self {
        let mut all: BTreeSet<&str> = BTreeSet::from([""]);
        for record in records {
            all.extend(record.score.iter().map(|(_, vector)| vector.as_str()));
            for entry in &record.affected {
                let events = entry.ranges.iter().flat_map(|range| &range.events);
                all.extend([entry.ecosystem.as_str(), entry.name.as_str()]);
                all.extend(entry.versions.iter().map(String::as_str));
                all.extend(events.map(|(_, at)| at.as_str()));
            }
        }
        let (mut bytes, mut offsets) = (Vec::new(), BTreeMap::new());
        for text in all {
            offsets.insert(text.to_owned(), bytes.len() as u32);
            push_text(&mut bytes, text);
        }
        Self { bytes, offsets }
    }

    fn offset(&self, text: &str) -> u32 {
        self.offsets.get(text).copied().unwrap_or_default()
    }
}

/// The tables a look-up goes through.
#[derive(Default)]
struct Tables {
    ecosystems: Vec<u8>,
    coverage: Vec<u8>,
    packages: Vec<u8>,
    blocks: Vec<u8>,
}

impl Tables {
    fn of(records: &[Draft], texts: &Texts) -> Self {
        let mut packages: BTreeMap<(&str, &str), Vec<Entry>> = BTreeMap::new();
        let mut coverage: BTreeMap<&str, BTreeMap<u32, u64>> = BTreeMap::new();
        for (advisory, record) in (0..).zip(records) {
            let ecosystems: BTreeSet<&str> =
                record.affected.iter().map(|entry| entry.ecosystem.as_str()).collect();
            for ecosystem in ecosystems {
                *coverage.entry(ecosystem).or_default().entry(record.source).or_default() += 1;
            }
            for entry in &record.affected {
                let place = (entry.ecosystem.as_str(), entry.name.as_str());
                packages.entry(place).or_default().push(entry.numbered(advisory, texts));
            }
        }
        let mut tables = Self::default();
        let mut known: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for ((ecosystem, name), mut entries) in packages {
            entries.sort();
            entries.dedup();
            let mut block = Vec::new();
            entry::write(&mut block, &entries);
            let offset = *known.entry(block).or_insert_with_key(|block| {
                let offset = tables.blocks.len() as u32;
                tables.blocks.extend(block);
                offset
            });
            tables.packages.extend(texts.offset(name).to_le_bytes());
            tables.packages.extend(offset.to_le_bytes());
            *counts.entry(ecosystem).or_default() += 1;
        }
        let mut first = 0_u32;
        for (ecosystem, count) in counts {
            let place = tables.coverage.len() as u32;
            for number in [texts.offset(ecosystem), first, count, place] {
                tables.ecosystems.extend(number.to_le_bytes());
            }
            first += count;
            let sources = coverage.remove(ecosystem).unwrap_or_default();
            push_varint(&mut tables.coverage, sources.len() as u64);
            for (source, records) in sources {
                push_varint(&mut tables.coverage, u64::from(source));
                push_varint(&mut tables.coverage, records);
            }
        }
        tables
    }
}

impl DraftEntry {
    fn numbered(&self, advisory: u32, texts: &Texts) -> Entry {
        let range = |range: &DraftRange| Events {
            is_semver: range.is_semver,
            events: range.events.iter().map(|(kind, at)| (*kind, texts.offset(at))).collect(),
        };
        Entry {
            advisory,
            status: self.status,
            rating: self.rating,
            versions: self.versions.iter().map(|version| texts.offset(version)).collect(),
            ranges: self.ranges.iter().map(range).collect(),
        }
    }
}

fn assemble(sections: &[(Section, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut offset = HEAD_BYTES + sections.len() * SECTION_BYTES;
    for (section, bytes) in sections {
        body.extend((*section as u32).to_le_bytes());
        body.extend(0_u32.to_le_bytes());
        body.extend((offset as u64).to_le_bytes());
        body.extend((bytes.len() as u64).to_le_bytes());
        offset += bytes.len();
    }
    for (_, bytes) in sections {
        body.extend(bytes);
    }
    let mut whole = MAGIC.to_vec();
    whole.extend(VERSION.to_le_bytes());
    whole.extend((sections.len() as u32).to_le_bytes());
    whole.extend(((HEAD_BYTES + body.len()) as u64).to_le_bytes());
    whole.extend(checksum(&body).to_le_bytes());
    whole.extend(body);
    whole
}
