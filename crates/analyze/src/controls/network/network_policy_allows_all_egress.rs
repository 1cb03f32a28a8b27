//! A rule that names neither a receiver nor a port allows everything.

use model::{Fix, Node, Object};

use super::{NETWORK_POLICY, applies, names_nobody};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-003",
    name: "network-policy-allows-all-egress",
    title: "Network policy lets everything out",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_allows_all_egress.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    if !applies(spec, "Egress") {
        return;
    }
    let is_open = |rule: Node<'_>| names_nobody(rule, "to") && rule.list("ports").next().is_none();
    if let Some(index) = spec.list("egress").position(is_open) {
        let because = format!(
            "the pods of NetworkPolicy `{}` may speak to everything, the cloud's metadata service \
             included",
            policy.name
        );
        let fix = Fix::advice("name the receivers in `to`; DNS needs port 53 of kube-dns");
        report.finding(policy.at("spec.egress").index(index), because, fix);
    }
}
