//! Workloads without an identity of their own borrow one.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-007",
    name: "workload-identity-off",
    title: "Workloads without identities at the cloud",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("workload_identity_off.md"),
    check: Check::ManagedCluster(check),
};

/// The two switches that have to be on.
const SWITCHES: [&str; 2] =
    ["oidcIssuerProfile.enabled", "securityProfile.workloadIdentity.enabled"];

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    if cluster.is_automatic() {
        return;
    }
    let is_off = |name: &str| matches!(cluster.switch(name), Fact::Known(false) | Fact::Unset);
    // The second needs the first: one cause, one finding.
    let Some(off) = SWITCHES.into_iter().find(|name| is_off(name)) else { return };
    let because = "pods cannot have identities of their own at Azure: what needs one gets a \
                   stored secret, or borrows the identity of its node";
    let fix = Fix::advice("`az aks update --enable-oidc-issuer --enable-workload-identity`");
    report.finding(cluster.at(off), because, fix);
}
