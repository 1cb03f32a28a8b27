//! What a rule is: data beside its page.

use super::SecretKind;
use super::form::{Alphabet, ENTROPY_BITS_MIN, Form};
use super::value;

/// Rules of one vendor or of one purpose, with the page that says what each finds.
pub struct Family {
    /// The name of its page.
    pub id: &'static str,
    /// What its rules find, what to do, and texts that are found and that are not, in Markdown.
    pub page: &'static str,
    /// Rules for tokens whose form gives them away.
    pub rules: &'static [Rule],
    /// Rules for values that the name beside them gives away.
    pub named: &'static [Named],
}

/// A text that announces a credential and the form of what follows.
pub struct Rule {
    /// Names what it finds; stable.
    pub id: &'static str,
    /// What it finds, as far as manifests tell credentials apart.
    pub kind: SecretKind,
    /// The literal every credential of this form contains, at least three bytes; `#` stands for a
    /// hexadecimal digit and only at the first or last place.
    pub(super) needle: &'static str,
    pub(super) form: Form,
    /// Whether the token carries proof that a vendor made it.
    pub(super) proof: Option<fn(&[u8]) -> bool>,
}

pub(super) const fn rule(
    id: &'static str,
    kind: SecretKind,
    needle: &'static str,
    form: Form,
) -> Rule {
    Rule { id, kind, needle, form, proof: None }
}

impl Rule {
    pub(super) const fn checked(mut self, proof: fn(&[u8]) -> bool) -> Self {
        self.proof = Some(proof);
        self
    }

    /// Whether the needle stands at the beginning of `text`.
    pub(super) fn needle_begins(&self, text: &[u8]) -> bool {
        text.len() >= self.needle.len()
            && self.needle.bytes().zip(text).all(|(expected, seen)| match expected {
                ANY_HEX => seen.is_ascii_hexdigit(),
                _ => expected == *seen,
            })
    }
}

/// Stands for any hexadecimal digit in a needle.
pub(super) const ANY_HEX: u8 = b'#';

/// A word in a name and the shape of the value beside it.
pub struct Named {
    /// Names what it finds; stable.
    pub id: &'static str,
    /// Words of which the name holds one, in lower case.
    pub(super) words: &'static [&'static str],
    pub(super) shape: Shape,
}

pub(super) const fn named(id: &'static str, words: &'static [&'static str], shape: Shape) -> Named {
    Named { id, words, shape }
}

/// What a value looks like that has no mark of its own.
pub(super) enum Shape {
    /// So many bytes of an alphabet, at least and at most.
    Run(Alphabet, usize, usize),
    /// RFC 9562.
    Uuid,
}

impl Shape {
    /// Whether the value has this shape and is random.
    pub(super) fn fits(&self, text: &[u8]) -> bool {
        let has_shape = match *self {
            Self::Run(alphabet, min, max) => {
                (min..=max).contains(&text.len())
                    && text.iter().all(|byte| alphabet.contains(*byte))
            }
            Self::Uuid => {
                text.len() == 36
                    && text.iter().enumerate().all(|(at, byte)| match at {
                        8 | 13 | 18 | 23 => *byte == b'-',
                        _ => byte.is_ascii_hexdigit(),
                    })
            }
        };
        has_shape
            && text.iter().any(u8::is_ascii_digit)
            && value::entropy(text) >= ENTROPY_BITS_MIN
            && !value::is_filler(text)
    }
}
