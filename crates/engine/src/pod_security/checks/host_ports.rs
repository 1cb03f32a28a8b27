//! Ports taken on the host.
//!
//! Restricted field: `ports[*].hostPort` of all containers. Allowed: unset, 0. With `hostNetwork`
//! every port of a container or init container takes a host port by defaulting.
//!
//! Source: `policy/check_hostPorts.go`.

use std::collections::BTreeSet;

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check =
    Check { id: "hostPorts", level: Level::Baseline, overrides: &[], versions: &[(0, v1_0)] };

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad = pod.containers_where(|container| container.host_ports().next().is_some());
    if bad.is_empty() {
        return None;
    }
    // Upstream sorts the ports as text.
    let mut ports = BTreeSet::new();
    let mut fields = Vec::new();
    for container in &bad {
        for (index, port) in container.host_ports() {
            let path = container.at("ports").index(index).field("hostPort");
            fields.push(Offence { path, value: Some(port.to_string()) });
            ports.insert(port.to_string());
        }
    }
    let uses = wording::counted("uses", "use", bad.len());
    let word = wording::counted("hostPort", "hostPorts", ports.len());
    let ports = ports.into_iter().collect::<Vec<_>>().join(", ");
    Some(Refusal {
        reason: "hostPort",
        detail: format!("{} {uses} {word} {ports}", wording::containers(&bad)),
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn written_ports() {
        check(
            &CHECK,
            0,
            "spec: {containers: [{name: a, ports: [
                {hostPort: 0}, {hostPort: 9}, {hostPort: 80}]}]}",
            &[
                "hostPort: container 'a' uses hostPorts 80, 9",
                "spec.containers[0].ports[1].hostPort = 9",
                "spec.containers[0].ports[2].hostPort = 80",
            ],
        );
        check(&CHECK, 0, "spec: {containers: [{ports: [{containerPort: 80}, null]}]}", &[]);
    }

    #[test]
    fn the_host_network_fills_in_ports_but_not_of_ephemeral_containers() {
        check(
            &CHECK,
            0,
            "spec: {hostNetwork: true, initContainers: [{name: i, ports: [{containerPort: 80}]}],
                    ephemeralContainers: [{name: e, ports: [{containerPort: 81}]}]}",
            &[
                "hostPort: container 'i' uses hostPort 80",
                "spec.initContainers[0].ports[0].hostPort = 80",
            ],
        );
    }
}
