//! What runs against what is known of images and tags.

use std::collections::BTreeMap;

use image::Reference;
use jiff::Timestamp;

use super::running::Running;

/// A tag that names another build now than the one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift<'a> {
    /// What runs.
    pub running: &'a Running,
    /// The digest that the tag names now.
    pub named: &'a str,
}

/// What runs although its tag names something else now, given what each tag names. A reference
/// with a digest means what runs, whatever a tag beside it names.
pub fn drift<'a>(running: &'a [Running], tags: &'a BTreeMap<String, String>) -> Vec<Drift<'a>> {
    let drifted = |running: &'a Running| {
        let parsed: Reference = running.reference.parse().ok()?;
        let named = tags.get(&running.reference)?;
        let is_other = running.pods > 0 && running.digest.as_ref()? != named;
        (parsed.digest.is_none() && is_other).then_some(Drift { running, named })
    };
    running.iter().filter_map(drifted).collect()
}

/// An image that was built long ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old<'a> {
    /// What runs.
    pub running: &'a Running,
    /// Whole days since it was built.
    pub days: i64,
}

/// What runs although it was built more than `days` ago, given when each digest was built. Times
/// before 1980 are no times: tools for reproducible builds write 1970.
pub fn old<'a>(
    running: &'a [Running],
    created: &BTreeMap<String, String>,
    now: Timestamp,
    days: u32,
) -> Vec<Old<'a>> {
    let first = Timestamp::from_second(315_532_800).unwrap_or(Timestamp::UNIX_EPOCH);
    let aged = |running: &'a Running| {
        let at: Timestamp = created.get(running.digest.as_ref()?)?.parse().ok()?;
        let days_old = now.duration_since(at).as_hours() / 24;
        (at >= first && days_old > i64::from(days)).then_some(Old { running, days: days_old })
    };
    running.iter().filter_map(aged).collect()
}
