//! A peer that nobody is lets nobody through.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use super::world::fields;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-011",
    name: "network-policy-peer-matches-nothing",
    title: "Peer of a network policy that matches no pod",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("network_policy_peer_matches_nothing.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let idle = report.ask_network(|world| {
        // Of a policy for nobody that alone is told.
        let effect = world.effect_of(policy).filter(|effect| effect.has_subject);
        effect.map(|effect| effect.idle_peers.clone()).unwrap_or_default()
    });
    for (direction, rule, peer) in idle {
        let (rules, peers) = fields(direction);
        let at = policy.at("spec").field(rules).index(rule as usize);
        let at = at.field(peers).index(peer as usize);
        let list = policy.root.get("spec").map(|spec| spec.list(rules));
        let written = list
            .and_then(|mut list| list.nth(rule as usize))
            .and_then(|rule| rule.list(peers).nth(peer as usize));
        let Some(written) = written else { continue };
        // Pods of other namespaces may be kept elsewhere.
        if written.get("namespaceSelector").is_some() || written.get("podSelector").is_none() {
            continue;
        }
        let because = format!(
            "this peer of NetworkPolicy `{}` is no pod of namespace `{}`: without a \
             `namespaceSelector` no other namespace is meant",
            policy.name,
            policy.namespace.unwrap_or_default()
        );
        let fix = Fix::advice("name the namespace of the pods, or labels that pods here have");
        report.finding(at.field("podSelector"), because, fix);
    }
}
