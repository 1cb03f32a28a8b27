//! An entry of a package's block: which advisory, what the vendor says, which versions.
//!
//! ```text
//! block   count, then each entry
//! entry   flags u8, advisory (number behind the one before), ranges
//! flags   bits 0-2 status, 3-5 rating, 6 ranges are written out
//! ranges  bit 6 not set: the version it is fixed in, from 0 on
//!         bit 6 set: count of single versions, these; count of ranges, each: scheme bit and
//!         count of events (shifted by one), each event: kind in the low two bits and the offset
//!         of its version, shifted by two; offset 0 with `introduced` is before every version
//! ```
//!
//! Events are sorted when the database is built, so that a look-up compares and no more.

use std::cmp::Ordering;

use package::Scheme;

use super::bytes::{Reader, push_varint};
use crate::{Rating, Status};

const STATUS_BITS: u8 = 0b0000_0111;
const RATING_SHIFT: u8 = 3;
const WRITTEN_OUT: u8 = 0b0100_0000;

/// An entry as it is written. Versions are offsets of texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) advisory: u32,
    pub(crate) status: Status,
    pub(crate) rating: Rating,
    pub(crate) versions: Vec<u32>,
    pub(crate) ranges: Vec<Events>,
}

/// The events of a range, in the order they are to be gone through.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Events {
    pub(crate) is_semver: bool,
    pub(crate) events: Vec<(EventKind, u32)>,
}

/// What happens at a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum EventKind {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

impl EventKind {
    fn of_place(place: u64) -> Self {
        match place & 3 {
            0 => Self::Introduced,
            1 => Self::Fixed,
            2 => Self::LastAffected,
            _ => Self::Limit,
        }
    }
}

/// Appends a block. The entries are sorted by advisory.
pub(crate) fn write(to: &mut Vec<u8>, entries: &[Entry]) {
    push_varint(to, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        let flags = entry.status as u8 | (entry.rating as u8) << RATING_SHIFT;
        let simple = entry.simple();
        to.push(if simple.is_some() { flags } else { flags | WRITTEN_OUT });
        push_varint(to, u64::from(entry.advisory - before));
        before = entry.advisory;
        if let Some(fixed) = simple {
            push_varint(to, u64::from(fixed));
            continue;
        }
        push_varint(to, entry.versions.len() as u64);
        for version in &entry.versions {
            push_varint(to, u64::from(*version));
        }
        push_varint(to, entry.ranges.len() as u64);
        for range in &entry.ranges {
            push_varint(to, (range.events.len() as u64) << 1 | u64::from(range.is_semver));
            for (kind, version) in &range.events {
                push_varint(to, u64::from(*version) << 2 | *kind as u64);
            }
        }
    }
}

impl Entry {
    /// The version it is fixed in, if that is all there is to say.
    fn simple(&self) -> Option<u32> {
        let [Events { is_semver: false, events }] = self.ranges.as_slice() else { return None };
        match events.as_slice() {
            [(EventKind::Introduced, 0), (EventKind::Fixed, fixed)] if self.versions.is_empty() => {
                Some(*fixed)
            }
            _ => None,
        }
    }
}

/// What an entry says of one version.
#[derive(Clone, Copy)]
pub(crate) struct Verdict<'a> {
    pub(crate) advisory: u32,
    pub(crate) status: Status,
    pub(crate) rating: Rating,
    pub(crate) outcome: Outcome<'a>,
}

/// Whether a version is affected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome<'a> {
    Not,
    /// With the version that fixes it, if there is one.
    Affected(Option<&'a str>),
    /// A version that its scheme does not know was met on the way.
    Undecided(&'a str),
}

/// Goes through a block and says of each entry what it means for a version.
pub(crate) struct Verdicts<'a> {
    pub(crate) block: Reader<'a>,
    pub(crate) texts: &'a [u8],
    pub(crate) scheme: Scheme,
    pub(crate) left: u64,
    pub(crate) advisory: u32,
}

impl<'a> Verdicts<'a> {
    pub(crate) fn new(mut block: Reader<'a>, texts: &'a [u8], scheme: Scheme) -> Option<Self> {
        let left = block.varint()?;
        Some(Self { block, texts, scheme, left, advisory: 0 })
    }

    /// The next one; none at the end, an error where the bytes make no sense.
    pub(crate) fn next(&mut self, version: &str) -> Result<Option<Verdict<'a>>, ()> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.read(version).map(Some).ok_or(())
    }

    fn read(&mut self, version: &str) -> Option<Verdict<'a>> {
        let flags = self.block.byte()?;
        self.advisory = self.advisory.checked_add(self.block.varint_u32()?)?;
        let outcome = if flags & WRITTEN_OUT == 0 {
            let fixed = self.version()?;
            match self.scheme.compare(version, fixed) {
                Ok(Ordering::Less) => Outcome::Affected(Some(fixed)),
                Ok(_) => Outcome::Not,
                Err(_) => Outcome::Undecided(fixed),
            }
        } else {
            self.written_out(version)?
        };
        Some(Verdict {
            advisory: self.advisory,
            status: Status::of_place(flags & STATUS_BITS)?,
            rating: Rating::of_place(flags >> RATING_SHIFT & STATUS_BITS),
            outcome,
        })
    }

    fn version(&mut self) -> Option<&'a str> {
        let offset = self.block.varint_u32()?;
        Reader::at(self.texts, offset)?.text()
    }

    /// Single versions, then ranges: one that holds is enough.
    fn written_out(&mut self, version: &str) -> Option<Outcome<'a>> {
        let mut outcome = Outcome::Not;
        for _ in 0..self.block.varint()? {
            let listed = self.version()?;
            let is_same =
                listed == version || self.scheme.compare(version, listed) == Ok(Ordering::Equal);
            if is_same {
                outcome = Outcome::Affected(None);
            }
        }
        for _ in 0..self.block.varint()? {
            let head = self.block.varint()?;
            let scheme = if head & 1 == 1 { Scheme::Semver } else { self.scheme };
            let found = self.range(version, scheme, head >> 1)?;
            outcome = match (outcome, found) {
                (Outcome::Affected(one), Outcome::Affected(other)) => {
                    Outcome::Affected(one.or(other))
                }
                (affected @ Outcome::Affected(_), _) | (_, affected @ Outcome::Affected(_)) => {
                    affected
                }
                (undecided @ Outcome::Undecided(_), _) => undecided,
                (Outcome::Not, found) => found,
            };
        }
        Some(outcome)
    }

    /// All events are read, whatever the outcome: the next range begins behind them.
    fn range(&mut self, version: &str, scheme: Scheme, count: u64) -> Option<Outcome<'a>> {
        let mut evaluation = Evaluation::new(scheme, version);
        for _ in 0..count {
            let head = self.block.varint()?;
            let offset = u32::try_from(head >> 2).ok()?;
            let at = Reader::at(self.texts, offset)?.text()?;
            evaluation.step(EventKind::of_place(head), at);
        }
        Some(evaluation.outcome())
    }
}

/// The evaluation of the OSV schema ("Evaluation") over sorted events. `introduced` at an empty
/// version is before every version.
pub(crate) struct Evaluation<'v, 'a> {
    scheme: Scheme,
    version: &'v str,
    is_affected: bool,
    has_limit: bool,
    is_below_limit: bool,
    fixed: Option<&'a str>,
    undecided: Option<&'a str>,
}

impl<'v, 'a> Evaluation<'v, 'a> {
    pub(crate) fn new(scheme: Scheme, version: &'v str) -> Self {
        Self {
            scheme,
            version,
            is_affected: false,
            has_limit: false,
            is_below_limit: false,
            fixed: None,
            undecided: None,
        }
    }

    pub(crate) fn step(&mut self, kind: EventKind, at: &'a str) {
        if kind == EventKind::Introduced && at.is_empty() {
            self.is_affected = true;
            return;
        }
        let Ok(order) = self.scheme.compare(self.version, at) else {
            self.undecided = self.undecided.or(Some(at));
            return;
        };
        match kind {
            EventKind::Introduced if order.is_ge() => self.is_affected = true,
            EventKind::Fixed if order.is_ge() => self.is_affected = false,
            EventKind::LastAffected if order.is_gt() => self.is_affected = false,
            EventKind::Limit => {
                self.has_limit = true;
                self.is_below_limit |= order.is_lt();
            }
            // The first fix behind the version is the one that counts for it.
            EventKind::Fixed => self.fixed = self.fixed.or(Some(at)),
            EventKind::Introduced | EventKind::LastAffected => {}
        }
    }

    pub(crate) fn outcome(&self) -> Outcome<'a> {
        match self.undecided {
            Some(at) => Outcome::Undecided(at),
            None if self.is_affected && (!self.has_limit || self.is_below_limit) => {
                Outcome::Affected(self.fixed)
            }
            None => Outcome::Not,
        }
    }
}
