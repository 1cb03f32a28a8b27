//! rpm: `[epoch:]version[-release]`, of Red Hat, AlmaLinux, SUSE and their kin.
//!
//! The rules are those of rpm's `rpmio/rpmvercmp.c` (one part) and `rpmio/rpmver.c` (epoch,
//! version and release in turn). Every text has a place.

use std::cmp::Ordering;

use super::{numbers, split_while};

/// Epoch, version, and the release where there is one.
type Parts<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>);

pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let (one, other) = (split(one), split(other));
    let order = part(one.0, other.0).then_with(|| part(one.1, other.1));
    order.then_with(|| match (one.2, other.2) {
        (Some(one), Some(other)) => part(one, other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    })
}

/// Only digits make an epoch: the `a:` of `a:1` is part of the version.
fn split(text: &[u8]) -> Parts<'_> {
    let (digits, behind) = split_while(text, |byte| byte.is_ascii_digit());
    let (epoch, rest) = match behind.split_first() {
        Some((b':', rest)) if digits.is_empty() => (b"0".as_slice(), rest),
        Some((b':', rest)) => (digits, rest),
        _ => (b"0".as_slice(), text),
    };
    match rest.iter().rposition(|byte| *byte == b'-') {
        Some(dash) => {
            let (version, release) = rest.split_at(dash);
            (epoch, version, release.get(1..))
        }
        None => (epoch, rest, None),
    }
}

fn part(mut one: &[u8], mut other: &[u8]) -> Ordering {
    let is_separator = |byte: u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'~' | b'^');
    loop {
        one = split_while(one, is_separator).1;
        other = split_while(other, is_separator).1;
        let (first, second) = (sign(one), sign(other));
        if first != second {
            return first.cmp(&second);
        }
        match (first, one.first()) {
            (Sign::End, _) | (_, None) => return Ordering::Equal,
            (Sign::Tilde | Sign::Caret, _) => {
                one = one.get(1..).unwrap_or_default();
                other = other.get(1..).unwrap_or_default();
            }
            (Sign::Part, Some(first)) => {
                let is_number = first.is_ascii_digit();
                let is_same_sort =
                    |byte: u8| byte.is_ascii_alphanumeric() && byte.is_ascii_digit() == is_number;
                let (left, one_rest) = split_while(one, is_same_sort);
                let (right, other_rest) = split_while(other, is_same_sort);
                // A number is newer than a word.
                let order = match (right.is_empty(), is_number) {
                    (true, true) => Ordering::Greater,
                    (true, false) => Ordering::Less,
                    (false, true) => numbers(left, right),
                    (false, false) => left.cmp(right),
                };
                if order.is_ne() {
                    return order;
                }
                (one, other) = (one_rest, other_rest);
            }
        }
    }
}

/// What comes next: `~` stands before everything, even before the end, `^` behind the end and
/// before everything else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Tilde,
    End,
    Caret,
    Part,
}

fn sign(rest: &[u8]) -> Sign {
    match rest.first() {
        Some(b'~') => Sign::Tilde,
        None => Sign::End,
        Some(b'^') => Sign::Caret,
        Some(_) => Sign::Part,
    }
}
