//! CRAN and Hackage: numbers in turn, of which the longer list is the newer.
//!
//! The rules are those of R's `package_version` (numbers between `.` and `-`, all the same) and of
//! Haskell's `Data.Version` (numbers between dots; the deprecated tags behind a `-` say nothing).

use std::cmp::Ordering;

use super::{Side, both, numbers};

pub(super) fn compare_cran(one: &str, other: &str) -> Result<Ordering, Side> {
    let is_separator = |byte: u8| matches!(byte, b'.' | b'-');
    let (one, other) = both(|text| checked(text.trim_ascii(), is_separator), one, other)?;
    Ok(compare(one, other, is_separator))
}

pub(super) fn compare_hackage(one: &str, other: &str) -> Result<Ordering, Side> {
    let is_separator = |byte: u8| byte == b'.';
    let without_tags = |text: &str| text.trim_ascii().split('-').next().unwrap_or_default().len();
    let read = |text| {
        let text: &str = str::trim_ascii(text);
        checked(text.get(..without_tags(text))?, is_separator)
    };
    let (one, other) = both(read, one, other)?;
    Ok(compare(one, other, is_separator))
}

/// The bytes, if they are numbers and nothing else.
fn checked(text: &str, is_separator: impl Fn(u8) -> bool) -> Option<&[u8]> {
    let mut parts = text.as_bytes().split(|byte| is_separator(*byte));
    let are_numbers = parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
    are_numbers.then_some(text.as_bytes())
}

fn compare(one: &[u8], other: &[u8], is_separator: impl Fn(u8) -> bool) -> Ordering {
    let mut lefts = one.split(|byte| is_separator(*byte));
    let mut rights = other.split(|byte| is_separator(*byte));
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => numbers(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}
