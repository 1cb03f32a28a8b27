//! A rule without conditions fits every request.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-007",
    name: "mesh-policy-allows-everybody",
    title: "Mesh policy lets everybody in",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("mesh_policy_allows_everybody.md"),
    check: Check::Object(Kinds::Of(&[("security.istio.io", "AuthorizationPolicy")]), check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    if !matches!(spec.str("action"), None | Some("ALLOW")) {
        return;
    }
    let is_open = |rule: &Node<'_>| {
        rule.is_map() && ["from", "to", "when"].iter().all(|it| rule.list(it).next().is_none())
    };
    let open = spec.list("rules").position(|rule| is_open(&rule));
    if let Some(index) = open {
        let because = format!(
            "AuthorizationPolicy `{}` allows every request of everybody: this rule has no \
             conditions",
            policy.name
        );
        let fix = Fix::advice("say `from` whom and `to` which operations");
        report.finding(policy.at("spec.rules").index(index), because, fix);
    }
}
