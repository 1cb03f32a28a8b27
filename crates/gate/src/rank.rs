//! What to look at first: severity × exploitability × exposure, each with its reason.
//!
//! The score is `severity · exploitability · exposure`, in points from 0 to 1000:
//!
//! | severity | points | | exploitability | in tenths | | exposure | in tenths |
//! |---|---|---|---|---|---|---|---|
//! | critical | 10 | | known to be exploited | 10 | | internet | 10 |
//! | high | 8 | | EPSS ≥ 10 % | 7 | | unknown | 7 |
//! | unknown | 7 | | EPSS ≥ 1 % | 5 | | cluster | 5 |
//! | medium | 5 | | EPSS not known | 4 | | isolated | 2 |
//! | low | 2 | | EPSS < 1 % | 3 | | | |
//! | negligible | 1 | | | | | | |
//!
//! A factor, not a sum: what nobody reaches is not made urgent by a severity alone, and what is
//! exploited is not made harmless by a low one. What is not known stands above what is known to be
//! small, since somebody has to look. Of equal scores the higher EPSS stands first.

use advisory::{Exploitation, Rating};

/// EPSS from which a vulnerability is likely, or possible, to be used within 30 days; in
/// ten-thousandths.
const EPSS_LIKELY: u16 = 1_000;
const EPSS_POSSIBLE: u16 = 100;

/// Who reaches what runs an image.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Exposure {
    /// Nobody but what runs on the same node, or nothing runs it.
    Isolated,
    /// Other workloads of the cluster.
    Cluster,
    /// Nobody has looked.
    #[default]
    Unknown,
    /// The internet.
    Internet,
}

impl Exposure {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Isolated, Self::Cluster, Self::Unknown, Self::Internet];

    /// Its name in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isolated => "isolated",
            Self::Cluster => "cluster",
            Self::Unknown => "unknown",
            Self::Internet => "internet",
        }
    }

    fn tenths(self) -> u16 {
        match self {
            Self::Isolated => 2,
            Self::Cluster => 5,
            Self::Unknown => 7,
            Self::Internet => 10,
        }
    }

    fn words(self) -> Option<&'static str> {
        match self {
            Self::Isolated => Some("reached by nobody"),
            Self::Cluster => Some("reachable from the cluster"),
            Self::Unknown => None,
            Self::Internet => Some("reachable from the internet"),
        }
    }
}

/// Where a finding stands among others. The order is by urgency: the greatest is to be looked at
/// first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rank {
    /// 0 to 1000.
    pub score: u16,
    /// Breaks ties: EPSS in ten-thousandths, 0 where it is not known.
    epss: u16,
    severity: Rating,
    exposure: Exposure,
    exploitability: Exploitability,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Exploitability {
    Unlikely,
    Unknown,
    Possible,
    Likely,
    Known,
}

/// Ranks one finding.
pub fn rank(severity: Rating, used: Exploitation, exposure: Exposure) -> Rank {
    let exploitability = match (used.known_since, used.epss) {
        (Some(_), _) => Exploitability::Known,
        (None, None) => Exploitability::Unknown,
        (None, Some(epss)) if epss >= EPSS_LIKELY => Exploitability::Likely,
        (None, Some(epss)) if epss >= EPSS_POSSIBLE => Exploitability::Possible,
        (None, Some(_)) => Exploitability::Unlikely,
    };
    let score = points(severity) * exploitability.tenths() * exposure.tenths();
    Rank { score, epss: used.epss.unwrap_or_default(), severity, exposure, exploitability }
}

impl Rank {
    /// Why it stands there: `critical, used by attackers, reachable from the internet`.
    pub fn reason(&self) -> String {
        let severity = match self.severity {
            Rating::Unknown => "severity not known",
            rating => rating.name(),
        };
        // Whole percents are told; below one it is what it is.
        let percent = self.epss / 100;
        let used = match self.exploitability {
            Exploitability::Known => Some("used by attackers".to_owned()),
            Exploitability::Likely => Some(format!("likely to be used ({percent} % in 30 days)")),
            Exploitability::Possible => Some(format!("may be used ({percent} % in 30 days)")),
            Exploitability::Unlikely => Some("hardly used (under 1 % in 30 days)".to_owned()),
            Exploitability::Unknown => None,
        };
        let parts = [Some(severity.to_owned()), used, self.exposure.words().map(str::to_owned)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Exploitability {
    fn tenths(self) -> u16 {
        match self {
            Self::Unlikely => 3,
            Self::Unknown => 4,
            Self::Possible => 5,
            Self::Likely => 7,
            Self::Known => 10,
        }
    }
}

fn points(severity: Rating) -> u16 {
    match severity {
        Rating::Negligible => 1,
        Rating::Low => 2,
        Rating::Medium => 5,
        Rating::Unknown => 7,
        Rating::High => 8,
        Rating::Critical => 10,
    }
}
