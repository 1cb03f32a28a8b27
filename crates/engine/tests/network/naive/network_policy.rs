//! `networking.k8s.io/v1`, `NetworkPolicy`.

use serde_json::Value;

use super::address::in_ip_block;
use super::selector::selects;
use super::{Cluster, Direction, End, Packet, Pod, list, number};

/// Whether the policies that select a pod let a packet through. None where none selects it.
///
/// Page: "By default, a pod is non-isolated for egress; all outbound connections are allowed. A
/// pod is isolated for egress if there is any `NetworkPolicy` that both selects the pod and has
/// "Egress" in its policyTypes; […] When a pod is isolated for egress, the only allowed
/// connections from the pod are those allowed by the egress list of some `NetworkPolicy` that
/// applies to the pod for egress." The same stands there of ingress. "The effects of those lists
/// combine additively."
pub(super) fn decide(
    cluster: &Cluster,
    pod: &Pod,
    packet: &Packet<'_>,
    direction: Direction,
) -> Option<bool> {
    let mut decision = None;
    for policy in &cluster.network_policies {
        let spec = &policy["spec"];
        // "An empty selector matches all pods in the policy's namespace. […] If it is not
        // specified, it defaults to an empty selector."
        let is_selected = policy["metadata"]["namespace"] == pod.namespace.as_str()
            && selects(&spec["podSelector"], &pod.labels);
        if is_selected && concerns(spec, direction) {
            let (rules, peers) = match direction {
                Direction::Ingress => ("ingress", "from"),
                Direction::Egress => ("egress", "to"),
            };
            let passes = list(&spec[rules]).iter().any(|rule| {
                matches_peers(cluster, &pod.namespace, &rule[peers], packet, direction)
                    .any(|kind| matches_ports(&rule["ports"], packet, kind))
            });
            decision = Some(decision.unwrap_or(false) || passes);
        }
    }
    decision
}

/// `policyTypes`: "If this field is not specified, it will default based on the existence of
/// ingress or egress rules; policies that contain an egress section are assumed to affect egress,
/// and all policies (whether or not they contain an ingress section) are assumed to affect
/// ingress." A section without a rule is none: `SetDefaults_NetworkPolicy` asks for its length.
fn concerns(spec: &Value, direction: Direction) -> bool {
    let types = list(&spec["policyTypes"]);
    match direction {
        Direction::Ingress => types.is_empty() || types.iter().any(|it| it == "Ingress"),
        Direction::Egress if types.is_empty() => !list(&spec["egress"]).is_empty(),
        Direction::Egress => types.iter().any(|it| it == "Egress"),
    }
}

/// How a packet came to match the peers of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By a selector, or because there are no peers to match.
    Any,
    /// By the address of its destination: a block has no pods, so no ports with names.
    DestinationBlock,
}

/// "If this field is empty or missing, this rule matches all sources (traffic not restricted by
/// source). If this field is present and contains at least one item, this rule allows traffic
/// only if the traffic matches at least one item in the from list." The same of `to`.
fn matches_peers<'a>(
    cluster: &'a Cluster,
    namespace: &'a str,
    peers: &'a Value,
    packet: &'a Packet<'a>,
    direction: Direction,
) -> impl Iterator<Item = Kind> + 'a {
    let end = match direction {
        Direction::Ingress => packet.from,
        Direction::Egress => packet.to,
    };
    let open = list(peers).is_empty().then_some(Kind::Any);
    let matching = list(peers).iter().filter(move |peer| is_peer(cluster, namespace, peer, end));
    let kinds = matching.map(move |peer| {
        let is_block = !peer["ipBlock"].is_null() && direction == Direction::Egress;
        if is_block { Kind::DestinationBlock } else { Kind::Any }
    });
    open.into_iter().chain(kinds)
}

/// `NetworkPolicyPeer`.
fn is_peer(cluster: &Cluster, namespace: &str, peer: &Value, end: End<'_>) -> bool {
    // "If this field is set then neither of the other fields can be."
    if !peer["ipBlock"].is_null() {
        return in_ip_block(&peer["ipBlock"], end.address);
    }
    let Some(pod) = end.pod.filter(|pod| !pod.is_on_host_network) else { return false };
    let (pods, namespaces) = (&peer["podSelector"], &peer["namespaceSelector"]);
    // podSelector: "if present but empty, it selects all pods. If namespaceSelector is also set,
    // then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the
    // Namespaces selected by NamespaceSelector. Otherwise it selects the pods matching podSelector
    // in the policy's own namespace."
    let is_in_namespace = if namespaces.is_null() {
        pod.namespace == namespace
    } else {
        selects(namespaces, &cluster.namespaces[&pod.namespace])
    };
    // namespaceSelector: "Otherwise it selects all pods in the namespaces selected by
    // namespaceSelector."
    is_in_namespace && (pods.is_null() || selects(pods, &pod.labels))
}

/// "If this field is empty or missing, this rule matches all ports (traffic not restricted by
/// port). If this field is present and contains at least one item, then this rule allows traffic
/// only if the traffic matches at least one port in the list."
fn matches_ports(ports: &Value, packet: &Packet<'_>, kind: Kind) -> bool {
    list(ports).is_empty() || list(ports).iter().any(|port| matches_port(port, packet, kind))
}

/// `NetworkPolicyPort`.
fn matches_port(port: &Value, packet: &Packet<'_>, kind: Kind) -> bool {
    // "If not specified, this field defaults to TCP."
    if port["protocol"].as_str().unwrap_or("TCP") != packet.protocol {
        return false;
    }
    match &port["port"] {
        // "If this field is not provided, this matches all port names and numbers."
        Value::Null => true,
        // "a numerical or named port on a pod": of the destination, whose port it is.
        Value::String(name) => {
            let pod = packet.to.pod.filter(|pod| !pod.is_on_host_network);
            kind == Kind::Any
                && pod.is_some_and(|pod| pod.numbers(name, packet.protocol).contains(&packet.port))
        }
        // "the range of ports from port to endPort if set, inclusive".
        first => {
            let last = if port["endPort"].is_null() { first } else { &port["endPort"] };
            (number(first)..=number(last)).contains(&packet.port)
        }
    }
}
