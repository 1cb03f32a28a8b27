//! A policy whose rules others have too is one more to read, and changes nothing when it is
//! changed.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use super::world::Repeated;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-022",
    name: "network-policy-redundant",
    title: "Network policy that others hold already",
    impact: Impact::Evidence,
    reach: Reach::Mistake,
    page: include_str!("network_policy_redundant.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

/// Names of policies told; the rest is counted.
const NAMES_MAX: usize = 3;

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let at = policy.at("spec");
    match report.ask_network(|world| world.repeated_by(policy)) {
        Some(Repeated::Within(others)) => {
            let shown = others.iter().take(NAMES_MAX).map(|name| format!("`{name}`"));
            let shown = shown.collect::<Vec<_>>().join(", ");
            let more = others.len().saturating_sub(NAMES_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let because = format!(
                "NetworkPolicy `{}` changes nothing beside {shown}{more}: for the same pods all \
                 that it lets through is let through there, so to narrow it closes nothing",
                policy.name
            );
            report.finding(at, because, Fix::advice("remove it, or narrow the others"));
        }
        Some(Repeated::NotCompared) => {
            let reason = "its namespace has too many network policies to compare them all: \
                          whether others hold it already is not known";
            report.unknown(at, reason);
        }
        _ => {}
    }
}
