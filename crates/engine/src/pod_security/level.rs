//! Levels and versions of the Pod Security Standards.
//!
//! Source: `api/helpers.go` and `api/constants.go` of `k8s.io/pod-security-admission`.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// How much a pod may do; later levels are stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Everything is allowed.
    Privileged,
    /// Known privilege escalations are refused.
    Baseline,
    /// Best practice of hardening is demanded.
    Restricted,
}

impl Level {
    /// Its name in labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A text that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLevelError;

impl fmt::Display for ParseLevelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("must be one of privileged, baseline, restricted")
    }
}

impl Error for ParseLevelError {}

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        [Self::Privileged, Self::Baseline, Self::Restricted]
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or(ParseLevelError)
    }
}

/// Which version of Kubernetes' policy is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The newest known.
    Latest,
    /// That of Kubernetes 1 with this minor version.
    V1(u32),
}

impl Version {
    /// The newest minor version whose policy is known here.
    pub const NEWEST_MINOR: u32 = 37;

    /// Whether this policy may hold rules that are not known here: it is judged as the newest
    /// known, and the caller has to say so.
    pub fn is_newer_than_known(self) -> bool {
        matches!(self, Self::V1(minor) if minor > Self::NEWEST_MINOR)
    }

    /// The minor version whose rules are applied.
    pub(super) fn effective_minor(self) -> u32 {
        match self {
            Self::Latest => Self::NEWEST_MINOR,
            Self::V1(minor) => minor.min(Self::NEWEST_MINOR),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => formatter.write_str("latest"),
            Self::V1(minor) => write!(formatter, "v1.{minor}"),
        }
    }
}

/// A text that names no policy version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseVersionError;

impl fmt::Display for ParseVersionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("must be \"latest\" or \"v1.x\"")
    }
}

impl Error for ParseVersionError {}

impl FromStr for Version {
    type Err = ParseVersionError;

    /// Accepts what `ParseVersion` does: a minor version is a Go `int` without leading zeros.
    /// Minor versions beyond `u32` are kept as its greatest.
    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let digits = text.strip_prefix("v1.").ok_or(ParseVersionError)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(ParseVersionError);
        }
        let minor: i64 = digits.parse().map_err(|_| ParseVersionError)?;
        Ok(Self::V1(u32::try_from(minor).unwrap_or(u32::MAX)))
    }
}

/// A level at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LevelVersion {
    /// How strict.
    pub level: Level,
    /// By which version's rules.
    pub version: Version,
}

impl LevelVersion {
    /// What holds where nothing is set: privileged at the latest version.
    pub const UNSET: Self = Self { level: Level::Privileged, version: Version::Latest };
}

impl fmt::Display for LevelVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.level, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_parse_as_upstream_parses_them() {
        let ok = [
            ("latest", Version::Latest),
            ("v1.0", Version::V1(0)),
            ("v1.37", Version::V1(37)),
            ("v1.9223372036854775807", Version::V1(u32::MAX)),
        ];
        for (text, version) in ok {
            assert_eq!(text.parse(), Ok(version), "{text}");
        }
        for text in [
            "",
            "v1.",
            "v1.00",
            "v1.01",
            "v2.0",
            "1.2",
            "v1.+1",
            "Latest",
            "v1.9223372036854775808",
        ] {
            assert_eq!(text.parse::<Version>(), Err(ParseVersionError), "{text}");
        }
    }

    #[test]
    fn levels_parse_and_are_ordered() {
        for level in [Level::Privileged, Level::Baseline, Level::Restricted] {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("Baseline".parse::<Level>(), Err(ParseLevelError));
        assert!(Level::Privileged < Level::Baseline && Level::Baseline < Level::Restricted);
    }

    #[test]
    fn newer_minors_say_so() {
        assert!(Version::V1(38).is_newer_than_known());
        assert!(!Version::V1(37).is_newer_than_known() && !Version::Latest.is_newer_than_known());
    }
}
