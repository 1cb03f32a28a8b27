//! `policy.networking.k8s.io`: `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy` (v1alpha1),
//! `ClusterNetworkPolicy` (v1alpha2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::selector::selects;
use super::{Cluster, Direction, End, Packet, Pod, in_block, list, number};

/// v1alpha1 says `Allow` for `Accept`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Action {
    Accept,
    Deny,
    Pass,
}

/// What a tier may say. None: no rule of it matches.
pub(super) type Decisions = BTreeSet<Option<Action>>;

/// `AdminNetworkPolicy`, and `ClusterNetworkPolicy` of the Admin tier.
pub(super) fn admin(
    cluster: &Cluster,
    pod: &Pod,
    packet: &Packet<'_>,
    direction: Direction,
) -> Decisions {
    let policies = cluster.admin_policies.iter().chain(of_tier(cluster, "Admin"));
    decide(cluster, policies, pod, packet, direction)
}

/// `BaselineAdminNetworkPolicy`, of which there is one, and `ClusterNetworkPolicy` of the
/// Baseline tier.
pub(super) fn baseline(
    cluster: &Cluster,
    pod: &Pod,
    packet: &Packet<'_>,
    direction: Direction,
) -> Decisions {
    let policies = cluster.baseline_policies.iter().chain(of_tier(cluster, "Baseline"));
    decide(cluster, policies, pod, packet, direction)
}

fn of_tier<'a>(cluster: &'a Cluster, tier: &'static str) -> impl Iterator<Item = &'a Value> {
    cluster.tiered_policies.iter().filter(move |policy| policy["spec"]["tier"] == tier)
}

/// "Policies with lower priority values have higher precedence, and are checked before policies
/// with higher priority values in the same tier. […] If two (or more) policies in the same tier
/// with the same priority could match a connection, then the implementation can apply any of the
/// matching policies to the connection".
fn decide<'a>(
    cluster: &Cluster,
    policies: impl Iterator<Item = &'a Value>,
    pod: &Pod,
    packet: &Packet<'_>,
    direction: Direction,
) -> Decisions {
    let mut by_priority: BTreeMap<u64, Decisions> = BTreeMap::new();
    for policy in policies {
        let spec = &policy["spec"];
        if !is_subject(cluster, &spec["subject"], pod) {
            continue;
        }
        if let Some(action) = first_match(cluster, spec, packet, direction) {
            // A baseline policy of v1alpha1 has none, as there is one only.
            let priority = spec["priority"].as_u64().unwrap_or_default();
            by_priority.entry(priority).or_default().insert(Some(action));
        }
    }
    by_priority.into_values().next().unwrap_or_else(|| BTreeSet::from([None]))
}

/// "Note that host-networked pods are not included in subject selection": the caller left them
/// out.
fn is_subject(cluster: &Cluster, subject: &Value, pod: &Pod) -> bool {
    selects_pod(cluster, subject, pod).expect("a subject that is known")
}

/// What `namespaces` ("select all pods within a set of Namespaces") or `pods` ("select pods via
/// namespace AND pod selectors") say of a pod. None where neither stands.
fn selects_pod(cluster: &Cluster, peer: &Value, pod: &Pod) -> Option<bool> {
    let namespace = &cluster.namespaces[&pod.namespace];
    if !peer["namespaces"].is_null() {
        return Some(selects(&peer["namespaces"], namespace));
    }
    let pods = &peer["pods"];
    // "if empty, it selects all Namespaces", "if empty, it selects all Pods".
    (!pods.is_null()).then(|| {
        selects(&pods["namespaceSelector"], namespace) && selects(&pods["podSelector"], &pod.labels)
    })
}

/// "The relative precedence of ingress rules within a single CNP object […] will be determined by
/// the order in which the rule is written. Thus, a rule that appears at the top of the ingress
/// rules would take the highest precedence."
fn first_match(
    cluster: &Cluster,
    spec: &Value,
    packet: &Packet<'_>,
    direction: Direction,
) -> Option<Action> {
    let (rules, peers, end) = match direction {
        Direction::Ingress => ("ingress", "from", packet.from),
        Direction::Egress => ("egress", "to", packet.to),
    };
    for rule in list(&spec[rules]) {
        let action = match rule["action"].as_str().expect("an action") {
            "Allow" | "Accept" => Action::Accept,
            "Deny" => Action::Deny,
            "Pass" => Action::Pass,
            other => panic!("{other}"),
        };
        let answers: Vec<Option<bool>> =
            list(&rule[peers]).iter().map(|peer| is_peer(cluster, peer, end)).collect();
        if answers.contains(&None) {
            // "For "Accept" rules, "fail closed" means: "treat the rule as matching no traffic".
            // For "Deny" and "Pass" rules, "fail closed" means: "treat the rule as a 'Deny all'
            // rule"."
            match action {
                Action::Accept => continue,
                Action::Deny | Action::Pass => return Some(Action::Deny),
            }
        }
        if answers.contains(&Some(true)) && matches_ports(rule, packet) {
            return Some(action);
        }
    }
    None
}

/// Whether an end is one of a peer. None for a peer that is not known: "If an implementation sees
/// no fields are set then it can infer that the deployed CRD is of an incompatible version with
/// an unknown field. In that case it should fail closed."
fn is_peer(cluster: &Cluster, peer: &Value, end: End<'_>) -> Option<bool> {
    // "Networks defines a way to select peers via CIDR blocks. […] note that cluster-internal
    // traffic will be checked against the rule as well."
    if !peer["networks"].is_null() {
        let is_in = |it: &Value| in_block(it.as_str().expect("a block"), end.address);
        return Some(list(&peer["networks"]).iter().any(is_in));
    }
    // "It selects the nodeIPs as the peer type by matching on the IPs present in the
    // node.Status.Addresses field of the node."
    if !peer["nodes"].is_null() {
        return Some(cluster.nodes.values().any(|node| {
            selects(&peer["nodes"], &node.labels) && node.addresses.contains(&end.address)
        }));
    }
    if peer["namespaces"].is_null() && peer["pods"].is_null() {
        return None;
    }
    // "Note that host-networked pods are not included in this type of peer."
    let pod = end.pod.filter(|pod| !pod.is_on_host_network);
    pod.map_or(Some(false), |pod| selects_pod(cluster, peer, pod))
}

/// v1alpha1 `ports`: "If Ports is not set then the rule does not filter traffic via port."
/// v1alpha2 `protocols`: "If unspecified, protocol-specific attributes will not be used to match
/// traffic."
fn matches_ports(rule: &Value, packet: &Packet<'_>) -> bool {
    if rule["ports"].is_null() && rule["protocols"].is_null() {
        return true;
    }
    list(&rule["ports"]).iter().any(|port| matches_port(port, packet))
        || list(&rule["protocols"]).iter().any(|protocol| matches_protocol(protocol, packet))
}

/// `AdminNetworkPolicyPort`: "Exactly one field must be set."
fn matches_port(port: &Value, packet: &Packet<'_>) -> bool {
    // "If not specified, this field defaults to TCP."
    let is_protocol = |it: &Value| it["protocol"].as_str().unwrap_or("TCP") == packet.protocol;
    let (one, range) = (&port["portNumber"], &port["portRange"]);
    if !one.is_null() {
        return is_protocol(one) && number(&one["port"]) == packet.port;
    }
    if !range.is_null() {
        return is_protocol(range) && is_in_range(range, packet.port);
    }
    is_named(&port["namedPort"], packet)
}

/// `ClusterNetworkPolicyProtocol`: "Exactly one field must be set."
fn matches_protocol(protocol: &Value, packet: &Packet<'_>) -> bool {
    if !protocol["destinationNamedPort"].is_null() {
        return is_named(&protocol["destinationNamedPort"], packet);
    }
    let attributes = &protocol[packet.protocol.to_lowercase().as_str()];
    let port = &attributes["destinationPort"];
    // "You must specify either Port or Range."
    if port["range"].is_null() {
        !port.is_null() && number(&port["number"]) == packet.port
    } else {
        is_in_range(&port["range"], packet.port)
    }
}

/// "an inclusive range of ports from the assigned Start value to End value".
fn is_in_range(range: &Value, port: u16) -> bool {
    (number(&range["start"])..=number(&range["end"])).contains(&port)
}

/// "selects a destination port on a pod based on the `ContainerPort` name", of any protocol, as
/// none is named.
fn is_named(name: &Value, packet: &Packet<'_>) -> bool {
    let name = name.as_str().expect("a name");
    let pod = packet.to.pod.filter(|pod| !pod.is_on_host_network);
    pod.is_some_and(|pod| pod.numbers(name, packet.protocol).contains(&packet.port))
}
