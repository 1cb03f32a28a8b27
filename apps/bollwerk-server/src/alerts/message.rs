//! What has changed, and what is told of it.

use jiff::Timestamp;
use model::Severity;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A finding that was not there.
    Appeared,
    /// A finding that was fixed and is there again.
    Returned,
    /// A finding that is there no more.
    Fixed,
    /// Something that cannot be seen or decided any more.
    Blind,
    /// What could not be seen is seen again.
    Seen,
}

impl What {
    /// Whether something is over by it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Fixed | Self::Seen)
    }
}

/// One change, of a finding, a gap or a vulnerability that has to be acted on.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What has happened.
    pub what: What,
    /// The cluster's name.
    pub cluster: String,
    /// The control, the kind of gap, or the vulnerability.
    pub control: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it was seen.
    pub at: Timestamp,
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The finding's fingerprint, or whatever else tells it from all others.
    pub fingerprint: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What is wrong, on one line.
    pub message: String,
}

/// Whether something began or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is there.
    Firing,
    /// It is over.
    Resolved,
}

impl State {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// Changes of one kind that somebody is told of at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Tells it from all others; the same where it is made again from the same changes.
    pub id: String,
    /// Whether it began or is over.
    pub state: State,
    /// The cluster.
    pub cluster: String,
    /// The control, the kind of gap, or the vulnerability.
    pub control: String,
    /// The worst of it.
    pub severity: Severity,
    /// The namespace, where all of it is in one.
    pub namespace: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When the first of it was seen.
    pub at: Timestamp,
    /// What it is about, sorted.
    pub subjects: Vec<Subject>,
    /// How many more there are.
    pub more: usize,
}

impl Message {
    /// One line that says it all.
    pub fn title(&self) -> String {
        let count = self.subjects.len() + self.more;
        let what = match (self.state, &self.subjects[..]) {
            (State::Resolved, [only]) => format!("over: {} {}", only.kind, only.name),
            (State::Firing, [only]) => format!("{} {}", only.kind, only.name),
            (State::Resolved, _) => format!("over for {count} objects"),
            (State::Firing, _) => format!("{count} objects"),
        };
        let place = match (&self.namespace, &self.owner) {
            (Some(namespace), _) => format!(" in {namespace}"),
            (None, Some(owner)) => format!(" of {owner}"),
            (None, None) => String::new(),
        };
        plain(&format!("{} [{}] {what}{place} ({})", self.control, self.severity, self.cluster))
    }
}

/// Characters of a text that others wrote, in a message.
const CHARS_MAX: usize = 500;

/// A text that others wrote, on one line, without what steers a display, and not without end.
pub(super) fn plain(text: &str) -> String {
    let shown = report::harmless(text);
    match shown.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}
