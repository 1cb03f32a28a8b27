//! A rule for all addresses of IPv4 says nothing of IPv6.

use model::{Fix, Node, Object, Path, Severity};

use super::{NETWORK_POLICY_KINDS, World, applies};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-024",
    name: "network-policy-one-ip-family",
    title: "Network policy that knows one family of addresses",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_one_ip_family.md"),
    check: Check::Object(NETWORK_POLICY_KINDS, check),
};

/// All addresses of each family, and what the family is called.
const WHOLE: [(&str, &str); 2] = [("0.0.0.0/0", "IPv4"), ("::/0", "IPv6")];

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    // Whether addresses are of both families takes a look at the whole world.
    let is_of_policies = policy.kind == "NetworkPolicy";
    let faults = if is_of_policies { faults(policy, spec) } else { denials(policy, spec) };
    if faults.is_empty() || !report.ask_network(World::is_dual_stack) {
        return;
    }
    for Fault { severity, at, because } in faults {
        let fix = Fix::advice("write the rule for both families");
        report.finding_of(severity, at, because, fix);
    }
}

struct Fault {
    severity: Severity,
    at: Path,
    because: String,
}

/// A block of all addresses of a family.
struct Block {
    rule: usize,
    at: Path,
    family: usize,
    has_exceptions: bool,
}

fn faults(policy: &Object<'_>, spec: Node<'_>) -> Vec<Fault> {
    let mut found = Vec::new();
    for (rules, peers, kind) in [("ingress", "from", "Ingress"), ("egress", "to", "Egress")] {
        if !applies(spec, kind) {
            continue;
        }
        let mut blocks: Vec<Block> = Vec::new();
        for (rule, written) in spec.list(rules).enumerate() {
            for (place, peer) in written.list(peers).enumerate() {
                let Some(block) = peer.get("ipBlock") else { continue };
                let is_whole = |(all, _): &(&str, &str)| block.str("cidr") == Some(*all);
                let Some(family) = WHOLE.iter().position(is_whole) else { continue };
                let at = policy.at("spec").field(rules).index(rule).field(peers).index(place);
                let has_exceptions = block.list("except").next().is_some();
                blocks.push(Block { rule, at: at.field("ipBlock.cidr"), family, has_exceptions });
            }
        }
        found.extend(uneven(policy, &blocks));
    }
    found
}

/// The first block of a family that the other has not, and those that are the whole family beside
/// one of the other with exceptions.
fn uneven(policy: &Object<'_>, blocks: &[Block]) -> Option<Fault> {
    let name = |family: usize| WHOLE[family].1;
    let first = blocks.first()?;
    if blocks.iter().all(|block| block.family == first.family) {
        let because = format!(
            "NetworkPolicy `{}` opens {} to all and leaves {} closed, where pods have both: what \
             prefers the other family fails",
            policy.name,
            name(first.family),
            name(1 - first.family)
        );
        return Some(Fault { severity: Severity::Info, at: first.at.clone(), because });
    }
    let open = blocks.iter().find(|block| {
        let is_other = |other: &&Block| other.rule == block.rule && other.family != block.family;
        let mut others = blocks.iter().filter(is_other).peekable();
        !block.has_exceptions && others.peek().is_some() && others.all(|it| it.has_exceptions)
    })?;
    let because = format!(
        "what NetworkPolicy `{}` takes out of {} is open by {}: pods have both",
        policy.name,
        name(1 - open.family),
        name(open.family)
    );
    Some(Fault { severity: Severity::Medium, at: open.at.clone(), because })
}

/// Rules of the cluster's policies that deny all of one family.
fn denials(policy: &Object<'_>, spec: Node<'_>) -> Vec<Fault> {
    let mut found = Vec::new();
    for (rule, written) in spec.list("egress").enumerate() {
        if written.str("action") != Some("Deny") {
            continue;
        }
        let networks =
            || written.list("to").enumerate().filter(|(_, it)| it.get("networks").is_some());
        let holds = |(all, _): (&str, &str)| {
            let mut all_networks = networks().flat_map(|(_, peer)| peer.list("networks"));
            all_networks.any(|network| network.as_str() == Some(all))
        };
        let [v4, v6] = WHOLE.map(holds);
        let Some((place, _)) = networks().next().filter(|_| v4 != v6) else { continue };
        let [denied, open] = if v4 { [0, 1] } else { [1, 0] }.map(|family: usize| WHOLE[family].1);
        let because = format!(
            "{} `{}` denies all of {denied} and lets {open} through: pods have both",
            policy.kind, policy.name
        );
        let at = policy.at("spec.egress").index(rule).field("to").index(place).field("networks");
        found.push(Fault { severity: Severity::Medium, at, because });
    }
    found
}
