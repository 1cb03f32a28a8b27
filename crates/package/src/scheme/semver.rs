//! npm, Go, crates.io, Hex, and pub: `major.minor.patch[-prerelease][+build]`.
//!
//! The rules are those of Semantic Versioning 2.0.0, section 11. What real versions do beside the
//! grammar is taken as the OSV tools take it: a leading `v`, missing numbers are 0, what follows a
//! third number and is neither pre-release nor build says nothing. pub (Dart's package
//! `pub_semver`) orders builds too, as identifiers, a version with one behind the same without.

use std::cmp::Ordering;

use super::{Side, both, numbers, split_while};

/// A version in slices.
struct Version<'a> {
    numbers: [&'a [u8]; 3],
    /// Without its `-`; empty where there is none.
    prerelease: &'a [u8],
    /// Without its `+`.
    build: &'a [u8],
}

pub(super) fn compare(one: &str, other: &str) -> Result<Ordering, Side> {
    let (one, other) = both(read, one, other)?;
    Ok(precedence(&one, &other))
}

pub(super) fn compare_pub(one: &str, other: &str) -> Result<Ordering, Side> {
    let (one, other) = both(read, one, other)?;
    Ok(precedence(&one, &other).then_with(|| match (one.build, other.build) {
        (b"", b"") => Ordering::Equal,
        (b"", _) => Ordering::Less,
        (_, b"") => Ordering::Greater,
        (one, other) => identifiers(one, other, <[u8]>::cmp),
    }))
}

fn precedence(one: &Version, other: &Version) -> Ordering {
    for (one, other) in one.numbers.iter().zip(other.numbers) {
        let order = numbers(one, other);
        if order.is_ne() {
            return order;
        }
    }
    prereleases(one.prerelease, other.prerelease, <[u8]>::cmp)
}

/// A version with a pre-release stands before the same without.
pub(super) fn prereleases(
    one: &[u8],
    other: &[u8],
    words: fn(&[u8], &[u8]) -> Ordering,
) -> Ordering {
    match (one, other) {
        (b"", b"") => Ordering::Equal,
        (b"", _) => Ordering::Greater,
        (_, b"") => Ordering::Less,
        (one, other) => identifiers(one, other, words),
    }
}

/// Identifiers between dots, in turn: numbers as numbers and before words, words by `words`, the
/// shorter list first.
fn identifiers(one: &[u8], other: &[u8], words: fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let mut lefts = one.split(|byte| *byte == b'.');
    let mut rights = other.split(|byte| *byte == b'.');
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => numbers(left, right),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => words(left, right),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn read(text: &str) -> Option<Version<'_>> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(['v', 'V', '=']).unwrap_or(text).as_bytes();
    let (text, build) = split_at_sign(text, b'+');
    let (core, prerelease) = split_at_sign(text, b'-');
    let mut numbers = [b"".as_slice(); 3];
    let mut rest = core;
    for (at, number) in numbers.iter_mut().enumerate() {
        let (digits, behind) = split_while(rest, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        *number = digits;
        rest = match behind.split_first() {
            None => break,
            Some((b'.', behind)) => behind,
            // A third number is the last: what follows says nothing.
            Some(_) if at == 2 => break,
            Some(_) => return None,
        };
    }
    Some(Version { numbers, prerelease, build })
}

/// Splits at the first such sign; without one, nothing stands behind it.
pub(super) fn split_at_sign(text: &[u8], sign: u8) -> (&[u8], &[u8]) {
    let (before, behind) = split_while(text, |byte| byte != sign);
    (before, behind.get(1..).unwrap_or_default())
}
