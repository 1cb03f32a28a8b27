//! Services: which pods stand behind them, and on which ports.

use std::collections::HashMap;
use std::net::IpAddr;

use model::{Node, Object, ObjectId, Snapshot, Value, WorldId};

use super::address::parse_address;
use super::answer::WorkloadId;
use super::ports::Protocol;
use super::{Network, workload};

/// The Services of a world, with what tells their endpoints.
pub struct Services<'a> {
    network: &'a Network,
    snapshot: &'a Snapshot,
    /// By namespace and name: each of several versions may be the one that holds.
    by_name: HashMap<(&'a str, &'a str), Vec<ObjectId>>,
    /// In the order they were taken in.
    all: Vec<ObjectId>,
    /// Workloads by namespace and label, each list in order.
    labelled: HashMap<String, Vec<WorkloadId>>,
    /// `EndpointSlice`s and `Endpoints` by the namespace and name of their Service.
    written: HashMap<(&'a str, &'a str), Vec<ObjectId>>,
    by_address: HashMap<IpAddr, WorkloadId>,
}

/// What stands behind a Service.
pub(super) enum Endpoints {
    /// Pods that it selects.
    Selected(Vec<WorkloadId>),
    /// Ports of pods that are written down for it.
    Written(Vec<Written>),
    /// That is not known: nothing is written down, or addresses of which no pod was seen.
    Unknown,
}

/// A port of a pod that is written down for a Service.
pub(super) struct Written {
    pub(super) target: WorkloadId,
    name: String,
    protocol: Protocol,
    number: u16,
}

/// Says of an `EndpointSlice` whose it is.
///
/// Source: `LabelServiceName` in `k8s.io/api/discovery/v1/well_known_labels.go`.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// A label within a namespace. No name has a zero in it.
fn label(namespace: &str, key: &str, value: &str) -> String {
    format!("{namespace}\0{key}\0{value}")
}

impl<'a> Services<'a> {
    /// Those of the world that the network was built from.
    pub fn read(network: &'a Network, snapshot: &'a Snapshot, world: WorldId) -> Self {
        let mut found = Self {
            network,
            snapshot,
            by_name: HashMap::new(),
            all: Vec::new(),
            labelled: HashMap::new(),
            written: HashMap::new(),
            by_address: HashMap::new(),
        };
        for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
            let object = snapshot.object(id);
            let Some(namespace) = object.namespace else { continue };
            match (object.group(), object.kind) {
                ("", "Service") => {
                    found.all.push(id);
                    found.by_name.entry((namespace, object.name)).or_default().push(id);
                }
                ("", "Endpoints") => {
                    found.written.entry((namespace, object.name)).or_default().push(id);
                }
                ("discovery.k8s.io", "EndpointSlice") => {
                    let labels = object.root.field("metadata.labels");
                    if let Some(service) = labels.and_then(|it| it.str(SERVICE_NAME)) {
                        found.written.entry((namespace, service)).or_default().push(id);
                    }
                }
                _ => {}
            }
        }
        found.index_workloads();
        found
    }

    fn index_workloads(&mut self) {
        for id in self.network.workloads() {
            let it = self.network.workload(id);
            let namespace = self.network.namespace_of(id);
            let pods = self.snapshot.object(it.object).pods();
            let Some(pod) = pods.get(it.template as usize) else { continue };
            let labels = pod.root.field("metadata.labels");
            for (key, value) in labels.into_iter().flat_map(Node::entries) {
                if let Some(value) = value.as_str() {
                    self.labelled.entry(label(namespace, key, value)).or_default().push(id);
                }
            }
            // Pods on their node's network share its address.
            if !it.host_network && !self.written.is_empty() {
                self.by_address.extend(it.addresses.iter().map(|address| (*address, id)));
            }
        }
    }

    /// All of them, in the order they were taken in.
    pub fn all(&self) -> &[ObjectId] {
        &self.all
    }

    /// The Services of this name: none, one, or several versions of it.
    pub fn find(&self, namespace: &str, name: &str) -> Vec<ObjectId> {
        self.by_name.get(&(namespace, name)).cloned().unwrap_or_default()
    }

    /// The workloads a Service selects; none where it selects none itself: others write its
    /// endpoints, or it is another name for a host.
    pub fn selected(&self, service: &Object<'_>) -> Option<Vec<WorkloadId>> {
        let spec = service.root.get("spec")?;
        if spec.str("type") == Some("ExternalName") {
            return None;
        }
        let selector: Vec<(&str, &str)> = spec
            .get("selector")?
            .entries()
            .map(|(key, value)| Some((key, value.as_str()?)))
            .collect::<Option<_>>()?;
        let namespace = service.namespace.filter(|_| !selector.is_empty())?;
        let with = |(key, value): &(&str, &str)| {
            self.labelled.get(&label(namespace, key, value)).map_or(&[][..], Vec::as_slice)
        };
        // The rarest label first, so that common ones cost little.
        let mut lists: Vec<&[WorkloadId]> = selector.iter().map(with).collect();
        lists.sort_by_key(|list| list.len());
        let (first, rest) = lists.split_first()?;
        let is_in_all = |id: &&WorkloadId| rest.iter().all(|list| list.binary_search(id).is_ok());
        Some(first.iter().filter(is_in_all).copied().collect())
    }

    /// The number of a Service's port at a workload; none where it has no port of that name.
    ///
    /// Source: `FindPort` in `pkg/api/v1/pod/util.go` of `k8s.io/kubernetes`.
    pub fn target_port(&self, id: WorkloadId, port: Node<'_>) -> Option<u16> {
        let number = |number: i64| u16::try_from(number).ok().filter(|number| *number > 0);
        let protocol = Protocol::of(port.str("protocol").unwrap_or("TCP"))?;
        match port.get("targetPort").map(Node::value) {
            Some(Value::String(name)) => {
                let it = self.network.workload(id);
                let pods = self.snapshot.object(it.object).pods();
                let named = workload::named_ports(pods.get(it.template as usize)?);
                let found = named.iter().find(|(known, of, _)| known == name && *of == protocol);
                found.map(|(_, _, number)| *number)
            }
            None | Some(Value::Int(0)) => number(port.int("port")?),
            _ => number(port.int("targetPort")?),
        }
    }

    /// What stands behind a Service.
    pub(super) fn endpoints(&self, service: &Object<'_>) -> Endpoints {
        if let Some(selected) = self.selected(service) {
            return Endpoints::Selected(selected);
        }
        let mut found = Vec::new();
        for object in self.written(service) {
            if !ends(&object).iter().all(|end| self.add(&object, end, &mut found)) {
                return Endpoints::Unknown;
            }
        }
        if found.is_empty() { Endpoints::Unknown } else { Endpoints::Written(found) }
    }

    /// The `EndpointSlice`s and `Endpoints` that are written for a Service.
    pub(super) fn written(&self, service: &Object<'_>) -> Vec<Object<'a>> {
        let key = (service.namespace.unwrap_or_default(), service.name);
        let written = self.written.get(&key).into_iter().flatten();
        written.map(|id| self.snapshot.object(*id)).collect()
    }

    /// Adds the ports of one end; whether the pod at its address was seen.
    fn add(&self, object: &Object<'_>, end: &End<'_>, found: &mut Vec<Written>) -> bool {
        let named = end.node.get("targetRef").filter(|it| it.str("kind") == Some("Pod"));
        let pod = named.and_then(|it| {
            let namespace = it.str("namespace").or(object.namespace)?;
            self.network.find_pod(namespace, it.str("name")?)
        });
        // All addresses of an end are the same pod's.
        let by_address = || self.by_address.get(&parse_address(end.addresses.first()?)?).copied();
        let Some(target) = pod.or_else(by_address) else { return false };
        found.extend(end.ports.list("ports").filter_map(|port| {
            let number = u16::try_from(port.int("port")?).ok().filter(|number| *number > 0)?;
            let protocol = Protocol::of(port.str("protocol").unwrap_or("TCP"))?;
            let name = port.str("name").unwrap_or_default().to_owned();
            Some(Written { target, name, protocol, number })
        }));
        true
    }
}

/// One end that is written for a Service.
pub(super) struct End<'a> {
    node: Node<'a>,
    pub(super) addresses: Vec<&'a str>,
    /// What has the list of its ports.
    pub(super) ports: Node<'a>,
    /// Whether it takes connections.
    pub(super) is_ready: bool,
}

/// The ends in an `EndpointSlice` or in `Endpoints`.
pub(super) fn ends<'a>(object: &Object<'a>) -> Vec<End<'a>> {
    if object.kind == "EndpointSlice" {
        let end = |node: Node<'a>| End {
            node,
            addresses: node.list("addresses").filter_map(Node::as_str).collect(),
            ports: object.root,
            is_ready: true,
        };
        return object.root.list("endpoints").map(end).collect();
    }
    let mut found = Vec::new();
    for subset in object.root.list("subsets") {
        for (list, is_ready) in [("addresses", true), ("notReadyAddresses", false)] {
            found.extend(subset.list(list).map(|node| End {
                node,
                addresses: node.str("ip").into_iter().collect(),
                ports: subset,
                is_ready,
            }));
        }
    }
    found
}

impl Written {
    /// Its number, if it is written down for this port of the Service.
    ///
    /// Source: the field `Name` of `EndpointPort` in `k8s.io/api/discovery/v1/types.go`.
    pub(super) fn number_of(&self, port: Node<'_>) -> Option<u16> {
        let is_same = self.name == port.str("name").unwrap_or_default()
            && self.protocol.name() == port.str("protocol").unwrap_or("TCP");
        is_same.then_some(self.number)
    }
}
