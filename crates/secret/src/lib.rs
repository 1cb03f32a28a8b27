//! Is a text a credential? Pure functions over strings, cheap on ordinary text.
//!
//! Three questions, from certain to contextual: a token whose form gives it away ([`find`],
//! [`find_all`]), a value whose name says it is a credential ([`named`]), and both at once inside
//! a larger text such as an env file or a command line ([`assigned`]).
//!
//! Files are read by a [`Scanner`], piece by piece, in memory that does not grow with them.
//!
//! Forms (prefixes, lengths, alphabets) are facts the vendors publish. Each stands once, in
//! [`FAMILIES`], beside a page that says what is found and shows what is not. That nothing widely
//! known is missing is held against the default configuration of gitleaks (`config/gitleaks.toml`
//! at 009e025a), which is also the yardstick for placeholders and for the entropy of values that
//! only their name gives away.
#![warn(clippy::disallowed_methods)]

mod assignment;
mod check;
mod form;
mod key;
mod key_store;
mod kind;
mod login;
mod manifest;
mod name;
mod page;
mod refine;
mod rule;
mod rules;
mod scan;
mod stored;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod value;

pub use assignment::assigned;
pub use key_store::{KEY_STORE_HEAD_BYTES, begins_as_key_store, key_store};
pub use kind::SecretKind;
pub use name::{is_credential_name, named};
pub use page::{Example, Row, examples, family, row};
pub use rule::{Family, Named, Rule};
pub use rules::FAMILIES;
pub use stream::{Certainty, Found, Read, Scanner};

/// The most credentials reported of one text; what follows is not looked at.
pub const MATCHES_MAX: usize = 64;

/// A credential inside a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    /// What the credential is.
    pub kind: SecretKind,
    /// Byte offset of the secret part, on a character boundary.
    pub start: usize,
    /// Byte offset behind the secret part, on a character boundary.
    pub end: usize,
}

/// The first credential with a recognisable form in `text`, whatever its surroundings say.
pub fn find(text: &str) -> Option<Match> {
    scan::next(text.as_bytes(), 0).map(|(_, found)| found)
}

/// What a Secret's `data` holds: the text itself or what it says in Base64, with a recognisable
/// form.
pub fn find_encoded(text: &str) -> Option<SecretKind> {
    let plain = || value::decode_whole(text.as_bytes());
    let found = find(text).or_else(|| find(&plain()?));
    found.map(|found| found.kind)
}

/// All credentials with a recognisable form in `text`, in order, at most [`MATCHES_MAX`].
pub fn find_all(text: &str) -> Vec<Match> {
    let mut matches = Vec::new();
    let mut from = 0;
    while matches.len() < MATCHES_MAX
        && let Some((_, found)) = scan::next(text.as_bytes(), from)
    {
        from = found.end;
        matches.push(found);
    }
    matches
}
