//! An advisory in the database.
//!
//! ```text
//! flags u8   bit 0 the identifiers are vulnerabilities, each for itself; bits 1-2 informational
//!            (0 none); bits 3-5 rating
//! source, published (days + 1, 0 not known), modified (the same), score (tenths + 1, 0 none)
//! vector     offset in texts, 0 none; only with a score
//! id, count of identifiers, these
//! ```

use super::bytes::{Reader, push_varint};
use super::{Database, Section};
use crate::{Date, Identifier, Informational, Rating};

/// An advisory as it is written.
pub(crate) struct Row<'a> {
    pub(crate) id: Identifier<'a>,
    /// Whether the identifiers are vulnerabilities of their own, or other names of this one.
    pub(crate) speaks_of_many: bool,
    pub(crate) identifiers: Vec<Identifier<'a>>,
    pub(crate) informational: Option<Informational>,
    pub(crate) rating: Rating,
    pub(crate) source: u32,
    pub(crate) published: Option<Date>,
    pub(crate) modified: Option<Date>,
    /// The score in tenths, and the offset of its vector.
    pub(crate) score: Option<(u8, u32)>,
}

impl Row<'_> {
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        let informational = self.informational.map_or(0, |it| it as u8 + 1);
        to.push(u8::from(self.speaks_of_many) | informational << 1 | (self.rating as u8) << 3);
        push_varint(to, u64::from(self.source));
        for date in [self.published, self.modified] {
            push_varint(to, date.map_or(0, |date| u64::from(date.days()) + 1));
        }
        push_varint(to, self.score.map_or(0, |(score, _)| u64::from(score) + 1));
        if let Some((_, vector)) = self.score {
            push_varint(to, u64::from(vector));
        }
        self.id.write(to);
        push_varint(to, self.identifiers.len() as u64);
        for identifier in &self.identifiers {
            identifier.write(to);
        }
    }
}

/// An advisory, read from the database when it is asked for.
#[derive(Clone, Copy)]
pub struct Advisory<'a> {
    /// Its name.
    pub id: Identifier<'a>,
    /// The place of its source in [`Database::sources`].
    pub source: usize,
    /// When it was published, where that is known.
    pub published: Option<Date>,
    /// When it last changed, where that is known.
    pub modified: Option<Date>,
    /// The source's word for how bad it is, else what its score makes of it.
    pub rating: Rating,
    /// The CVSS score in tenths, 0 to 100, and its vector.
    pub score: Option<(u8, &'a str)>,
    /// What it is, if it tells of no vulnerability.
    pub informational: Option<Informational>,
    pub(crate) speaks_of_many: bool,
    pub(crate) summary: &'a str,
    identifiers: Reader<'a>,
    count: u64,
}

impl<'a> Advisory<'a> {
    /// The vulnerabilities it speaks of. Of an advisory of a distribution they are many, and none
    /// is another name of another; of any other it is one: its CVE id where it has one.
    pub fn vulnerabilities(&self) -> impl Iterator<Item = Identifier<'a>> + use<'a> {
        let is_one = !self.speaks_of_many || self.count == 0;
        let lowest = || self.identifiers().filter(|it| it.is_cve()).min().unwrap_or(self.id);
        let own = is_one.then(lowest);
        let many = self.identifiers().filter(move |_| !is_one);
        own.into_iter().chain(many)
    }

    /// Other names of its vulnerability; none where it speaks of many.
    pub fn aliases(&self) -> impl Iterator<Item = Identifier<'a>> + use<'a> {
        let speaks_of_many = self.speaks_of_many;
        self.identifiers().filter(move |_| !speaks_of_many)
    }

    /// A line about it; empty where the database has no prose.
    pub fn summary(&self) -> &'a str {
        self.summary
    }

    fn identifiers(&self) -> impl Iterator<Item = Identifier<'a>> + use<'a> {
        let mut list = self.identifiers;
        (0..self.count).map_while(move |_| Identifier::read(&mut list))
    }
}

impl std::fmt::Debug for Advisory<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "Advisory({})", self.id)
    }
}

impl<'a> Database<'a> {
    /// An advisory by its number, from 0 to [`Database::advisories_count`].
    pub fn advisory(&self, number: u32) -> Option<Advisory<'a>> {
        let (places, _) = self.section(Section::Places).as_chunks::<4>();
        let place = u32::from_le_bytes(*places.get(number as usize)?);
        let mut row = Reader::at(self.section(Section::Advisories), place)?;
        let flags = row.byte()?;
        let source = row.varint_u32()? as usize;
        let date = |row: &mut Reader<'a>| {
            let days = row.varint_u32()?;
            Some(days.checked_sub(1).and_then(Date::of_days))
        };
        let (published, modified) = (date(&mut row)?, date(&mut row)?);
        let score = match row.varint()? {
            0 => None,
            score => {
                let vector = row.varint_u32()?;
                let vector = Reader::at(self.section(Section::Texts), vector)?.text()?;
                Some((u8::try_from(score - 1).ok()?, vector))
            }
        };
        let rating = match (Rating::of_place(flags >> 3 & 7), score) {
            (Rating::Unknown, Some((score, _))) => Rating::of_score(score),
            (rating, _) => rating,
        };
        let id = Identifier::read(&mut row)?;
        let count = row.varint()?;
        let informational = (flags >> 1 & 3).checked_sub(1);
        Some(Advisory {
            id,
            source,
            published,
            modified,
            rating,
            score,
            informational: informational
                .and_then(|at| Informational::ALL.get(usize::from(at)).copied()),
            speaks_of_many: flags & 1 == 1,
            summary: self.prose(number).unwrap_or_default(),
            identifiers: row,
            count,
        })
    }

    fn prose(&self, number: u32) -> Option<&'a str> {
        let prose = self.section(Section::Prose);
        let mut place = Reader::at(prose, number.checked_mul(4)?)?;
        let offset = place.u32()?;
        Reader::at(prose, offset)?.text()
    }
}
