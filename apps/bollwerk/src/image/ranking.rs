//! The order of findings: by class, and within it by rank.

use std::cmp::Reverse;

use gate::{Class, Exposure, Finding, Rank, Why, rank};

/// The most urgent first.
pub(super) fn sort(findings: &mut [Finding<'_>]) {
    findings.sort_by_cached_key(|it| {
        let class = match it.class {
            // The longest overdue is no more urgent than the worst.
            Class::Act(why) => (0, u32::from(why != Why::KnownExploited)),
            Class::Grace(left) => (1, left.unwrap_or(u32::MAX)),
            Class::Waiting(_) => (2, 0),
            Class::Accepted(_) => (3, 0),
            Class::NotAffected(_) => (4, 0),
        };
        let names = (it.package.name.clone(), it.matched.vulnerability.to_string());
        (class, Reverse(rank_of(it)), names)
    });
}

/// Why it stands there, as far as its class does not tell it: severity is shown before it.
pub(super) fn beside(finding: &Finding<'_>) -> Option<String> {
    if finding.class == Class::Act(Why::KnownExploited) {
        return None;
    }
    let reason = rank_of(finding).reason();
    reason.split_once(", ").map(|(_, rest)| rest.to_owned())
}

/// Where a finding stands. Of an image alone nobody knows who reaches it.
pub(super) fn rank_of(finding: &Finding<'_>) -> Rank {
    rank(finding.matched.rating, finding.exploitation, Exposure::default())
}
