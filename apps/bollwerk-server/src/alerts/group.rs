//! Changes of one kind into one message.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::Severity;

use super::message::{Change, Message, State, Subject};

/// What is told of one by one in a message.
const SUBJECTS_MAX: usize = 1_000;

/// Groups that wait at one time. Whatever comes in the meantime is told at once.
const GROUPS_MAX: usize = 10_000;

/// Cluster, control, and the owner or else the namespace.
type Key = (String, String, Option<String>, Option<String>);

struct Group {
    begun: Timestamp,
    changes: BTreeMap<String, Waiting>,
}

/// The last word on a subject, and whether the group knows where it began.
struct Waiting {
    first: State,
    state: State,
    severity: Severity,
    subject: Subject,
}

/// Gathers changes for a window of time.
pub struct Groups {
    window: Duration,
    waiting: BTreeMap<Key, Group>,
}

impl Groups {
    /// Changes are told this long after the first of their kind.
    pub fn new(window: Duration) -> Self {
        Self { window, waiting: BTreeMap::new() }
    }

    /// Takes in a change. What appears and is over within one window is not told at all, and what
    /// is over and returns is not told either.
    pub fn add(&mut self, change: Change) {
        let Change { what, cluster, control, severity, subject, owner, at } = change;
        let state = if what.is_end() { State::Resolved } else { State::Firing };
        let namespace = if owner.is_some() { None } else { subject.namespace.clone() };
        let group = self
            .waiting
            .entry((cluster, control, owner, namespace))
            .or_insert_with(|| Group { begun: at, changes: BTreeMap::new() });
        let key = subject.fingerprint.clone();
        let first = group.changes.get(&key).map_or(state, |it| it.first);
        group.changes.insert(key, Waiting { first, state, severity, subject });
    }

    /// When the next message is due.
    pub fn next(&self) -> Option<Timestamp> {
        let begun = self.waiting.values().map(|it| it.begun).min()?;
        begun.saturating_add(self.window).ok()
    }

    /// The messages that are due, in the order of their groups.
    pub fn due(&mut self, now: Timestamp) -> Vec<Message> {
        let is_crowded = self.waiting.len() > GROUPS_MAX;
        let is_due = |group: &Group| {
            let end = group.begun.saturating_add(self.window);
            // A clock that was put back must not make anybody wait for ever.
            is_crowded || group.begun > now || end.is_ok_and(|end| end <= now)
        };
        let due: Vec<Key> =
            self.waiting.iter().filter(|(_, it)| is_due(it)).map(|(key, _)| key.clone()).collect();
        let mut messages = Vec::new();
        for key in due {
            let Some(group) = self.waiting.remove(&key) else { continue };
            let mut by_state: BTreeMap<State, Vec<(Severity, Subject)>> = BTreeMap::new();
            for waiting in group.changes.into_values().filter(|it| it.first == it.state) {
                let subjects = by_state.entry(waiting.state).or_default();
                subjects.push((waiting.severity, waiting.subject));
            }
            let made = by_state.into_iter();
            messages.extend(made.map(|(state, all)| message(&key, group.begun, state, all)));
        }
        messages
    }
}

fn message(key: &Key, at: Timestamp, state: State, all: Vec<(Severity, Subject)>) -> Message {
    let (cluster, control, owner, namespace) = key.clone();
    let severity = all.iter().map(|(severity, _)| *severity).max().unwrap_or(Severity::Info);
    let mut subjects: Vec<Subject> = all.into_iter().map(|(_, subject)| subject).collect();
    subjects.sort();
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let at_text = at.to_string();
    let parts = [&cluster, &control, state.name(), &at_text];
    let of_subjects = subjects.iter().map(|it| it.fingerprint.as_str());
    for part in parts.into_iter().map(|it| it as &str).chain(of_subjects) {
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let id = digest.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let one = subjects.first().and_then(|it| it.namespace.clone());
    let is_one = subjects.iter().all(|it| it.namespace == one);
    let more = subjects.len().saturating_sub(SUBJECTS_MAX);
    subjects.truncate(SUBJECTS_MAX);
    let namespace = namespace.or(one.filter(|_| is_one));
    Message { id, state, cluster, control, severity, namespace, owner, at, subjects, more }
}
