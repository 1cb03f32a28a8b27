//! `semver()` (github.com/blang/semver/v4, with Kubernetes' normalisation).

use std::cmp::Ordering;
use std::fmt;

use crate::error::Error;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Semver {
    pub(crate) numbers: [u64; 3],
    before: Vec<Part>,
    build: Vec<Box<str>>,
}

/// A part of a pre-release.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Number(u64),
    Text(Box<str>),
}

impl Semver {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::new("Version string empty"));
        }
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, rest] = &parts[..] else {
            return Err(Error::new("No Major.Minor.Patch elements found"));
        };
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (*rest, None),
        };
        let (patch, before) = match rest.split_once('-') {
            Some((patch, before)) => (patch, Some(before)),
            None => (rest, None),
        };
        let numbers = [number("Major", major)?, number("Minor", minor)?, number("Patch", patch)?];
        let mut version = Self { numbers, before: Vec::new(), build: Vec::new() };
        for part in before.into_iter().flat_map(|before| before.split('.')) {
            version.before.push(pre_release(part)?);
        }
        for part in build.into_iter().flat_map(|build| build.split('.')) {
            if part.is_empty() {
                return Err(Error::new("Build meta data is empty"));
            }
            if !part.bytes().all(is_word) {
                let reason = format!("Invalid character(s) found in build meta data {part:?}");
                return Err(Error::new(reason));
            }
            version.build.push(part.into());
        }
        Ok(version)
    }

    /// Reads `v1`, `1.2`, `01.2.3` too.
    pub(crate) fn parse_normalized(text: &str) -> Result<Self, Error> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 {
            if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
                let reason = "short version cannot contain PreRelease/Build meta data";
                return Err(Error::new(reason));
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.before.is_empty(), other.before.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.order_before(other),
            }
        })
    }

    fn order_before(&self, other: &Self) -> Ordering {
        let pairs = self.before.iter().zip(&other.before);
        let mut orders = pairs.map(|(one, two)| match (one, two) {
            (Part::Number(one), Part::Number(two)) => one.cmp(two),
            (Part::Number(_), Part::Text(_)) => Ordering::Less,
            (Part::Text(_), Part::Number(_)) => Ordering::Greater,
            (Part::Text(one), Part::Text(two)) => one.cmp(two),
        });
        orders
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.before.len().cmp(&other.before.len()))
    }
}

fn without_zeros(part: &str) -> String {
    if part.len() <= 1 {
        return part.to_owned();
    }
    let bare = part.trim_start_matches('0');
    if bare.starts_with(|first: char| first.is_ascii_digit()) {
        bare.to_owned()
    } else {
        format!("0{bare}")
    }
}

fn number(name: &str, text: &str) -> Result<u64, Error> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let reason =
            format!("Invalid character(s) found in {} number {text:?}", name.to_lowercase());
        return Err(Error::new(reason));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(Error::new(format!("{name} number must not contain leading zeroes {text:?}")));
    }
    let reason = || format!("strconv.ParseUint: parsing {text:?}: value out of range");
    text.parse().map_err(|_| Error::new(reason()))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn pre_release(part: &str) -> Result<Part, Error> {
    if part.is_empty() {
        return Err(Error::new("Prerelease is empty"));
    }
    if part.bytes().all(|byte| byte.is_ascii_digit()) {
        if part.len() > 1 && part.starts_with('0') {
            let reason =
                format!("Numeric PreRelease version must not contain leading zeroes {part:?}");
            return Err(Error::new(reason));
        }
        return part.parse().map(Part::Number).map_err(|_| Error::new("value out of range"));
    }
    if !part.bytes().all(is_word) {
        return Err(Error::new(format!("Invalid character(s) found in prerelease {part:?}")));
    }
    Ok(Part::Text(part.into()))
}

impl fmt::Display for Semver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        for (index, part) in self.before.iter().enumerate() {
            formatter.write_str(if index == 0 { "-" } else { "." })?;
            match part {
                Part::Number(number) => write!(formatter, "{number}")?,
                Part::Text(text) => formatter.write_str(text)?,
            }
        }
        for (index, part) in self.build.iter().enumerate() {
            write!(formatter, "{}{part}", if index == 0 { "+" } else { "." })?;
        }
        Ok(())
    }
}
