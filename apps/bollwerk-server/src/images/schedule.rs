//! What is to be asked of registries next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use image::Reference;
use jiff::Timestamp;

use super::running::Running;

/// Before the second try of an image; doubled before each further one.
const PAUSE: Duration = Duration::from_mins(1);

/// Longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_hours(6);

/// Something to be asked of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// An image to be scanned, by what it is asked for.
    Scan(String),
    /// A tag of which is asked what it names.
    Tag(String),
}

/// What was asked when, and what failed.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// By what was asked for: with which database it was scanned.
    scanned: BTreeMap<String, u64>,
    tags: BTreeMap<String, Timestamp>,
    failed: BTreeMap<Job, (u32, Timestamp)>,
}

impl Schedule {
    /// An image was scanned, now or by an earlier run, with a database of this fingerprint.
    pub fn scanned(&mut self, pull: &str, database: u64) {
        self.scanned.insert(pull.to_owned(), database);
        self.failed.remove(&Job::Scan(pull.to_owned()));
    }

    /// A tag was looked up.
    pub fn looked_up(&mut self, reference: &str, at: Timestamp) {
        self.tags.insert(reference.to_owned(), at);
        self.failed.remove(&Job::Tag(reference.to_owned()));
    }

    /// Something could not be had. When it is tried again.
    pub fn failed(&mut self, job: &Job, at: Timestamp) -> Timestamp {
        let (tries, again) = self.failed.entry(job.clone()).or_insert((0, at));
        let pause = PAUSE.saturating_mul(1 << (*tries).min(16)).min(PAUSE_MAX);
        *tries += 1;
        *again = at.saturating_add(pause).unwrap_or(Timestamp::MAX);
        *again
    }

    /// What is to be asked now, for what runs: images before tags, those that the internet
    /// reaches before others. Forgets what runs no more.
    pub fn due(
        &mut self,
        running: &[Running],
        database: u64,
        tags_every: Option<Duration>,
        now: Timestamp,
    ) -> Vec<Job> {
        let pulls: BTreeSet<&str> = running.iter().map(|it| it.pull.as_str()).collect();
        let tags: BTreeSet<&str> = running.iter().filter_map(tag).collect();
        self.scanned.retain(|pull, _| pulls.contains(pull.as_str()));
        self.tags.retain(|tag, _| tags.contains(tag.as_str()));
        self.failed.retain(|job, _| match job {
            Job::Scan(pull) => pulls.contains(pull.as_str()),
            Job::Tag(tag) => tags.contains(tag.as_str()),
        });
        let is_due = |job: &Job| self.failed.get(job).is_none_or(|(_, again)| *again <= now);
        let mut images: Vec<(_, &str)> =
            running.iter().map(|it| (std::cmp::Reverse(it.exposure), it.pull.as_str())).collect();
        images.sort_unstable();
        let mut seen = BTreeSet::new();
        let images = images
            .into_iter()
            .map(|(_, pull)| pull)
            .filter(|pull| self.scanned.get(*pull) != Some(&database) && seen.insert(*pull))
            .map(|pull| Job::Scan(pull.to_owned()));
        let is_old = |tag: &&&str| {
            let Some(every) = tags_every else { return false };
            self.tags
                .get(**tag)
                .is_none_or(|at| at.saturating_add(every).is_ok_and(|next| next <= now))
        };
        let tags = tags.iter().filter(is_old).map(|tag| Job::Tag((*tag).to_owned()));
        images.chain(tags).filter(|job| is_due(job)).collect()
    }
}

/// The reference of a running image that may name something else tomorrow, where it is known what
/// runs.
fn tag(running: &Running) -> Option<&str> {
    let parsed: Reference = running.reference.parse().ok()?;
    let is_open = parsed.digest.is_none() && running.digest.is_some();
    is_open.then_some(running.reference.as_str())
}
