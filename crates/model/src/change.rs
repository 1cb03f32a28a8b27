//! What differs between two snapshots, for people who review a change.

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Something that answers depend on differs.
    Changed,
}

impl ChangeKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The object: kind, namespace and name.
    pub object: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The file it stands in: in the new snapshot, or the old one when it is gone.
    pub file: String,
    /// What differs, if it changed: a pod's effective settings, another object's fields.
    pub settings: Vec<SettingChange>,
    /// Differences beyond those listed.
    pub more: usize,
}

/// A setting that differs. Credentials are never told, only that they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// Which: `container web: user`, `spec.type`.
    pub name: String,
    /// What it was; none if it was not there.
    pub old: Option<String>,
    /// What it is; none if it is not there.
    pub new: Option<String>,
}
