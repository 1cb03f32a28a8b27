//! Debian and Ubuntu: `[epoch:]upstream[-revision]`.
//!
//! The rules are those of the Debian Policy Manual 5.6.12 and of dpkg's `lib/dpkg/version.c` (the
//! order) and `lib/dpkg/parsehelp.c` (what is refused).

use std::cmp::Ordering;

use super::{Side, both, numbers, split_while};

/// The largest epoch dpkg takes.
const EPOCH_MAX: u32 = i32::MAX as u32;

struct Version<'a> {
    epoch: u32,
    upstream: &'a [u8],
    revision: &'a [u8],
}

pub(super) fn compare(one: &str, other: &str) -> Result<Ordering, Side> {
    let (one, other) = both(read, one, other)?;
    let order = one.epoch.cmp(&other.epoch);
    let order = order.then_with(|| part(one.upstream, other.upstream));
    Ok(order.then_with(|| part(one.revision, other.revision)))
}

fn read(text: &str) -> Option<Version<'_>> {
    let text = text.trim_ascii();
    if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (read_epoch(epoch)?, rest),
        None => (0, text),
    };
    let (upstream, revision) = match rest.rsplit_once('-') {
        Some((_, "")) => return None,
        Some((upstream, revision)) => (upstream, revision),
        None => (rest, ""),
    };
    if upstream.is_empty() {
        return None;
    }
    Some(Version { epoch, upstream: upstream.as_bytes(), revision: revision.as_bytes() })
}

/// A number to `EPOCH_MAX`. dpkg reads it as C does: a sign in front is taken, and `-0` is 0.
fn read_epoch(text: &str) -> Option<u32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let epoch: u32 = digits.parse().ok().filter(|_| is_number)?;
    let is_negative = epoch > 0 && text.starts_with('-');
    (epoch <= EPOCH_MAX && !is_negative).then_some(epoch)
}

/// Text and digits in turn: text by dpkg's own alphabet, digits as numbers.
fn part(mut one: &[u8], mut other: &[u8]) -> Ordering {
    loop {
        loop {
            let (left, right) = (one.first(), other.first());
            let is_text = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_digit());
            if !is_text(left) && !is_text(right) {
                break;
            }
            let order = rank(left).cmp(&rank(right));
            if order.is_ne() {
                return order;
            }
            one = one.get(1..).unwrap_or_default();
            other = other.get(1..).unwrap_or_default();
        }
        let (left, one_rest) = split_while(one, |byte| byte.is_ascii_digit());
        let (right, other_rest) = split_while(other, |byte| byte.is_ascii_digit());
        let order = numbers(left, right);
        if order.is_ne() || one_rest.is_empty() && other_rest.is_empty() {
            return order;
        }
        (one, other) = (one_rest, other_rest);
    }
}

/// `~` before the end, the end and digits before letters, letters before all else.
fn rank(byte: Option<&u8>) -> i32 {
    match byte {
        None => 0,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}
