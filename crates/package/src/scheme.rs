//! In which order versions stand, one file per package manager.

mod apk;
mod composer;
mod dotted;
mod dpkg;
mod gem;
mod maven;
mod nuget;
mod pep440;
mod rpm;
mod semver;

use std::cmp::Ordering;
use std::fmt;

/// The order of one package manager.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// Alpine, Wolfi, Chainguard.
    Apk,
    /// Packagist.
    Composer,
    /// R.
    Cran,
    /// Debian, Ubuntu.
    Dpkg,
    /// RubyGems.
    Gem,
    /// Haskell.
    Hackage,
    /// Maven.
    Maven,
    /// NuGet.
    Nuget,
    /// PyPI.
    Pep440,
    /// Dart.
    Pub,
    /// Red Hat, SUSE and their kin.
    Rpm,
    /// npm, Go, crates.io, Hex and all who say they keep SemVer.
    Semver,
}

/// A text the scheme has no place for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAVersion {
    /// The scheme that was asked.
    pub scheme: Scheme,
    /// The text, as it was given.
    pub version: String,
}

impl fmt::Display for NotAVersion {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "`{}` is no version of {}", self.version, self.scheme.name())
    }
}

impl std::error::Error for NotAVersion {}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Apk,
        Self::Composer,
        Self::Cran,
        Self::Dpkg,
        Self::Gem,
        Self::Hackage,
        Self::Maven,
        Self::Nuget,
        Self::Pep440,
        Self::Pub,
        Self::Rpm,
        Self::Semver,
    ];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apk => "apk",
            Self::Composer => "Composer",
            Self::Cran => "CRAN",
            Self::Dpkg => "dpkg",
            Self::Gem => "RubyGems",
            Self::Hackage => "Hackage",
            Self::Maven => "Maven",
            Self::Nuget => "NuGet",
            Self::Pep440 => "PEP 440",
            Self::Pub => "pub",
            Self::Rpm => "rpm",
            Self::Semver => "SemVer",
        }
    }

    /// Which of two versions is the newer one. Takes time linear in their length.
    ///
    /// An error where the package manager itself would refuse one of them: the answer would be a
    /// guess. apk, Composer, Maven, PEP 440 (with its older order for older versions) and rpm
    /// order every text.
    pub fn compare(self, one: &str, other: &str) -> Result<Ordering, NotAVersion> {
        let order = match self {
            Self::Apk => Ok(apk::compare(one.as_bytes(), other.as_bytes())),
            Self::Rpm => Ok(rpm::compare(one.as_bytes(), other.as_bytes())),
            Self::Dpkg => dpkg::compare(one, other),
            Self::Composer => Ok(composer::compare(one, other)),
            Self::Cran => dotted::compare_cran(one, other),
            Self::Gem => gem::compare(one, other),
            Self::Hackage => dotted::compare_hackage(one, other),
            Self::Maven => Ok(maven::compare(one, other)),
            Self::Nuget => nuget::compare(one, other),
            Self::Pep440 => Ok(pep440::compare(one, other)),
            Self::Pub => semver::compare_pub(one, other),
            Self::Semver => semver::compare(one, other),
        };
        order.map_err(|side| {
            let version = if side == Side::One { one } else { other }.to_owned();
            NotAVersion { scheme: self, version }
        })
    }
}

/// Which of two versions is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    One,
    Other,
}

/// Reads both versions by the same rule.
fn both<'a, T>(
    read: impl Fn(&'a str) -> Option<T>,
    one: &'a str,
    other: &'a str,
) -> Result<(T, T), Side> {
    Ok((read(one).ok_or(Side::One)?, read(other).ok_or(Side::Other)?))
}

/// Compares numbers of any length, in digits.
fn numbers(one: &[u8], other: &[u8]) -> Ordering {
    let (one, other) = (without_zeros(one), without_zeros(other));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Digits without the zeros in front; none are left of `0`.
fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

/// Splits behind the bytes at the start that are so.
fn split_while(bytes: &[u8], is_so: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !is_so(*byte)).unwrap_or(bytes.len());
    bytes.split_at(end)
}
