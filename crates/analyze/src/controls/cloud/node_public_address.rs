//! A node that the internet reaches is attacked by it.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{AgentPool, Fact};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-011",
    name: "node-public-address",
    title: "Nodes with public addresses",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("node_public_address.md"),
    check: Check::AgentPool(check),
};

fn check(pool: &AgentPool<'_>, report: &mut Report<'_>) {
    if pool.switch("enableNodePublicIP") != Fact::Known(true) {
        return;
    }
    let because = format!(
        "every node of agent pool `{}` has a public address: node ports, host ports and the \
         nodes' own services are one rule away from the internet",
        pool.name
    );
    let fix = Fix::advice("make the pool anew without `--enable-node-public-ip`");
    report.finding(pool.at("enableNodePublicIP"), because, fix);
}
