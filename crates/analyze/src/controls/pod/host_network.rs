//! A pod in the host's network is the node, as far as the network can tell.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-009",
    name: "host-network",
    title: "Pod uses the host's network",
    impact: Impact::Neighbours,
    reach: Reach::Container,
    page: include_str!("host_network.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.host_network() {
        let at = pod.at("hostNetwork");
        let because = "every container can reach what listens on the node's loopback, take its \
            ports and see its traffic";
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "false").risky("the program may need the node's addresses"),
        );
    }
}
