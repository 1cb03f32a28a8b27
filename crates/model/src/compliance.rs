//! What is said of a framework, item by item.

use crate::Severity;

/// How an item of a framework fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// A control found something.
    Fail,
    /// All that was found is accepted by exceptions.
    Accepted,
    /// Its controls found nothing, and they see a part of it only.
    Part,
    /// Its controls looked at everything that it concerns and found nothing.
    Pass,
    /// Nobody looked, or not at everything.
    NotAssessed,
}

impl Status {
    /// Every status, the one that needs attention first.
    pub const ALL: &[Self] =
        &[Self::Fail, Self::Accepted, Self::Part, Self::Pass, Self::NotAssessed];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Accepted => "accepted",
            Self::Part => "part",
            Self::Pass => "pass",
            Self::NotAssessed => "not assessed",
        }
    }
}

/// What a run says of a framework. Nothing that was not assessed counts as passed.
#[derive(Clone, Debug)]
pub struct Compliance {
    /// The framework's short name.
    pub name: &'static str,
    /// Its own name, with its version.
    pub title: &'static str,
    /// Where its items were taken from.
    pub source: &'static str,
    /// What is said of each item, in the framework's order.
    pub answers: Vec<Answer>,
}

impl Compliance {
    /// How many items fare so.
    pub fn count(&self, status: Status) -> usize {
        self.answers.iter().filter(|answer| answer.status == status).count()
    }
}

/// What is said of one item.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The section it stands in, as number and title.
    pub section: (&'static str, &'static str),
    /// The item's number in the framework.
    pub id: &'static str,
    /// What it asks for.
    pub title: &'static str,
    /// How it fares.
    pub status: Status,
    /// Why, on one line.
    pub reason: String,
    /// The controls that stand for it.
    pub controls: Vec<&'static str>,
    /// How many findings they have.
    pub findings: usize,
    /// The worst of these.
    pub worst: Option<Severity>,
    /// Where the worst few are.
    pub places: Vec<String>,
}
