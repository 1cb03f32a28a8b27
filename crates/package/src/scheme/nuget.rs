//! NuGet: up to four numbers, then a pre-release as in SemVer whose case says nothing.
//!
//! The rules are those of NuGet's reference "Package versioning" and of NuGet.Client's
//! `NuGetVersion`: missing numbers are 0, the build (`+…`) says nothing.

use std::cmp::Ordering;

use super::semver::{prereleases, split_at_sign};
use super::{Side, both, numbers};

/// Numbers of a version: major, minor, patch, revision.
const NUMBERS: usize = 4;

struct Version<'a> {
    numbers: [&'a [u8]; NUMBERS],
    prerelease: &'a [u8],
}

pub(super) fn compare(one: &str, other: &str) -> Result<Ordering, Side> {
    let (one, other) = both(read, one, other)?;
    for (one, other) in one.numbers.iter().zip(other.numbers) {
        let order = numbers(one, other);
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(prereleases(one.prerelease, other.prerelease, words))
}

fn words(one: &[u8], other: &[u8]) -> Ordering {
    let lower = |text: &[u8]| text.iter().map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    lower(one).cmp(&lower(other))
}

fn read(text: &str) -> Option<Version<'_>> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text).as_bytes();
    let (text, _) = split_at_sign(text, b'+');
    let (core, prerelease) = split_at_sign(text, b'-');
    let mut numbers = [b"".as_slice(); NUMBERS];
    let mut places = numbers.iter_mut();
    for number in core.split(|byte| *byte == b'.') {
        if number.is_empty() || !number.iter().all(u8::is_ascii_digit) {
            return None;
        }
        *places.next()? = number;
    }
    Some(Version { numbers, prerelease })
}
