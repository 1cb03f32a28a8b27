//! A host port makes a container reachable past every Service and policy.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-013",
    name: "host-port",
    title: "Container takes a port of the host",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("host_port.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // In the host's network every port is the host's: that is told as `host-network`.
    if pod.host_network() {
        return;
    }
    for container in pod.containers() {
        for port in container.ports().filter(|port| port.host_port != 0) {
            let at = container.at("ports").index(port.index).field("hostPort");
            let because = format!(
                "container `{}` listens on port {} of its node, past Services and most network \
                 policies",
                container.name(),
                port.host_port
            );
            report.finding(
                at.clone(),
                because,
                Fix::remove(at)
                    .risky("whoever calls the node's port no longer reaches the program"),
            );
        }
    }
}
