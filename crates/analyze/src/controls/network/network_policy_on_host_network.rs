//! Most plugins hold no policy for pods on the network of their node.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-014",
    name: "network-policy-on-host-network",
    title: "Network policy for pods on the network of their node",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("network_policy_on_host_network.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    // What only opens ports is expected to close nothing.
    let has_rules = |rules| policy.root.field(rules).is_some_and(|it| it.items().next().is_some());
    if has_rules("spec.ingress") || has_rules("spec.egress") {
        return;
    }
    let is_alone = report.ask_network(|world| {
        let effect = world.effect_of(policy);
        effect.is_some_and(|effect| effect.is_host_network_alone)
    });
    if !is_alone {
        return;
    }
    let because = format!(
        "all pods that NetworkPolicy `{}` selects are on the network of their node, where most \
         network plugins hold no policy",
        policy.name
    );
    let fix = Fix::advice("take the pods off the node's network, or guard the nodes themselves");
    report.finding(policy.at("spec.podSelector"), because, fix);
}
