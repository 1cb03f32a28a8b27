//! A rule for the whole internet allows the address that hands out the node's credentials.

use model::{Fix, Node, Object, Path};

use super::{NETWORK_POLICY, applies, holds};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-004",
    name: "metadata-service-reachable",
    title: "Network policy allows the metadata service",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("metadata_service_reachable.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    if !applies(spec, "Egress") {
        return;
    }
    for (index, rule) in spec.list("egress").enumerate() {
        // The metadata services answer on port 80.
        let mut ports = rule.list("ports").peekable();
        if ports.peek().is_some() && !ports.any(allows_http) {
            continue;
        }
        for (place, peer) in rule.list("to").enumerate() {
            let Some(block) = peer.get("ipBlock") else { continue };
            let Some(range) = block.str("cidr").filter(|range| holds(range, METADATA)) else {
                continue;
            };
            if block.list("except").filter_map(Node::as_str).any(|range| holds(range, METADATA)) {
                continue;
            }
            let at = policy.at("spec.egress").index(index).field("to").index(place);
            let because = format!(
                "the pods of NetworkPolicy `{}` may ask the cloud's metadata service for the \
                 node's \
                 credentials: `{range}` holds {METADATA}",
                policy.name
            );
            let fix = except(block, at.clone().field("ipBlock.except"));
            return report.finding(at.field("ipBlock.cidr"), because, fix);
        }
    }
}

/// The address is taken out of the range.
fn except(block: Node<'_>, at: Path) -> Fix {
    let mut ranges: Vec<&str> = Vec::new();
    for range in block.list("except") {
        match range.as_str() {
            Some(range)
                if range.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:/".contains(&byte)) =>
            {
                ranges.push(range);
            }
            _ => return Fix::advice("add 169.254.169.254/32 to `except`"),
        }
    }
    ranges.push("169.254.169.254/32");
    Fix::set(at, format!("[\"{}\"]", ranges.join("\",\"")))
        .risky("a program that uses the node's own rights in the cloud loses them")
        .worded("add 169.254.169.254/32 to `except`")
}

/// Where the big clouds serve metadata.
const METADATA: &str = "169.254.169.254";

fn allows_http(port: Node<'_>) -> bool {
    let is_tcp = matches!(port.str("protocol"), None | Some("TCP"));
    let first = port.int("port");
    let last = port.int("endPort").or(first);
    let is_all = port.get("port").is_none();
    is_tcp
        && (is_all || (first.is_some_and(|port| port <= 80) && last.is_some_and(|port| port >= 80)))
}
