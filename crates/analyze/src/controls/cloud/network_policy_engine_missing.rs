//! A NetworkPolicy that nobody enforces is a comment.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-008",
    name: "network-policy-engine-missing",
    title: "Network policies are not enforced",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_engine_missing.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    let policy = "networkProfile.networkPolicy";
    match cluster.text(policy) {
        Fact::Known(name) if name.eq_ignore_ascii_case("none") || name.is_empty() => {}
        Fact::Unset if !cluster.is_automatic() => {}
        _ => return,
    }
    // Cilium enforces policies by itself, and what a plugin of one's own does is not known here.
    let is = |name: &str, value: &str| match cluster.text(name) {
        Fact::Known(text) => text.eq_ignore_ascii_case(value),
        Fact::Unset => false,
        Fact::Unknown => true,
    };
    if is("networkProfile.networkDataplane", "cilium") || is("networkProfile.networkPlugin", "none")
    {
        return;
    }
    let because = "no network policy engine runs: every NetworkPolicy of the cluster is taken \
                   and nothing is kept by it";
    let fix = Fix::advice("`az aks update --network-policy cilium` (or calico, azure)");
    report.finding(cluster.at(policy), because, fix);
}
