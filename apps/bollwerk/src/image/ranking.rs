//! The order of findings: by class, and within it by rank.

use std::cmp::Reverse;

use gate::{Class, Exposure, Finding, Rank, Why, rank};

/// The most urgent first.
pub(super) fn sort(findings: &mut [Finding<'_>], exposure: Exposure) {
    findings.sort_by_cached_key(|it| {
        let names = (it.package.name.clone(), it.matched.vulnerability.to_string());
        (urgency(it, exposure), names)
    });
}

/// How soon somebody has to look at a finding: what is smallest comes first.
pub(super) fn urgency(it: &Finding<'_>, exposure: Exposure) -> impl Ord + use<> {
    let class = match it.class {
        // The longest overdue is no more urgent than the worst.
        Class::Act(why) => (0, u32::from(why != Why::KnownExploited)),
        Class::Grace(left) => (1, left.unwrap_or(u32::MAX)),
        Class::Waiting(_) => (2, 0),
        Class::Accepted(_) => (3, 0),
        Class::NotAffected(_) => (4, 0),
    };
    (class, Reverse(rank_of(it, exposure)))
}

/// Where a finding stands.
pub(super) fn rank_of(finding: &Finding<'_>, exposure: Exposure) -> Rank {
    rank(finding.matched.rating, finding.exploitation, exposure)
}

/// Why it stands there, as far as its class does not tell it: severity is shown before it.
pub(super) fn beside(finding: &Finding<'_>) -> Option<String> {
    if finding.class == Class::Act(Why::KnownExploited) {
        return None;
    }
    let reason = rank_of(finding, Exposure::Unknown).reason();
    reason.split_once(", ").map(|(_, rest)| rest.to_owned())
}
