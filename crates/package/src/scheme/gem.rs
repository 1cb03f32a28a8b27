//! RubyGems: numbers and words in turn; a word makes a pre-release.
//!
//! The rules are those of RubyGems' `lib/rubygems/version.rs`: a `-` is `.pre.`, zeros in front of
//! the first word and at the end say nothing, a missing part is 0, words stand before numbers.

use std::cmp::Ordering;

use super::{Side, both, numbers, split_while};

/// A number or a word.
#[derive(Clone, Copy)]
enum Segment<'a> {
    Number(&'a [u8]),
    Word(&'a [u8]),
}

const ZERO: Segment<'static> = Segment::Number(b"");

pub(super) fn compare(one: &str, other: &str) -> Result<Ordering, Side> {
    let (one, other) = both(read, one, other)?;
    let (mut lefts, mut rights) = (one.iter(), other.iter());
    loop {
        let (left, right) = (lefts.next(), rights.next());
        if left.is_none() && right.is_none() {
            return Ok(Ordering::Equal);
        }
        let order = match (left.unwrap_or(&ZERO), right.unwrap_or(&ZERO)) {
            (Segment::Number(left), Segment::Number(right)) => numbers(left, right),
            (Segment::Word(left), Segment::Word(right)) => left.cmp(right),
            (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
            (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
}

/// The segments, without the zeros that say nothing; none for what is no version.
fn read(text: &str) -> Option<Vec<Segment<'_>>> {
    let mut rest = text.trim_ascii().as_bytes();
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if !rest.iter().all(is_allowed) || rest.first().is_some_and(|first| !first.is_ascii_digit()) {
        return None;
    }
    let mut segments = Vec::new();
    let mut has_word = false;
    let mut push_word = |segments: &mut Vec<Segment<'_>>| {
        if !std::mem::replace(&mut has_word, true) {
            drop_zeros(segments);
        }
    };
    while let Some(first) = rest.first() {
        let (part, behind) = match first {
            b'0'..=b'9' => split_while(rest, |byte| byte.is_ascii_digit()),
            _ if first.is_ascii_alphabetic() => {
                split_while(rest, |byte| byte.is_ascii_alphabetic())
            }
            _ => rest.split_at(1),
        };
        rest = behind;
        match first {
            b'0'..=b'9' => segments.push(Segment::Number(part)),
            b'.' => {}
            b'-' => {
                push_word(&mut segments);
                segments.push(Segment::Word(b"pre"));
            }
            _ => {
                push_word(&mut segments);
                segments.push(Segment::Word(part));
            }
        }
    }
    drop_zeros(&mut segments);
    Some(segments)
}

fn drop_zeros(segments: &mut Vec<Segment<'_>>) {
    let is_zero = |segment: &Segment<'_>| match segment {
        Segment::Number(digits) => digits.iter().all(|digit| *digit == b'0'),
        Segment::Word(_) => false,
    };
    while segments.last().is_some_and(is_zero) {
        segments.pop();
    }
}
