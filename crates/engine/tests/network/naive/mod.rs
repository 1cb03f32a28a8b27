//! Network policies judged packet by packet, as their documentation tells it.
//!
//! Deliberately naive: objects stay JSON, nothing is prepared, every policy is read anew for every
//! packet. It shares no code with the engine and was written without sight of it. Sentences in
//! quotation marks are upstream's own, from the comments of the types in `k8s.io/api/networking/v1`
//! 1.37, `sigs.k8s.io/network-policy-api` v1alpha1 and v1alpha2, or the page "Network Policies" of
//! kubernetes.io, which the comment names.

mod address;
mod network_policy;
mod selector;
mod tiers;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

pub(crate) use address::in_block;

/// Labels of a pod, a namespace or a node.
pub(crate) type Labels = BTreeMap<String, String>;

/// The objects of a cluster, by what a packet meets.
#[derive(Default)]
pub(crate) struct Cluster {
    pub(crate) namespaces: BTreeMap<String, Labels>,
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) pods: Vec<Pod>,
    network_policies: Vec<Value>,
    admin_policies: Vec<Value>,
    baseline_policies: Vec<Value>,
    tiered_policies: Vec<Value>,
}

pub(crate) struct Node {
    labels: Labels,
    pub(crate) addresses: Vec<IpAddr>,
}

/// A pod that runs.
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    labels: Labels,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) is_on_host_network: bool,
    node: String,
    /// Name, protocol, number.
    pub(crate) named_ports: Vec<(String, String, u16)>,
}

/// One side of a packet.
#[derive(Clone, Copy)]
pub(crate) struct End<'a> {
    /// The pod whose address it is. None outside the cluster.
    pub(crate) pod: Option<&'a Pod>,
    pub(crate) address: IpAddr,
}

/// The first packet of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) from: End<'a>,
    pub(crate) to: End<'a>,
    pub(crate) protocol: &'a str,
    pub(crate) port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

/// What may become of a packet: both where the documentation leaves the order open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) can_pass: bool,
    pub(crate) can_fail: bool,
}

impl Outcome {
    const PASS: Self = Self { can_pass: true, can_fail: false };

    fn of(passes: bool) -> Self {
        Self { can_pass: passes, can_fail: !passes }
    }
}

/// Whether one end can open a connection to the other. With several addresses a way over one pair
/// of them is enough.
pub(crate) fn allows(
    cluster: &Cluster,
    from: &[End<'_>],
    to: &[End<'_>],
    protocol: &str,
    port: u16,
) -> Outcome {
    let mut all = Outcome { can_pass: false, can_fail: true };
    for &from in from {
        for &to in to.iter().filter(|to| to.address.is_ipv4() == from.address.is_ipv4()) {
            let one = judge(cluster, Packet { from, to, protocol, port });
            all.can_pass |= one.can_pass;
            all.can_fail &= one.can_fail;
        }
    }
    all
}

/// The two sides of a packet's way.
///
/// Page: "For a connection from a source pod to a destination pod to be allowed, both the egress
/// policy on the source pod and the ingress policy on the destination pod need to allow the
/// connection. If either side does not allow the connection, it will not happen."
pub(crate) fn judge(cluster: &Cluster, packet: Packet<'_>) -> Outcome {
    // Page, of what policies cannot do: "Pods cannot currently block localhost access, nor do they
    // have the ability to block access from their resident node."
    if let (Some(from), Some(to)) = (packet.from.pod, packet.to.pod)
        && std::ptr::eq(from, to)
    {
        return Outcome::PASS;
    }
    let egress = side(cluster, &packet, Direction::Egress);
    let ingress = side(cluster, &packet, Direction::Ingress);
    Outcome {
        can_pass: egress.can_pass && ingress.can_pass,
        can_fail: egress.can_fail || ingress.can_fail,
    }
}

/// One side. v1alpha2: "Policy tiers are evaluated in the following order: Admin tier,
/// `NetworkPolicy` tier, Baseline tier. […] If a given connection wasn't allowed or denied by any
/// of the tiers, the default kubernetes policy is applied, which says that all pods can
/// communicate with each other."
fn side(cluster: &Cluster, packet: &Packet<'_>, direction: Direction) -> Outcome {
    let subject = match direction {
        Direction::Ingress => packet.to.pod,
        Direction::Egress => packet.from.pod,
    };
    // Page, on hostNetwork pods: "the behaviour is undefined, but it should be limited to 2
    // possibilities", of which the second "is the most common": the plugin "ignores hostNetwork
    // pods when matching podSelector and namespaceSelector. Traffic to/from hostNetwork pods is
    // treated the same as all other traffic to/from the node IP."
    let Some(subject) = subject.filter(|pod| !pod.is_on_host_network) else {
        return Outcome::PASS;
    };
    if direction == Direction::Ingress && is_own_node(cluster, subject, packet.from) {
        return Outcome::PASS;
    }
    let mut outcome = Outcome { can_pass: false, can_fail: false };
    for decision in tiers::admin(cluster, subject, packet, direction) {
        let one = match decision {
            Some(tiers::Action::Accept) => Outcome::of(true),
            Some(tiers::Action::Deny) => Outcome::of(false),
            Some(tiers::Action::Pass) | None => below(cluster, subject, packet, direction),
        };
        outcome.can_pass |= one.can_pass;
        outcome.can_fail |= one.can_fail;
    }
    outcome
}

/// What stands below the Admin tier. "v1.NetworkPolicy always makes a final decision for selected
/// pods. Further evaluation only happens for Pods not selected by a v1.NetworkPolicy."
fn below(cluster: &Cluster, pod: &Pod, packet: &Packet<'_>, direction: Direction) -> Outcome {
    if let Some(passes) = network_policy::decide(cluster, pod, packet, direction) {
        return Outcome::of(passes);
    }
    let decisions = tiers::baseline(cluster, pod, packet, direction);
    let is_deny = |it: &Option<tiers::Action>| *it == Some(tiers::Action::Deny);
    Outcome {
        can_pass: decisions.iter().any(|it| !is_deny(it)),
        can_fail: decisions.iter().any(is_deny),
    }
}

/// `NetworkPolicySpec.ingress`: "Traffic is allowed to a pod […] if the traffic source is the
/// pod's local node". Pods on the host's network are the node.
fn is_own_node(cluster: &Cluster, pod: &Pod, source: End<'_>) -> bool {
    let is_there = source.pod.is_some_and(|it| it.is_on_host_network && it.node == pod.node);
    let node = cluster.nodes.get(&pod.node);
    !pod.node.is_empty()
        && (is_there
            || source.pod.is_none_or(|it| it.is_on_host_network)
                && node.is_some_and(|node| node.addresses.contains(&source.address)))
}

impl Pod {
    /// The ends of packets from or to it.
    pub(crate) fn ends(&self) -> Vec<End<'_>> {
        self.addresses.iter().map(|&address| End { pod: Some(self), address }).collect()
    }

    /// The numbers a name stands for on this pod, for one protocol or for all.
    fn numbers(&self, name: &str, protocol: &str) -> Vec<u16> {
        (self.named_ports.iter())
            .filter(|(its, of, _)| its == name && of == protocol)
            .map(|&(_, _, number)| number)
            .collect()
    }
}

impl Cluster {
    /// Reads objects as the API server returns them.
    pub(crate) fn of(objects: &[Value]) -> Self {
        let mut cluster = Self::default();
        for object in objects {
            let version = object["apiVersion"].as_str().expect("an apiVersion");
            match (version, object["kind"].as_str().expect("a kind")) {
                ("v1", "Namespace") => {
                    let name = text(&object["metadata"]["name"]);
                    let mut labels = labels(&object["metadata"]["labels"]);
                    // Page: "The Kubernetes control plane sets an immutable label
                    // kubernetes.io/metadata.name on all namespaces, the value of the label is
                    // the namespace name."
                    labels.insert("kubernetes.io/metadata.name".to_owned(), name.clone());
                    cluster.namespaces.insert(name, labels);
                }
                ("v1", "Node") => {
                    let node = Node {
                        labels: labels(&object["metadata"]["labels"]),
                        addresses: list(&object["status"]["addresses"])
                            .iter()
                            .map(|it| address(&it["address"]))
                            .collect(),
                    };
                    cluster.nodes.insert(text(&object["metadata"]["name"]), node);
                }
                ("v1", "Pod") => cluster.pods.extend(pod(object)),
                ("networking.k8s.io/v1", _) => cluster.network_policies.push(object.clone()),
                (_, "AdminNetworkPolicy") => cluster.admin_policies.push(object.clone()),
                (_, "BaselineAdminNetworkPolicy") => {
                    cluster.baseline_policies.push(object.clone());
                }
                (_, "ClusterNetworkPolicy") => cluster.tiered_policies.push(object.clone()),
                other => panic!("{other:?}"),
            }
        }
        cluster
    }
}

/// A pod that runs, or None: one that has ended has no address any more.
fn pod(object: &Value) -> Option<Pod> {
    let (metadata, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    if matches!(status["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return None;
    }
    // Containers that start and end before the pod runs serve nothing: "sidecar" containers are
    // "init containers" with a "restartPolicy of Always".
    let sidecars =
        list(&spec["initContainers"]).iter().filter(|it| it["restartPolicy"] == "Always");
    let containers = list(&spec["containers"]).iter().chain(sidecars);
    let ports = containers.flat_map(|container| list(&container["ports"]));
    Some(Pod {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        labels: labels(&metadata["labels"]),
        addresses: list(&status["podIPs"]).iter().map(|it| address(&it["ip"])).collect(),
        is_on_host_network: spec["hostNetwork"] == true,
        node: text(&spec["nodeName"]),
        named_ports: ports
            .filter(|port| port["name"].is_string())
            .map(|port| {
                // `ContainerPort.protocol`: "Defaults to TCP".
                let protocol = port["protocol"].as_str().unwrap_or("TCP").to_owned();
                (text(&port["name"]), protocol, number(&port["containerPort"]))
            })
            .collect(),
    })
}

/// The items of a list. One that is absent has none.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> u16 {
    value.as_u64().and_then(|it| it.try_into().ok()).unwrap_or_else(|| panic!("a port: {value}"))
}

fn address(value: &Value) -> IpAddr {
    value.as_str().and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("an address: {value}"))
}

fn labels(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}
