//! Whether a text is a credential.

/// What a credential is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SecretKind {
    /// Named so by its key.
    Password,
}

impl SecretKind {
    /// Stable name.
    pub fn name(self) -> &'static str {
        "password"
    }
}

/// The secret part inside a text.
pub struct Match {
    /// What it is.
    pub kind: SecretKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Looks only at the text itself.
pub fn find(_text: &str) -> Option<Match> {
    None
}

/// A value whose name says it is a credential.
pub fn named(_name: &str, _value: &str) -> Option<Match> {
    None
}

/// Assignments inside a larger text.
pub fn assigned(_text: &str) -> Vec<Match> {
    Vec::new()
}
