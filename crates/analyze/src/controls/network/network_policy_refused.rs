//! What the API server refuses closes nothing.

use engine::network::address::Prefix;
use model::{Fix, Node, Object, Path};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-016",
    name: "network-policy-refused",
    title: "Network policy that the API server refuses",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("network_policy_refused.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (number, rule) in spec.list(rules).enumerate() {
            let at = policy.at("spec").field(rules).index(number);
            let mut blocks = rule.list(peers).map(|peer| peer.get("ipBlock")).enumerate();
            let fault = blocks.find_map(|(place, block)| {
                let at = at.clone().field(peers).index(place).field("ipBlock");
                block_fault(block?, at)
            });
            let ports = || {
                rule.list("ports").enumerate().find_map(|(place, port)| {
                    let because = range_fault(port)?;
                    Some((
                        at.clone().field("ports").index(place).field("endPort"),
                        because.to_owned(),
                    ))
                })
            };
            let Some((at, why)) = fault.or_else(ports) else { continue };
            let because = format!(
                "the API server refuses NetworkPolicy `{}`, so it closes nothing: {why}",
                policy.name
            );
            return report.finding(at, because, Fix::advice("write a range that it takes"));
        }
    }
}

/// Source: `ValidateIPBlock` in `pkg/apis/networking/validation/validation.go`.
fn block_fault(block: Node<'_>, at: Path) -> Option<(Path, String)> {
    let range = block.str("cidr")?;
    let Some(whole) = Prefix::parse(range) else {
        return Some((at.field("cidr"), "this is no range of addresses".to_owned()));
    };
    let exceptions = block.list("except").map(Node::as_str).enumerate();
    for (number, exception) in exceptions {
        let is_within = Prefix::parse(exception?).is_some_and(|it| whole.may_except(it));
        if !is_within {
            let because = format!("this is no part of `{range}`");
            return Some((at.field("except").index(number), because));
        }
    }
    None
}

/// Source: `ValidateNetworkPolicyPort` in `pkg/apis/networking/validation/validation.go`.
fn range_fault(port: Node<'_>) -> Option<&'static str> {
    let last = port.int("endPort")?;
    match port.int("port") {
        Some(first) if first <= last => None,
        Some(_) => Some("the range of ports ends before it starts"),
        None => Some("a range of ports starts with a number in `port`"),
    }
}
