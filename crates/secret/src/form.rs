//! The forms of credentials behind a needle.

use std::ops::Range;

use super::refine::refine;
use super::{Match, SecretKind, value};

/// What must stand behind, and sometimes before, a needle.
pub(super) enum Form {
    /// A run of one alphabet directly behind the needle, not longer and not shorter.
    Tail { alphabet: Alphabet, min: usize, max: usize },
    /// A run directly before the needle and one directly behind it.
    Around { before: Span, behind: Span },
    /// Runs and texts behind the needle, one after the other.
    Pieces(&'static [Piece]),
    /// Anything else: from the text and the position of the needle to the secret part.
    Custom(fn(&[u8], usize) -> Option<Range<usize>>),
}

/// A run: its alphabet, its shortest and its longest length in bytes.
pub(super) type Span = (Alphabet, usize, usize);

/// One part of a token of several.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    /// A run of an alphabet of so many bytes, at least and at most.
    Run(Alphabet, usize, usize),
    /// This text.
    Text(&'static str),
}

/// RFC 9562: 32 hexadecimal digits in five groups.
pub(super) const UUID: &[Piece] = &[
    Piece::Run(Alphabet::Hex, 8, 8),
    Piece::Text("-"),
    Piece::Run(Alphabet::Hex, 4, 4),
    Piece::Text("-"),
    Piece::Run(Alphabet::Hex, 4, 4),
    Piece::Text("-"),
    Piece::Run(Alphabet::Hex, 4, 4),
    Piece::Text("-"),
    Piece::Run(Alphabet::Hex, 12, 12),
];

/// The least entropy of a token, in bits per byte: below it are sketches.
pub(super) const ENTROPY_BITS_MIN: f64 = 3.0;

pub(super) const fn around(before: Span, behind: Span) -> Form {
    Form::Around { before, behind }
}

pub(super) const fn tail(alphabet: Alphabet, min: usize, max: usize) -> Form {
    Form::Tail { alphabet, min, max }
}

impl Form {
    /// The match of the needle that stands at `at`, if this form holds there.
    pub(super) fn check(
        &self,
        text: &[u8],
        at: usize,
        (kind, needle): (SecretKind, &str),
    ) -> Option<Match> {
        let behind = at + needle.len();
        let secret = match *self {
            Self::Tail { alphabet, min, max } => {
                if is_glued(text, at) {
                    return None;
                }
                let end = run(text, behind, alphabet, min, max)?;
                let start = if needle.ends_with('=') { behind } else { at };
                token(text, start, end, &text[behind..end])?
            }
            Self::Around { before: (alphabet, min, max), behind: (other, least, most) } => {
                let start = run_back(text, at, alphabet, min, max)?;
                let end = run(text, behind, other, least, most)?;
                if is_glued(text, start) {
                    return None;
                }
                token(text, start, end, &text[start..at])?
            }
            Self::Pieces(pieces) => {
                if is_glued(text, at) {
                    return None;
                }
                let end = pieces.iter().try_fold(behind, |at, piece| piece.end(text, at))?;
                token(text, at, end, &text[behind..end])?
            }
            Self::Custom(find) => find(text, at)?,
        };
        let kind = refine(kind, text, &secret);
        Some(Match { kind, start: secret.start, end: secret.end })
    }
}

impl Piece {
    /// The position behind this piece at `at`.
    fn end(self, text: &[u8], at: usize) -> Option<usize> {
        match self {
            Self::Run(alphabet, min, max) => run(text, at, alphabet, min, max),
            Self::Text(expected) => {
                text.get(at..)?.starts_with(expected.as_bytes()).then_some(at + expected.len())
            }
        }
    }
}

/// The token from `start` to `end`, if its varying part is random and no letter follows.
fn token(text: &[u8], start: usize, end: usize, varying: &[u8]) -> Option<Range<usize>> {
    let goes_on = text.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let is_sketch =
        value::is_filler(varying) || value::entropy(&text[start..end]) < ENTROPY_BITS_MIN;
    (!goes_on && !is_sketch).then_some(start..end)
}

/// The bytes a token may consist of.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    Digits,
    Letters,
    Hex,
    /// Upper case and 2 to 7, as in RFC 4648 section 6.
    Base32,
    Alphanumeric,
    /// Letters, digits and the underscore.
    Word,
    /// Base64 for URLs, RFC 4648 section 5, without padding.
    Url,
    /// The URL alphabet with dots, equals signs: structured tokens.
    Dotted,
    /// RFC 4648 section 4 with padding.
    Base64,
    /// Parts of a path: the URL alphabet with `/` and `@`.
    Path,
    /// Base64 in a query string, percent-encoded or not.
    Percent,
    /// Azure client secrets.
    Tilde,
    /// Upper-case letters and digits.
    Upper,
    /// Base64 of crypt(5): letters, digits, `.` and `/`.
    Crypt,
    /// Parameters of a hash in the modular crypt format: `m=65536,t=3,p=4`.
    Mcf,
    /// Whatever stands between quotes.
    Graphic,
}

impl Alphabet {
    pub(super) fn contains(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Crypt => byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'),
            Self::Mcf => byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b','),
            Self::Graphic => byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`'),
            Self::Digits => byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_alphabetic(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=')
            }
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'@'),
            Self::Percent => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'+' | b'/' | b'=')
            }
            Self::Tilde => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'.' | b'-')
            }
        }
    }
}

/// End of the run of `alphabet` from `from`, if it is `min` to `max` bytes long.
///
/// Looks at one byte more than `max`, so that no input makes it read far.
pub(super) fn run(
    text: &[u8],
    from: usize,
    alphabet: Alphabet,
    min: usize,
    max: usize,
) -> Option<usize> {
    let rest = text.get(from..)?;
    let length = rest.iter().take(max + 1).take_while(|byte| alphabet.contains(**byte)).count();
    (min..=max).contains(&length).then_some(from + length)
}

/// End of the Base64 from `from`, padding included, if it is `min` to `max` bytes long. No second
/// one begins within it: signs of padding end it, so that repetitions are walked once.
pub(super) fn base64_run(text: &[u8], from: usize, min: usize, max: usize) -> Option<usize> {
    let is_digit = |byte: &u8| Alphabet::Base64.contains(*byte) && *byte != b'=';
    let before = from.checked_sub(1).and_then(|before| text.get(before));
    if is_glued(text, from) || before.is_some_and(|byte| matches!(byte, b'+' | b'/')) {
        return None;
    }
    let rest = text.get(from..)?;
    let digits = rest.iter().take(max + 1).take_while(|byte| is_digit(byte)).count();
    let padding = rest[digits..].iter().take(2).take_while(|byte| **byte == b'=').count();
    (min..=max).contains(&(digits + padding)).then_some(from + digits + padding)
}

/// Beginning of the run of `alphabet` that ends before `until`, if it is `min` to `max` bytes long.
pub(super) fn run_back(
    text: &[u8],
    until: usize,
    alphabet: Alphabet,
    min: usize,
    max: usize,
) -> Option<usize> {
    let before = text.get(..until)?;
    let bytes = before.iter().rev().take(max + 1);
    let length = bytes.take_while(|byte| alphabet.contains(**byte)).count();
    (min..=max).contains(&length).then_some(until - length)
}

/// Whether a letter or digit stands right before `at`: then no token begins there, unless it is
/// that of a line break written out, `\n`.
pub(super) fn is_glued(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let is_escape = || {
        let backslash = at.checked_sub(2).and_then(|before| text.get(before));
        backslash == Some(&b'\\') && matches!(before, Some(b'n' | b'r' | b't'))
    };
    before.is_some_and(u8::is_ascii_alphanumeric) && !is_escape()
}
