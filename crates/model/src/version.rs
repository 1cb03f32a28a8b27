//! The Kubernetes version an answer is given for.

use std::fmt;
use std::str::FromStr;

/// A minor version of Kubernetes 1.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KubernetesVersion {
    /// The minor number: 37 in `v1.37`.
    pub minor: u32,
}

impl KubernetesVersion {
    /// The newest version this build knows.
    pub const NEWEST: Self = Self { minor: 37 };

    /// `v1.⟨minor⟩`.
    pub const fn minor(minor: u32) -> Self {
        Self { minor }
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v1.{}", self.minor)
    }
}

/// The text is no version of Kubernetes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a Kubernetes version; write it as `1.30`, `v1.30` or `v1.30.2`")]
pub struct VersionError(String);

impl FromStr for KubernetesVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError(text.to_owned());
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        if parts.next() != Some("1") {
            return Err(error());
        }
        let minor = parts.next().ok_or_else(error)?;
        // Managed clusters print minors such as `30+`.
        let minor = minor.strip_suffix('+').unwrap_or(minor);
        if minor.is_empty() || minor.len() > 3 || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error());
        }
        minor.parse().map(Self::minor).map_err(|_| error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, minor) in [("1.30", 30), ("v1.30", 30), ("v1.30.2-aks1", 30), ("1.7+", 7)] {
            assert_eq!(text.parse(), Ok(KubernetesVersion::minor(minor)), "{text}");
        }
        for text in ["", "v1", "2.1", "1.x", "1.-3", "1.9999", "latest"] {
            assert!(text.parse::<KubernetesVersion>().is_err(), "{text}");
        }
    }
}
