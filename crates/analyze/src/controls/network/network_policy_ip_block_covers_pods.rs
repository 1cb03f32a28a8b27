//! Whether a block of addresses is the pods in it is up to the network plugin.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use super::world::fields;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-025",
    name: "network-policy-ip-block-covers-pods",
    title: "Block of addresses in which pods have theirs",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("network_policy_ip_block_covers_pods.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let blocks = report.ask_network(|world| {
        world.effect_of(policy).map(|effect| effect.blocks_of_pods.clone()).unwrap_or_default()
    });
    for (direction, rule, peer) in blocks {
        let (rules, peers) = fields(direction);
        let at = policy.at("spec").field(rules).index(rule as usize);
        let at = at.field(peers).index(peer as usize).field("ipBlock.cidr");
        let because = format!(
            "pods have addresses in this block of NetworkPolicy `{}`: Cilium does not match them \
             by it, Calico and others do, so what is open hangs on the plugin",
            policy.name
        );
        let fix = Fix::advice("select pods by labels; keep blocks for addresses outside");
        report.finding(at, because, fix);
    }
}
