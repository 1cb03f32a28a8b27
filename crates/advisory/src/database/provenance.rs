//! Where a database comes from: when it was built, what each source was, and until when releases
//! get fixes.
//!
//! ```text
//! provenance    built (seconds since 1970 + 1, 0 not known), count, then of each source in the
//!               order of the sources: digest, records, refused
//! end of life   count, then each: product, release, end, extended end; an end is 0 not known,
//!               1 open, 2 past, else days + 3
//! ```

use jiff::Timestamp;

use super::bytes::{Reader, push_text, push_varint};
use super::{Database, Section};
use crate::Date;
use crate::sources::end_of_life::{Cycle, End};

/// What a source was when it was taken in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Provenance {
    /// `sha256:` and the digest of its bytes, as they were fetched. Empty where it is not known.
    pub digest: String,
    /// Records, scores or releases that were read.
    pub records: u64,
    /// Records that were refused.
    pub refused: u64,
}

/// The releases of one product.
pub(super) type Product = (String, Vec<Cycle>);

pub(super) fn write(built: Option<Timestamp>, sources: &[Provenance]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let seconds = built.and_then(|it| u64::try_from(it.as_second()).ok());
    push_varint(&mut bytes, seconds.map_or(0, |seconds| seconds.saturating_add(1)));
    push_varint(&mut bytes, sources.len() as u64);
    for source in sources {
        push_text(&mut bytes, &source.digest);
        push_varint(&mut bytes, source.records);
        push_varint(&mut bytes, source.refused);
    }
    bytes
}

pub(super) fn write_ends(products: &[Product]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let count: usize = products.iter().map(|(_, cycles)| cycles.len()).sum();
    push_varint(&mut bytes, count as u64);
    for (product, cycles) in products {
        for cycle in cycles {
            push_text(&mut bytes, product);
            push_text(&mut bytes, &cycle.cycle);
            push_varint(&mut bytes, packed(cycle.end));
            push_varint(&mut bytes, packed(cycle.extended_end));
        }
    }
    bytes
}

impl<'a> Database<'a> {
    /// When it was built; none where nobody said.
    pub fn built_at(&self) -> Option<Timestamp> {
        let seconds = Reader::new(self.section(Section::Provenance)).varint()?.checked_sub(1)?;
        Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
    }

    /// What each source was, in the order of [`Database::sources`]; empty in a database of before
    /// it was kept.
    pub fn provenance(&self) -> Vec<Provenance> {
        let mut list = Reader::new(self.section(Section::Provenance));
        let mut found = Vec::new();
        list.varint();
        for _ in 0..list.varint().unwrap_or_default() {
            let digest = list.text().map(str::to_owned);
            let (Some(digest), Some(records), Some(refused)) =
                (digest, list.varint(), list.varint())
            else {
                break;
            };
            found.push(Provenance { digest, records, refused });
        }
        found
    }

    /// Until when a release of a product gets fixes: `debian` and `12`. None where nothing is said.
    pub fn end_of_life(&self, product: &str, release: &str) -> Option<Cycle> {
        self.ends().find(|(name, cycle)| *name == product && cycle.cycle == release).map(|it| it.1)
    }

    /// How many releases it knows the end of.
    pub fn ends_count(&self) -> usize {
        self.ends().count()
    }

    fn ends(&self) -> impl Iterator<Item = (&'a str, Cycle)> {
        let mut list = Reader::new(self.section(Section::Ends));
        let count = list.varint().unwrap_or_default();
        (0..count).map_while(move |_| {
            let (product, cycle) = (list.text()?, list.text()?.to_owned());
            let (end, extended_end) = (unpacked(list.varint()?), unpacked(list.varint()?));
            Some((product, Cycle { cycle, end, extended_end }))
        })
    }
}

fn packed(end: End) -> u64 {
    match end {
        End::Unknown => 0,
        End::Open => 1,
        End::Past => 2,
        End::On(date) => u64::from(date.days()) + 3,
    }
}

fn unpacked(number: u64) -> End {
    match number {
        0 => End::Unknown,
        1 => End::Open,
        2 => End::Past,
        days => {
            let days = u32::try_from(days - 3).ok();
            days.and_then(Date::of_days).map_or(End::Unknown, End::On)
        }
    }
}
