//! What could not be read or decided, as a value.

use std::fmt;
use std::str::FromStr;

use crate::Location;

/// What kind of ignorance a gap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapKind {
    /// A file or folder that could not be opened or read.
    Unreadable,
    /// A path under which nothing was found to judge.
    Empty,
    /// A file that is no text: binary, or in another encoding than UTF-8.
    Encoding,
    /// A document that is no YAML or JSON.
    Syntax,
    /// A limit was reached: the rest was not read.
    Limit,
    /// A Kubernetes object without a field that makes it one (a name, a kind of text).
    NoObject,
    /// A field of another type than Kubernetes has there: the API server would refuse it.
    WrongType,
    /// The same key twice in one map: readers disagree on which one counts.
    DuplicateKey,
    /// A Helm chart, whose templates were not rendered.
    ChartNotRendered,
    /// A kustomization, which was not applied.
    KustomizationNotRendered,
    /// A link that leads back to a folder above it, or to nothing.
    Link,
    /// The answer depends on which of several objects of one name holds.
    Ambiguous,
    /// A version newer than this build knows: judged as the newest known.
    UnknownVersion,
    /// A value that has a meaning to Kubernetes, but is none it knows.
    InvalidValue,
    /// A record of a log that is about nothing in the input.
    Unattributed,
    /// A resource of a cluster that whoever asks may not list.
    Forbidden,
    /// An admission policy whose answer hangs on what is not in the input.
    NotEvaluated,
}

impl GapKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Unreadable,
        Self::Empty,
        Self::Encoding,
        Self::Syntax,
        Self::Limit,
        Self::NoObject,
        Self::WrongType,
        Self::DuplicateKey,
        Self::ChartNotRendered,
        Self::KustomizationNotRendered,
        Self::Link,
        Self::Ambiguous,
        Self::UnknownVersion,
        Self::InvalidValue,
        Self::Unattributed,
        Self::Forbidden,
        Self::NotEvaluated,
    ];

    /// Its stable name, as in reports and `--accept-gap`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Empty => "empty",
            Self::Encoding => "encoding",
            Self::Syntax => "syntax",
            Self::Limit => "limit",
            Self::NoObject => "no-object",
            Self::WrongType => "wrong-type",
            Self::DuplicateKey => "duplicate-key",
            Self::ChartNotRendered => "chart-not-rendered",
            Self::KustomizationNotRendered => "kustomization-not-rendered",
            Self::Link => "link",
            Self::Ambiguous => "ambiguous",
            Self::UnknownVersion => "unknown-version",
            Self::InvalidValue => "invalid-value",
            Self::Unattributed => "unattributed",
            Self::Forbidden => "forbidden",
            Self::NotEvaluated => "not-evaluated",
        }
    }
}

impl fmt::Display for GapKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for GapKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            format!("`{text}` is no kind of gap; there are {}", names.join(", "))
        })
    }
}

/// Something that could not be read or decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What kind of ignorance it is.
    pub kind: GapKind,
    /// The file, object or folder it concerns, for people.
    pub subject: String,
    /// Where, if it has a place in a file.
    pub location: Option<Location>,
    /// Why, as a lower-case fragment.
    pub reason: String,
}
