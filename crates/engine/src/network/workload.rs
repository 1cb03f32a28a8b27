//! What of a world matters: policies, namespaces, and what runs in them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use model::{
    ContainerKind, Gap, GapKind, KubernetesVersion, Node, Object, ObjectId, Pod, Snapshot, WorldId,
};

use super::address::{AddressSet, parse_address};
use super::fields::{Fault, Refusal};
use super::policy::{
    Action, Labels, Match, Namespaces, Peer, PodPeer, Policy, Rule, Selector, Tier,
};
use super::ports::Protocol;
use super::{read, read_tiers};

pub(super) const TIERS_GROUP: &str = "policy.networking.k8s.io";
/// Implied on every namespace by the API server.
pub(super) const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// Where `StrictIPCIDRValidation` is on by default (KEP-4858).
const STRICT_SINCE: KubernetesVersion = KubernetesVersion::minor(36);
/// Addresses of one pod, and named ports: more than the API takes.
const ADDRESSES_MAX: usize = 16;
const PORTS_MAX: usize = 1_000;

#[derive(Default)]
pub(super) struct Inventory {
    pub(super) policies: Vec<Policy>,
    pub(super) around: Surroundings,
    /// Objects that may make pods.
    pub(super) makers: Vec<ObjectId>,
    pub(super) services: Vec<ObjectId>,
    pub(super) gaps: Vec<Gap>,
    /// What makes pods for others, and whom they belong to, by namespace, kind and name.
    owners: HashMap<(String, String, String), (String, String)>,
    /// Workloads that were seen, by namespace, kind and name.
    seen: HashSet<(String, String, String)>,
}

/// What policies are read by, beside themselves.
#[derive(Default)]
pub(super) struct Surroundings {
    pub(super) namespaces: BTreeMap<String, Namespace>,
    /// Labels and addresses of the nodes.
    nodes: Vec<(BTreeMap<String, String>, Vec<IpAddr>)>,
    /// Whether the API server takes prefixes in one notation only.
    is_strict: bool,
}

#[derive(Default)]
pub(super) struct Namespace {
    pub(super) labels: BTreeMap<String, String>,
    /// Whether its object was seen, once, or in versions that agree.
    pub(super) is_known: bool,
}

pub(super) fn read(snapshot: &Snapshot, world: WorldId) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.around.is_strict = snapshot.version_of(world) >= STRICT_SINCE;
    for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
        let object = snapshot.object(id);
        if is_policy(&object) {
            inventory.around.policy(&object, id, &mut inventory.policies, &mut inventory.gaps);
            continue;
        }
        match (object.group(), object.kind) {
            _ if !matters(&object) => {}
            ("", "Namespace") => inventory.namespace(&object),
            ("", "Service") => inventory.services.push(id),
            ("", "Pod") => inventory.makers.push(id),
            ("", "Node") => inventory.node(&object),
            _ => inventory.maker(&object, id),
        }
    }
    inventory.policies.sort_by_key(|policy| (policy.tier, policy.id));
    inventory.around.find_nodes(&mut inventory.policies);
    inventory
}

/// Whether the network may hang on an object: it is a policy, or something that makes pods or may
/// make some, or what those are told apart by.
pub(super) fn matters(object: &Object<'_>) -> bool {
    match (object.group(), object.kind) {
        (TIERS_GROUP, _) => is_policy(object),
        ("", "Secret" | "ConfigMap" | "ServiceAccount" | "Event" | "Endpoints")
        | ("rbac.authorization.k8s.io" | "discovery.k8s.io", _) => false,
        _ => true,
    }
}

/// Whether an object is a policy of one of the generations.
pub(super) fn is_policy(object: &Object<'_>) -> bool {
    match object.group() {
        "networking.k8s.io" => object.kind == "NetworkPolicy",
        TIERS_GROUP => read_tiers::Kind::of(object.kind).is_some(),
        _ => false,
    }
}

impl Inventory {
    fn maker(&mut self, object: &Object<'_>, id: ObjectId) {
        self.makers.push(id);
        let Some(namespace) = object.namespace else { return };
        let key = (namespace.to_owned(), object.kind.to_owned(), object.name.to_owned());
        if let Some(owner) = owner(object) {
            self.owners.insert(key, owner);
        } else {
            self.seen.insert(key);
        }
    }

    /// The workload that a pod or a template belongs to, if that was seen too.
    pub(super) fn top(&self, object: &Object<'_>) -> Option<(String, String)> {
        let namespace = object.namespace?.to_owned();
        let mut owner = owner(object)?;
        // A pod's ReplicaSet, its Deployment, and what may own that.
        for _ in 0..4 {
            let key = (namespace.clone(), owner.0.clone(), owner.1.clone());
            if self.seen.contains(&key) {
                return Some(owner);
            }
            match self.owners.get(&key) {
                Some(next) => owner = next.clone(),
                None => return None,
            }
        }
        None
    }

    fn namespace(&mut self, object: &Object<'_>) {
        let metadata = object.root.get("metadata");
        let labels = metadata.and_then(|it| it.get("labels"));
        let mut labels: BTreeMap<String, String> = labels
            .into_iter()
            .flat_map(Node::entries)
            .map(|(key, value)| (key.to_owned(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        labels.insert(NAME_LABEL.to_owned(), object.name.to_owned());
        let is_first = !self.around.namespaces.contains_key(object.name);
        let namespace = self.around.namespaces.entry(object.name.to_owned()).or_default();
        if is_first {
            *namespace = Namespace { labels, is_known: true };
        } else if namespace.labels != labels {
            namespace.labels.retain(|key, value| labels.get(key) == Some(value));
            namespace.is_known = false;
        }
    }

    fn node(&mut self, object: &Object<'_>) {
        let labels = object.root.field("metadata.labels");
        let labels = labels.into_iter().flat_map(Node::entries);
        let labels =
            labels.filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())));
        let status = object.root.get("status");
        let addresses = status.into_iter().flat_map(|status| status.list("addresses"));
        let addresses = addresses.filter_map(|it| parse_address(it.str("address")?));
        self.around.nodes.push((labels.collect(), addresses.take(ADDRESSES_MAX).collect()));
    }
}

impl Surroundings {
    /// Reads a policy; what cannot be read is told, and stands for anything.
    pub(super) fn policy(
        &self,
        object: &Object<'_>,
        id: ObjectId,
        policies: &mut Vec<Policy>,
        gaps: &mut Vec<Gap>,
    ) {
        let read = match (read_tiers::Kind::of(object.kind), object.namespace) {
            (Some(kind), _) => read_tiers::policy(object, id, kind),
            (None, Some(namespace)) => self.network_policy(object, id, namespace),
            (None, None) => {
                let reason =
                    "has no namespace, so where it holds is not known (`--namespace` sets one)";
                return gaps.push(gap(object, GapKind::NoObject, reason.to_owned()));
            }
        };
        policies.push(read.unwrap_or_else(|refusal| {
            let Refusal { path, reason, fault } = refusal;
            let (kind, end) = match fault {
                Fault::Type => (GapKind::WrongType, "the API server refuses it"),
                Fault::Value => (GapKind::InvalidValue, "the API server refuses it"),
                Fault::Unclear => (
                    GapKind::InvalidValue,
                    "the API server takes it, and what network plugins make of it is not known",
                ),
            };
            gaps.push(gap(object, kind, format!("`{path}` {reason}: {end}")));
            unreadable(object, id)
        }));
    }

    fn network_policy(
        &self,
        object: &Object<'_>,
        id: ObjectId,
        namespace: &str,
    ) -> Result<Policy, Refusal> {
        let policy = read::network_policy(object, id, namespace)?;
        if self.is_strict {
            read::refuse_host_bits(object)?;
        }
        Ok(policy)
    }

    /// Puts addresses in the place of nodes' labels. A cluster has nodes: where none was seen,
    /// any address may be one.
    pub(super) fn find_nodes(&self, policies: &mut [Policy]) {
        let mut known: HashMap<Selector, AddressSet> = HashMap::new();
        for policy in policies {
            let rules = [&mut policy.ingress, &mut policy.egress].into_iter().flatten().flatten();
            for (_, peer) in rules.filter_map(|rule| rule.peers.as_mut()).flatten() {
                let Peer::Nodes(selector) = peer else { continue };
                let set = known.entry(selector.clone()).or_insert_with(|| {
                    let is_matched = |labels: &BTreeMap<String, String>| {
                        let labels = Labels { known: labels, may_have_more: false };
                        selector.matches(&labels) == Match::Yes
                    };
                    let matched = self.nodes.iter().filter(|(labels, _)| is_matched(labels));
                    AddressSet::of_addresses(matched.flat_map(|(_, addresses)| addresses).copied())
                });
                *peer = Peer::NodeAddresses(set.clone(), !self.nodes.is_empty());
            }
        }
    }
}

/// Marks policies of one identity that say different things: each may be the one that holds.
/// `object` gives what the policy of a number was read from.
pub(super) fn mark_same_names<'a>(
    policies: &mut [Policy],
    object: impl Fn(usize, &Policy) -> Object<'a>,
) {
    let mut by_name: HashMap<(&str, Option<&str>, &str), Vec<usize>> = HashMap::new();
    for (number, policy) in policies.iter().enumerate() {
        let object = object(number, policy);
        by_name.entry((object.kind, object.namespace, object.name)).or_default().push(number);
    }
    let mut doubtful = Vec::new();
    for numbers in by_name.values().filter(|it| it.len() > 1) {
        let first = &policies[numbers[0]];
        let is_same = |policy: &Policy| Policy { id: first.id, ..policy.clone() } == *first;
        // A name that is made up by the API server is another one each time.
        let is_named = |number: &usize| {
            object(*number, &policies[*number]).root.field("metadata.name").is_some()
        };
        if numbers.iter().all(is_named) && !numbers.iter().all(|it| is_same(&policies[*it])) {
            doubtful.extend_from_slice(numbers);
        }
    }
    for number in doubtful {
        policies[number].is_certain = false;
    }
}

/// Kind and name of the controller of an object.
pub(super) fn owner(object: &Object<'_>) -> Option<(String, String)> {
    let owners = object.root.get("metadata")?.get("ownerReferences")?;
    let owner = owners.items().find(|owner| owner.bool("controller") == Some(true))?;
    Some((owner.str("kind")?.to_owned(), owner.str("name")?.to_owned()))
}

/// Stands for a policy that cannot be read: it may do anything to its namespace or, if it is one
/// of the cluster, to everybody.
fn unreadable(object: &Object<'_>, id: ObjectId) -> Policy {
    let rule = |action| Rule { index: 0, action, peers: None, ports: None };
    let is_namespaced = object.kind == "NetworkPolicy";
    let namespace = object.namespace.filter(|_| is_namespaced).map(str::to_owned);
    let namespaces = match &namespace {
        Some(namespace) => Namespaces::Named(namespace.clone()),
        None => Namespaces::Labelled(Selector::default()),
    };
    let rules = if is_namespaced {
        vec![rule(Action::Accept)]
    } else {
        vec![rule(Action::Accept), rule(Action::Deny), rule(Action::Pass)]
    };
    Policy {
        id,
        tier: if is_namespaced { Tier::Namespace } else { Tier::Admin(0) },
        namespace,
        subject: PodPeer { namespaces, pods: Selector::default() },
        ingress: Some(rules.clone()),
        egress: Some(rules),
        is_certain: false,
    }
}

fn gap(object: &Object<'_>, kind: GapKind, reason: String) -> Gap {
    Gap { kind, subject: object.identity().to_string(), location: None, reason }
}

/// Ports that have a name: those of regular containers and of sidecars, the first of a name and
/// protocol.
///
/// Source: `FindPort` in `pkg/api/v1/pod/util.go` of `k8s.io/kubernetes`.
pub(super) fn named_ports(pod: &Pod<'_>) -> Vec<(String, Protocol, u16)> {
    let mut found: Vec<(String, Protocol, u16)> = Vec::new();
    let containers = || pod.containers();
    let regular = containers().filter(|it| it.kind == ContainerKind::Regular);
    let sidecars = containers().filter(|it| it.kind == ContainerKind::Init && it.is_sidecar());
    for container in regular.chain(sidecars) {
        for port in container.node.list("ports").take(PORTS_MAX) {
            let Some(name) = port.str("name").filter(|name| !name.is_empty()) else { continue };
            let protocol = Protocol::of(port.str("protocol").unwrap_or("TCP"));
            let number = port.int("containerPort").and_then(|it| u16::try_from(it).ok());
            let (Some(protocol), Some(number)) = (protocol, number.filter(|it| *it > 0)) else {
                continue;
            };
            if !found.iter().any(|(known, of, _)| known == name && *of == protocol) {
                found.push((name.to_owned(), protocol, number));
            }
        }
    }
    found
}

/// Addresses a pod has, none where they are not known; nothing at all where it has ended.
pub(super) fn addresses(object: &Object<'_>) -> Option<Vec<IpAddr>> {
    let Some(status) = object.root.get("status") else { return Some(Vec::new()) };
    if matches!(status.str("phase"), Some("Succeeded" | "Failed")) {
        return None;
    }
    let list = status.list("podIPs").filter_map(|it| it.str("ip"));
    let mut found: Vec<IpAddr> =
        list.chain(status.str("podIP")).filter_map(parse_address).take(ADDRESSES_MAX).collect();
    found.sort_unstable();
    found.dedup();
    Some(found)
}
