//! Probes and lifecycle hooks that let the kubelet call another host than the pod.
//!
//! Restricted fields of all containers: `httpGet.host` and `tcpSocket.host` of `livenessProbe`,
//! `readinessProbe`, `startupProbe`, `lifecycle.postStart` and `lifecycle.preStop`. Allowed:
//! unset, empty. Since 1.34.
//!
//! Source: `policy/check_hostProbesAndhostLifecycle.go`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::Node;

use crate::pod_security::defaulted::{DefaultedContainer, DefaultedPod, text};
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "hostProbesAndHostLifecycle",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(34, v1_34)],
};

fn v1_34(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad = pod.containers_where(|container| hosts(container).next().is_some());
    if bad.is_empty() {
        return None;
    }
    let mut forbidden = BTreeSet::new();
    let mut fields = Vec::new();
    for container in &bad {
        for (handler, action, host) in hosts(container) {
            let path = container.at(handler).field(action).field("host");
            fields.push(Offence { path, value: Some(host.clone().into_owned()) });
            forbidden.insert(host);
        }
    }
    // Unlike the other checks this one names a container once and sorts the names.
    let names: BTreeSet<&str> = bad.iter().map(|container| container.name).collect();
    let word = wording::counted("container", "containers", names.len());
    let uses = wording::counted("uses", "use", names.len());
    let what =
        wording::counted("probe or lifecycle host", "probe or lifecycle hosts", forbidden.len());
    Some(Refusal {
        reason: "probe or lifecycle host",
        detail: format!(
            "{word} {} {uses} {what} {}",
            wording::quoted(names),
            wording::quoted(forbidden)
        ),
        fields,
    })
}

/// Hosts named by a container's handlers, with the fields that lead to them.
fn hosts<'p>(
    container: &DefaultedContainer<'p>,
) -> impl Iterator<Item = (&'static str, &'static str, Cow<'p, str>)> + use<'p> {
    const HANDLERS: [&str; 5] = [
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle.postStart",
        "lifecycle.preStop",
    ];
    let node = container.node;
    HANDLERS
        .into_iter()
        .filter_map(move |handler| Some((handler, node.field(handler)?)))
        .flat_map(|(handler, node)| ["httpGet", "tcpSocket"].map(|action| (handler, action, node)))
        .filter_map(|(handler, action, node): (_, _, Node<'p>)| {
            let host = text(node.get(action)?.get("host")?);
            (!host.is_empty()).then_some((handler, action, host))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn every_handler_is_looked_at_since_1_34() {
        let pod = "spec: {containers: [{name: b,
            livenessProbe: {httpGet: {host: x}, tcpSocket: {host: ''}},
            readinessProbe: {tcpSocket: {host: z}},
            startupProbe: {grpc: {port: 1}},
            lifecycle: {postStart: {tcpSocket: {host: x}}, preStop: {httpGet: {host: null}}}},
            {name: a, lifecycle: {preStop: {httpGet: {host: x}}}}]}";
        check(
            &CHECK,
            34,
            pod,
            &[
                "probe or lifecycle host: containers 'a', 'b' use probe or lifecycle hosts 'x', \
                 'z'",
                "spec.containers[0].livenessProbe.httpGet.host = x",
                "spec.containers[0].readinessProbe.tcpSocket.host = z",
                "spec.containers[0].lifecycle.postStart.tcpSocket.host = x",
                "spec.containers[1].lifecycle.preStop.httpGet.host = x",
            ],
        );
        assert!(CHECK.at(33).is_none());
    }
}
