//! Alpine, Wolfi and Chainguard: `number{.number}{letter}{_suffix{number}}{~hash}{-r#}`.
//!
//! The rules are those of apk-tools 2 (`src/version.c`), which Alpine installed with to release
//! 3.22, but that numbers are of any length. apk-tools 3 compares numbers with zeros in front as
//! texts, which is the same for all but numbers that are only zeros (`1.0` and `1.00`). Every text
//! has a place: of two that are equal so far, the one that goes on with what is not valid is the
//! older, as in apk-tools 3.

use std::cmp::{Ordering, Reverse};

use super::{split_while, without_zeros};

/// What stands before a version without a suffix, and what behind, each in its order.
const SUFFIXES_BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
const SUFFIXES_BEHIND: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];

/// What comes next in a version. Of two versions that are equal so far, the one whose next part
/// stands lower in this list is the newer one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A number behind a dot: zeros in front count.
    Fraction,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Revision,
    End,
    Invalid,
}

/// The value of a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    /// Below zero by so much.
    Below(Reverse<usize>),
    /// How many bytes, and these: digits without zeros in front, or a letter.
    Number(usize, &'a [u8]),
}

struct Reader<'a> {
    rest: &'a [u8],
    next: Next,
}

pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let mut one = Reader { rest: one, next: Next::Number };
    let mut other = Reader { rest: other, next: Next::Number };
    loop {
        let order = one.value().cmp(&other.value());
        if order.is_ne() {
            return order;
        }
        if one.next != other.next {
            break;
        }
        if matches!(one.next, Next::End | Next::Invalid) {
            return Ordering::Equal;
        }
    }
    // Equal so far: the one that goes on is newer, unless it goes on with a suffix that stands
    // before.
    let next = (one.next, other.next);
    if next.0 == Next::Suffix && matches!(one.value(), Value::Below(_)) {
        return Ordering::Less;
    }
    if next.1 == Next::Suffix && matches!(other.value(), Value::Below(_)) {
        return Ordering::Greater;
    }
    other.next_valid().cmp(&one.next_valid())
}

impl<'a> Reader<'a> {
    /// The value of the next part; behind it stands what comes then.
    fn value(&mut self) -> Value<'a> {
        if self.rest.is_empty() {
            self.next = Next::End;
            return Value::Number(0, b"");
        }
        let (value, rest) = match self.next {
            Next::Fraction if self.rest.starts_with(b"0") => {
                let (zeros, rest) = split_while(self.rest, |byte| byte == b'0');
                self.rest = rest;
                self.next = if rest.is_empty() { Next::End } else { Next::Number };
                return Value::Below(Reverse(zeros.len()));
            }
            Next::Fraction | Next::Number | Next::SuffixNumber | Next::Revision => {
                let (digits, rest) = split_while(self.rest, |byte| byte.is_ascii_digit());
                (Value::number(digits), rest)
            }
            Next::Letter => {
                let (letter, rest) = self.rest.split_at(1);
                (Value::Number(1, letter), rest)
            }
            Next::Suffix => match suffix(self.rest) {
                Some(found) => found,
                None => return self.invalid(),
            },
            Next::Invalid | Next::End => return self.invalid(),
        };
        self.rest = rest;
        self.advance();
        value
    }

    /// What comes next, but that a sign for a number which none follows is not valid.
    fn next_valid(&self) -> Next {
        match self.next {
            Next::Fraction | Next::Revision
                if self.rest.first().is_some_and(|first| !first.is_ascii_digit()) =>
            {
                Next::Invalid
            }
            next => next,
        }
    }

    fn invalid(&mut self) -> Value<'a> {
        self.next = Next::Invalid;
        Value::Below(Reverse(1))
    }

    /// Tells what comes next, and steps over the sign that says so.
    fn advance(&mut self) {
        let Some((first, behind)) = self.rest.split_first() else {
            self.next = Next::End;
            return;
        };
        let (before, is_digit) = (self.next, first.is_ascii_digit());
        let (next, rest) = match (before, first) {
            (Next::Number | Next::Fraction, b'a'..=b'z') => (Next::Letter, self.rest),
            (Next::Letter, _) if is_digit => (Next::Number, self.rest),
            (Next::Suffix, _) if is_digit => (Next::SuffixNumber, self.rest),
            (_, b'.') => (Next::Fraction, behind),
            (_, b'_') => (Next::Suffix, behind),
            (_, b'-') => match behind.split_first() {
                Some((b'r', behind)) => (Next::Revision, behind),
                _ => (Next::Invalid, behind),
            },
            _ => (Next::Invalid, behind),
        };
        let may_go_back = matches!(
            (next, before),
            (Next::Fraction, Next::Number)
                | (Next::Suffix, Next::SuffixNumber)
                | (Next::Number, Next::Letter)
        );
        self.next = if next < before && !may_go_back { Next::Invalid } else { next };
        self.rest = rest;
    }
}

impl<'a> Value<'a> {
    fn number(digits: &'a [u8]) -> Self {
        let digits = without_zeros(digits);
        Self::Number(digits.len(), digits)
    }
}

fn suffix(rest: &[u8]) -> Option<(Value<'_>, &[u8])> {
    const PLACES: &[u8] = &[1, 2, 3, 4, 5];
    for (at, name) in SUFFIXES_BEFORE.iter().enumerate() {
        if let Some(rest) = rest.strip_prefix(*name) {
            return Some((Value::Below(Reverse(SUFFIXES_BEFORE.len() - at)), rest));
        }
    }
    for (name, place) in SUFFIXES_BEHIND.iter().zip(PLACES.chunks(1)) {
        if let Some(rest) = rest.strip_prefix(*name) {
            return Some((Value::Number(1, place), rest));
        }
    }
    None
}
