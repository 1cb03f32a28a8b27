//! What a vendor says about a vulnerability in one of its packages.

/// The vendor's word. The order is by how much a user can do: the first has a fix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Status {
    /// There is a fix, in the version that is told.
    Fixed,
    /// Vulnerable, and no fix is told.
    #[default]
    Affected,
    /// The vendor looks into it.
    UnderInvestigation,
    /// A fix is meant to come, later.
    FixDeferred,
    /// The vendor has decided against a fix.
    WillNotFix,
    /// The release gets no fixes any more.
    EndOfLife,
    /// Not vulnerable: the code is not there, or cannot be reached.
    NotAffected,
}

impl Status {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Fixed,
        Self::Affected,
        Self::UnderInvestigation,
        Self::FixDeferred,
        Self::WillNotFix,
        Self::EndOfLife,
        Self::NotAffected,
    ];

    /// Its name in outputs and policies: `will_not_fix`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Affected => "affected",
            Self::UnderInvestigation => "under_investigation",
            Self::FixDeferred => "fix_deferred",
            Self::WillNotFix => "will_not_fix",
            Self::EndOfLife => "end_of_life",
            Self::NotAffected => "not_affected",
        }
    }

    pub(crate) fn of_place(place: u8) -> Option<Self> {
        Self::ALL.get(usize::from(place)).copied()
    }
}

/// What an advisory is, that tells of no vulnerability (the RustSec schema's `informational`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Informational {
    /// Nobody looks after the package any more.
    Unmaintained,
    /// The package breaks memory safety when it is used in a certain way.
    Unsound,
    /// Anything else worth knowing.
    Notice,
}

impl Informational {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Unmaintained, Self::Unsound, Self::Notice];

    /// Its name in advisories.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unmaintained => "unmaintained",
            Self::Unsound => "unsound",
            Self::Notice => "notice",
        }
    }
}
