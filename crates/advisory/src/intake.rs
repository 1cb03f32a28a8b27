//! Files of whoever publishes advisories, recognised by what is in them, into one database.

mod form;

use std::collections::BTreeMap;

pub use form::Form;

use crate::database::build::{Builder, Built, Source};
use crate::database::provenance::Provenance;
use crate::sources::{alpine, csaf, debian, end_of_life, epss, known_exploited};
use crate::{Database, Date, Record};

/// Refused records that are kept with their reason; all are counted.
const REFUSED_KEPT_MAX: usize = 100;
/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 300;

/// A record, or a whole file, that was not taken in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Refused {
    /// Where it stands: a file, the entry of an archive, and the line where there are lines.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// A database, and what did not get into it.
#[derive(Debug, Default)]
pub struct Taken {
    /// The database, and what was left out by its own rules.
    pub built: Built,
    /// The first that were refused.
    pub refused: Vec<Refused>,
    /// How many were refused.
    pub refused_count: u64,
    /// Products of vendors' statements that are no package of a release: containers, modules.
    pub unplaced: u64,
}

/// Takes files in, one after the other. Holds one file at a time, and what is kept of the others.
pub struct Intake {
    builder: Builder,
    today: Date,
    told: Vec<Provenance>,
    /// The newest day each source tells of itself.
    states: Vec<Option<Date>>,
    refused: Vec<Refused>,
    refused_count: u64,
    unplaced: u64,
}

impl Intake {
    /// Takes in on this day, which dates what does not date itself.
    pub fn new(now: jiff::Timestamp, today: Date) -> Self {
        let mut builder = Builder::default().with_prose();
        builder.built_at(now);
        Self {
            builder,
            today,
            told: Vec::new(),
            states: Vec::new(),
            refused: Vec::new(),
            refused_count: 0,
            unplaced: 0,
        }
    }

    /// Keeps the days a database of before has first told of what does not date itself.
    pub fn seen_before(&mut self, database: &Database<'_>) {
        self.builder.seen_before(database);
    }

    /// A source and the digest of its bytes; files name it by what comes back.
    pub fn source(&mut self, source: Source, digest: String) -> usize {
        self.told.push(Provenance { digest, ..Provenance::default() });
        self.states.push(source.date);
        self.builder.source(source)
    }

    /// Takes one file of a source in. What is wrong with it is kept in [`Taken::refused`].
    pub fn take(&mut self, source: usize, form: Form, place: &str, content: &[u8]) {
        let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
        if form == Form::Osv {
            return self.take_osv(source, place, content);
        }
        let Ok(text) = std::str::from_utf8(content) else {
            return self.refuse(source, place.to_owned(), "it is not UTF-8");
        };
        let taken = match form {
            Form::Osv => Ok(0),
            Form::DebianTracker => debian::records(text, self.today)
                .map(|records| self.add_all(source, place, &records)),
            Form::AlpineSecdb => self.take_alpine(source, place, text),
            Form::Csaf => csaf::statements(text, csaf::red_hat).map(|found| {
                self.unplaced += found.unplaced as u64;
                self.add_all(source, place, &found.records)
            }),
            Form::Epss => epss::scores(text).map(|found| {
                self.is_of(source, found.date);
                for (name, told) in &found.scores {
                    self.builder.exploitation(*name, *told);
                }
                for _ in 0..found.unreadable {
                    self.refuse(source, place.to_owned(), "a line that is no score");
                }
                found.scores.len() as u64
            }),
            Form::KnownExploited => known_exploited::read(text, |name, told| {
                self.builder.exploitation(name, told);
            })
            .map(|count| count as u64),
            Form::EndOfLife => end_of_life::cycles(text).map(|cycles| {
                let count = cycles.len() as u64;
                self.builder.end_of_life(&product(place), cycles);
                count
            }),
        };
        if matches!(form, Form::KnownExploited | Form::EndOfLife) {
            self.is_of(source, Some(self.today));
        }
        match taken {
            Ok(count) => self.count(source, count),
            Err(error) => self.refuse(source, place.to_owned(), &error.to_string()),
        }
    }

    /// Says of a file, or of a source, that it could not be taken in.
    pub fn refuse(&mut self, source: usize, place: String, reason: &str) {
        self.refused_count += 1;
        if let Some(told) = self.told.get_mut(source) {
            told.refused += 1;
        }
        if self.refused.len() < REFUSED_KEPT_MAX {
            let reason = reason.chars().take(REASON_CHARS_MAX).collect();
            self.refused.push(Refused { place, reason });
        }
    }

    /// How many records of a source were taken.
    pub fn records(&self, source: usize) -> u64 {
        self.told.get(source).map_or(0, |told| told.records)
    }

    /// Builds the database.
    pub fn finish(mut self) -> Taken {
        for (at, told) in self.told.into_iter().enumerate() {
            self.builder.provenance(at, told);
        }
        for (at, state) in self.states.into_iter().enumerate() {
            self.builder.dated(at, state);
        }
        Taken {
            built: self.builder.finish(),
            refused: self.refused,
            refused_count: self.refused_count,
            unplaced: self.unplaced,
        }
    }

    /// One record, a list of them, or one a line.
    fn take_osv(&mut self, source: usize, place: &str, content: &[u8]) {
        let lines =
            || content.split(|byte| *byte == b'\n').filter(|it| !it.trim_ascii().is_empty());
        let is_whole = |line: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
        if content.trim_ascii_start().starts_with(b"[") {
            match serde_json::from_slice::<Vec<serde_json::Value>>(content) {
                Ok(list) => {
                    for (at, record) in list.iter().enumerate() {
                        let place = format!("{place}[{at}]");
                        self.take_record(source, place, record.to_string().as_bytes());
                    }
                }
                Err(error) => self.refuse(source, place.to_owned(), &error.to_string()),
            }
        } else if lines().nth(1).is_some() && lines().next().is_some_and(is_whole) {
            for (at, line) in content.split(|byte| *byte == b'\n').enumerate() {
                if !line.trim_ascii().is_empty() {
                    self.take_record(source, format!("{place}:{}", at + 1), line);
                }
            }
        } else {
            self.take_record(source, place.to_owned(), content);
        }
    }

    fn take_record(&mut self, source: usize, place: String, content: &[u8]) {
        match Record::parse(content) {
            Ok(record) => self.add(source, place, &record),
            Err(error) => self.refuse(source, place, &error.to_string()),
        }
    }

    fn take_alpine(
        &mut self,
        source: usize,
        place: &str,
        text: &str,
    ) -> Result<u64, crate::sources::SourceError> {
        let Some(ecosystem) = alpine::ecosystem(text)? else {
            self.refuse(source, place.to_owned(), "it does not say which distribution it is of");
            return Ok(0);
        };
        let records = alpine::records(text, &ecosystem, self.today)?;
        Ok(self.add_all(source, place, &records))
    }

    fn add_all(&mut self, source: usize, place: &str, records: &[Record<'_>]) -> u64 {
        for record in records {
            let place = format!("{place}: {}", record.id.chars().take(80).collect::<String>());
            self.add(source, place, record);
        }
        // `add` has counted them.
        0
    }

    fn add(&mut self, source: usize, place: String, record: &Record<'_>) {
        // Some write no day of change into their records.
        self.is_of(source, Date::parse(&record.modified).max(Date::parse(&record.published)));
        match self.builder.add(source, record) {
            Ok(()) => self.count(source, 1),
            Err(refusal) => self.refuse(source, place, &refusal.to_string()),
        }
    }

    /// A day a source tells of itself; days to come are slips of the pen.
    fn is_of(&mut self, source: usize, day: Option<Date>) {
        if let (Some(state), Some(day)) = (self.states.get_mut(source), day)
            && day <= self.today
        {
            *state = Some(state.map_or(day, |state| state.max(day)));
        }
    }

    fn count(&mut self, source: usize, count: u64) {
        if let Some(told) = self.told.get_mut(source) {
            told.records += count;
        }
    }
}

/// endoflife.date names a product by its file alone: `debian.json`.
fn product(place: &str) -> String {
    let name = place.rsplit(['/', '\\', ':']).next().unwrap_or(place);
    name.split('.').next().unwrap_or(name).to_owned()
}

/// The keys of the objects a text begins with, by how deep they stand.
type Keys = BTreeMap<usize, Vec<String>>;
