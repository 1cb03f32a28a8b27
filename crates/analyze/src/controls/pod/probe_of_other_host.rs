//! The kubelet calls what a probe names, from the node's place in the network.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-027",
    name: "probe-of-other-host",
    title: "Probe or hook calls another host",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("probe_of_other_host.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        for handler in container.handlers() {
            for action in ["httpGet", "tcpSocket"] {
                let host = handler.node.get(action).and_then(|action| action.str("host"));
                let Some(host) = host.filter(|host| !host.is_empty()) else { continue };
                // In the host's network the loopback is the pod's own address too.
                if pod.host_network() && matches!(host, "127.0.0.1" | "::1" | "localhost") {
                    continue;
                }
                let at = container.at(handler.field).field(action).field("host");
                let because = format!(
                    "the kubelet calls `{host}` for container `{}`, with the node's access to the \
                     network",
                    container.name()
                );
                report.finding(
                    at.clone(),
                    because,
                    Fix::remove(at).risky("the probe may mean the other host"),
                );
            }
        }
    }
}
