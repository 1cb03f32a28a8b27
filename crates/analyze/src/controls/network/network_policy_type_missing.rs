//! Rules of a type that `policyTypes` leaves out are not applied.

use model::{Fix, Node, Object};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-001",
    name: "network-policy-type-missing",
    title: "Rules that a network policy does not apply",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_type_missing.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    let types: Vec<_> = spec.list("policyTypes").filter_map(Node::as_str).collect();
    if types.is_empty() {
        return;
    }
    for (field, name) in [("egress", "Egress"), ("ingress", "Ingress")] {
        if spec.list(field).next().is_none() || types.contains(&name) {
            continue;
        }
        let because = format!(
            "the `{field}` rules of NetworkPolicy `{}` have no effect: `policyTypes` does not name \
             {name}",
            policy.name
        );
        let fix = Fix::advice(format!("add {name} to `policyTypes`, or remove the rules"));
        report.finding(policy.at("spec").field(field), because, fix);
    }
}
