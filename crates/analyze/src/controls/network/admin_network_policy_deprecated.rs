//! The kinds of v1alpha1 are followed by one that plugins turn to.

use model::{Fix, Object};

use super::{ADMIN_POLICY, BASELINE_POLICY};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-027",
    name: "admin-network-policy-deprecated",
    title: "Admin network policy of a kind that goes",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("admin_network_policy_deprecated.md"),
    check: Check::Object(Kinds::Of(&[ADMIN_POLICY, BASELINE_POLICY]), check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let tier = if policy.kind == "AdminNetworkPolicy" { "Admin" } else { "Baseline" };
    let because = format!(
        "a network plugin that follows version 0.2 of the API no longer holds {} `{}`, and \
         nothing says so",
        policy.kind, policy.name
    );
    let fix = Fix::advice(format!(
        "write it as ClusterNetworkPolicy (v1alpha2) of tier {tier}, as soon as the plugin has it"
    ));
    report.finding(policy.at("kind"), because, fix);
}
