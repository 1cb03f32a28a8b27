//! Findings as they are stored.

use jiff::Timestamp;
use model::Severity;

use crate::StoreError;

/// Whether a finding still has to be acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It is there.
    Open,
    /// It is there, and an exception says why.
    Excepted,
    /// The last assessment that could see it did not find it.
    Fixed,
}

impl State {
    /// Every state.
    pub const ALL: &[Self] = &[Self::Open, Self::Excepted, Self::Fixed];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Excepted => "excepted",
            Self::Fixed => "fixed",
        }
    }

    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn of(number: i64) -> Result<Self, StoreError> {
        let found = Self::ALL.iter().find(|state| state.number() == number);
        found.copied().ok_or_else(|| StoreError::Corrupt(format!("{number} is no state")))
    }
}

/// A finding as an assessment tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// What tells it apart, the cluster included: `model::Fingerprint`'s text.
    pub fingerprint: String,
    /// The control's name.
    pub control: String,
    /// The control's id.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// The object's API group; empty for the core group.
    pub group: String,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace; none where its kind has none.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// The field.
    pub path: String,
    /// What is wrong, on one line.
    pub message: String,
    /// Who answers for the object, if known.
    pub owner: Option<String>,
    /// Why it is excepted; none when it is not.
    pub exception: Option<String>,
    /// The finding as the report's JSON tells it.
    pub detail: String,
}

/// A finding as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The cluster.
    pub cluster: String,
    /// What tells it apart.
    pub fingerprint: String,
    /// The control's name.
    pub control: String,
    /// The control's id.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// The object's API group; empty for the core group.
    pub group: String,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace; none where its kind has none.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// The field.
    pub path: String,
    /// What is wrong, on one line.
    pub message: String,
    /// Who answers for the object, if known.
    pub owner: Option<String>,
    /// Why it is excepted; none when it is not.
    pub exception: Option<String>,
    /// The finding as the report's JSON tells it.
    pub detail: String,
    /// Whether it still has to be acted on.
    pub state: State,
    /// When it was first found.
    pub first_seen: Timestamp,
    /// When its state or its words last changed.
    pub changed_at: Timestamp,
    /// Since when it is fixed.
    pub fixed_at: Option<Timestamp>,
    /// What brought its last change, if known.
    pub cause: Option<String>,
}

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// It was found for the first time.
    Appeared,
    /// It had been fixed or excepted and is open again.
    Returned,
    /// It is gone.
    Fixed,
    /// An exception covers it from now on.
    Excepted,
    /// Its severity, its words or its owner changed.
    Changed,
}

impl What {
    /// Everything that may happen.
    pub const ALL: &[Self] =
        &[Self::Appeared, Self::Returned, Self::Fixed, Self::Excepted, Self::Changed];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Returned => "returned",
            Self::Fixed => "fixed",
            Self::Excepted => "excepted",
            Self::Changed => "changed",
        }
    }

    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn of(number: i64) -> Result<Self, StoreError> {
        let found = Self::ALL.iter().find(|what| what.number() == number);
        found.copied().ok_or_else(|| StoreError::Corrupt(format!("{number} is no event")))
    }
}

/// Something that happened to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Its number; later ones are higher.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The cluster.
    pub cluster: String,
    /// The finding.
    pub fingerprint: String,
    /// Its control's name.
    pub control: String,
    /// How bad it was then.
    pub severity: Severity,
    /// The object's API group.
    pub group: String,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace; none where its kind has none.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// What brought it, if known.
    pub cause: Option<String>,
}

pub(crate) fn severity_number(severity: Severity) -> i64 {
    severity as i64
}

pub(crate) fn severity_of(number: i64) -> Result<Severity, StoreError> {
    let found = Severity::ALL.iter().find(|severity| severity_number(**severity) == number);
    found.copied().ok_or_else(|| StoreError::Corrupt(format!("{number} is no severity")))
}

/// The namespace a scope's text tells.
pub(crate) fn namespace_of(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
