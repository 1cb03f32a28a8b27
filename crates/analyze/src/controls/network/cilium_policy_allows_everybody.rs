//! The entity `all` is everybody, inside and outside.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-008",
    name: "cilium-policy-allows-everybody",
    title: "Cilium policy lets everybody in or out",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("cilium_policy_allows_everybody.md"),
    check: Check::Object(
        Kinds::Of(&[
            ("cilium.io", "CiliumNetworkPolicy"),
            ("cilium.io", "CiliumClusterwideNetworkPolicy"),
        ]),
        check,
    ),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    for (direction, field, severity, what) in [
        ("ingress", "fromEntities", Severity::Medium, "everybody, inside and outside, in"),
        ("egress", "toEntities", Severity::Low, "everything out"),
    ] {
        for (index, rule) in spec.list(direction).enumerate() {
            let entities = rule.list(field).filter_map(Node::as_str);
            let Some(place) = entities.into_iter().position(|entity| entity == "all") else {
                continue;
            };
            // Ports of a rule narrow what it allows.
            if rule.list("toPorts").next().is_some() {
                continue;
            }
            let because = format!("{} `{}` lets {what}", policy.kind, policy.name);
            let at = policy.at("spec").field(direction).index(index).field(field).index(place);
            let fix = Fix::advice("name endpoints, or the entity `cluster`, and ports");
            report.finding_of(severity, at, because, fix);
        }
    }
}
