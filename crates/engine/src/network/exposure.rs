//! Ways in from outside: services of every type, Ingress and Gateway routes, down to the pod's
//! own policies. A route that no listener takes is no way, nor is a backend in another namespace
//! that grants it to nobody; one whose gateway was not seen may be.
//!
//! What stands before a pod may hide who asks: a route's proxy always does, a node does where
//! `externalTrafficPolicy` is `Cluster` and the plugin does not keep the source. There only what
//! is open to everybody is certain; the node's own traffic is always let in, so nothing is
//! certainly closed.

use std::collections::HashMap;

use model::{Node, ObjectId, Snapshot, WorldId};

use super::Network;
use super::address::{AddressSet, Prefix, parse_address};
use super::answer::WorkloadId;
use super::policy;
use super::ports::Protocol;
use super::route::{Attachment, PortName, Routes};
use super::security_group::Direction;
use super::security_group::{Opening, SecurityGroup, opening};
use super::service::{Endpoints, Services};

/// Most ways that are told; [`Exposure::is_whole`] says whether there are more.
const WAYS_MAX: usize = 100_000;

/// By what somebody outside comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entrance {
    /// A load balancer of a Service.
    LoadBalancer,
    /// A port of every node.
    NodePort,
    /// An external address of a Service.
    ExternalAddress,
    /// An Ingress, or a route of the Gateway API, that sends to a Service.
    Route(ObjectId),
}

/// What the pod's policies say to those who come this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// All of them get through.
    Open,
    /// None of them does.
    Closed,
    /// Some addresses do, and others do not.
    Partial,
    /// That is not known.
    Unknown,
}

/// A way from outside to a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// By what it comes in.
    pub entrance: Entrance,
    /// The Service it goes through.
    pub service: ObjectId,
    /// Who may come this way, of those asked about.
    pub from: AddressSet,
    /// The protocol.
    pub protocol: Protocol,
    /// The port they ask for: the service's, the node's at a node port; 0 where the API server
    /// chooses it. That of a route is its gateway's and not told here.
    pub port: u16,
    /// Where it ends.
    pub target: WorkloadId,
    /// The pod's port.
    pub target_port: u16,
    /// Whether the pod sees the address of who asks.
    pub keeps_source: bool,
    /// What the pod's policies say.
    pub passage: Passage,
}

/// All ways in.
#[derive(Debug, Default)]
pub struct Exposure {
    /// The ways.
    pub ways: Vec<Way>,
    /// Services that are open to outside and whose endpoints are not known: they select no pods
    /// and addresses that are no seen pod's are written for them, or none are, or they have a
    /// field that cannot be read.
    pub unresolved: Vec<ObjectId>,
    /// Whether all ways are told.
    pub is_whole: bool,
}

impl Network {
    /// By which ways addresses reach pods from outside. The snapshot is the one the network was
    /// built from.
    pub fn exposure(&self, snapshot: &Snapshot, world: WorldId, from: &AddressSet) -> Exposure {
        let services = Services::read(self, snapshot, world);
        let routes = Routes::read(snapshot, world);
        let found = Exposure { is_whole: true, ..Exposure::default() };
        let mut search = Search { network: self, snapshot, from, services: &services, found };
        for id in services.all() {
            search.service(*id);
        }
        for id in routes.all() {
            search.route(&routes, *id);
        }
        search.found.unresolved.sort_unstable();
        search.found.unresolved.dedup();
        search.found
    }
}

impl Exposure {
    /// Takes into account the security groups before nodes with these addresses, in the order
    /// they are asked. They stand before node ports and load balancers, whose packets arrive with
    /// the service's port; before which of them a route's proxy stands is not known.
    pub fn behind(&mut self, groups: &[&SecurityGroup], nodes: &AddressSet) {
        let mut known: HashMap<AddressSet, Option<Opening>> = HashMap::new();
        for way in &mut self.ways {
            if matches!(way.entrance, Entrance::Route(_)) {
                continue;
            }
            let open = known
                .entry(way.from.clone())
                .or_insert_with(|| opening(groups, Direction::Inbound, &way.from, nodes));
            let passage = match open {
                // The API server will choose the port.
                Some(_) if way.port == 0 => Passage::Unknown,
                Some(open) if open.everywhere.contains(way.protocol, way.port) => Passage::Open,
                Some(open) if !open.possible.contains(way.protocol, way.port) => Passage::Closed,
                Some(open) if open.somewhere.contains(way.protocol, way.port) => Passage::Partial,
                _ => Passage::Unknown,
            };
            way.passage = way.passage.and(passage);
        }
    }
}

impl Passage {
    /// What gets through both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Closed, _) | (_, Self::Closed) => Self::Closed,
            (Self::Open, other) => other,
            (one, Self::Open) => one,
            // Whether the same addresses pass both is not asked.
            _ => Self::Unknown,
        }
    }
}

struct Search<'a> {
    network: &'a Network,
    snapshot: &'a Snapshot,
    from: &'a AddressSet,
    services: &'a Services<'a>,
    found: Exposure,
}

/// How somebody comes to a Service.
struct Coming {
    entrance: Entrance,
    from: AddressSet,
    keeps_source: bool,
    /// Whether this way is certainly there.
    is_certain: bool,
}

impl Search<'_> {
    fn service(&mut self, id: ObjectId) {
        let object = self.snapshot.object(id);
        let Some(spec) = object.root.get("spec") else { return };
        let kind = spec.str("type").unwrap_or("ClusterIP");
        let is_local = spec.str("externalTrafficPolicy") == Some("Local");
        let keeps_source = is_local || self.network.profile().keeps_source_address;
        let mut entrances = Vec::new();
        if kind == "LoadBalancer" {
            match ranges(spec) {
                Some(ranges) => entrances.push((Entrance::LoadBalancer, ranges)),
                None => self.found.unresolved.push(id),
            }
        }
        let has_node_ports = spec.bool("allocateLoadBalancerNodePorts").unwrap_or(true);
        if kind == "NodePort" || kind == "LoadBalancer" && has_node_ports {
            entrances.push((Entrance::NodePort, AddressSet::all()));
        }
        let is_address = |it: Node<'_>| it.as_str().and_then(parse_address).is_some();
        if spec.list("externalIPs").any(is_address) {
            entrances.push((Entrance::ExternalAddress, AddressSet::all()));
        }
        for (entrance, ranges) in entrances {
            let from = self.from.intersection(&ranges);
            if !from.is_empty() {
                let coming = Coming { entrance, from, keeps_source, is_certain: true };
                self.through(id, PortName::Any, &coming);
            }
        }
    }

    fn route(&mut self, routes: &Routes<'_>, id: ObjectId) {
        let object = self.snapshot.object(id);
        let attachment = routes.attachment(&object);
        if matches!(attachment, Attachment::Refused(_)) {
            return;
        }
        let coming = Coming {
            entrance: Entrance::Route(id),
            from: self.from.clone(),
            keeps_source: false,
            is_certain: attachment == Attachment::Attached,
        };
        for backend in routes.backends(&object).into_iter().filter(|it| it.is_granted) {
            // A service that is not there has no endpoints.
            for service in self.services.find(backend.namespace, backend.name) {
                self.through(service, backend.port, &coming);
            }
        }
    }

    /// The ways through a service, to each pod behind it.
    fn through(&mut self, id: ObjectId, wanted: PortName<'_>, coming: &Coming) {
        let object = self.snapshot.object(id);
        let Some(spec) = object.root.get("spec") else { return };
        if spec.str("type") == Some("ExternalName") {
            return;
        }
        let endpoints = self.services.endpoints(&object);
        if matches!(endpoints, Endpoints::Unknown) {
            self.found.unresolved.push(id);
            return;
        }
        for port in spec.list("ports").filter(|port| wanted.is(*port)) {
            let Some(protocol) = Protocol::of(port.str("protocol").unwrap_or("TCP")) else {
                self.found.unresolved.push(id);
                continue;
            };
            let targets: Vec<(WorkloadId, u16)> = match &endpoints {
                Endpoints::Selected(selected) => selected
                    .iter()
                    .filter_map(|target| Some((*target, self.services.target_port(*target, port)?)))
                    .collect(),
                Endpoints::Written(written) => {
                    written.iter().filter_map(|it| Some((it.target, it.number_of(port)?))).collect()
                }
                Endpoints::Unknown => Vec::new(),
            };
            for target in targets {
                if self.found.ways.len() >= WAYS_MAX {
                    self.found.is_whole = false;
                    return;
                }
                let way = self.way(id, port, protocol, target, coming);
                self.found.ways.push(way);
            }
        }
    }

    fn way(
        &self,
        service: ObjectId,
        port: Node<'_>,
        protocol: Protocol,
        (target, target_port): (WorkloadId, u16),
        coming: &Coming,
    ) -> Way {
        let Coming { entrance, from, keeps_source, is_certain } = coming;
        let is_node_port = *entrance == Entrance::NodePort;
        let outer = port.int(if is_node_port { "nodePort" } else { "port" });
        let passage = self.passage(target, from, protocol, target_port, *keeps_source);
        Way {
            entrance: *entrance,
            service,
            from: from.clone(),
            protocol,
            port: outer.and_then(|it| u16::try_from(it).ok()).unwrap_or(0),
            target,
            target_port,
            keeps_source: *keeps_source,
            passage: if *is_certain { passage } else { passage.and(Passage::Unknown) },
        }
    }

    fn passage(
        &self,
        id: WorkloadId,
        from: &AddressSet,
        protocol: Protocol,
        port: u16,
        keeps_source: bool,
    ) -> Passage {
        if self.network.isolated(id, policy::Direction::Ingress) == Some(false)
            && !self.network.is_subject_of_tiers(id, policy::Direction::Ingress)
        {
            return Passage::Open;
        }
        let asked = if keeps_source { from.clone() } else { AddressSet::all() };
        let parts = self.network.parts(id, &asked, policy::Direction::Ingress);
        let open = parts.iter().filter(|(_, it)| it.allowed.contains(protocol, port)).count();
        if parts.iter().any(|(_, it)| it.unknown.contains(protocol, port)) {
            return Passage::Unknown;
        }
        match open {
            all if all == parts.len() => Passage::Open,
            _ if !keeps_source => Passage::Unknown,
            0 => Passage::Closed,
            _ => Passage::Partial,
        }
    }
}

/// The source ranges of a load balancer: everybody where none are named, none of them where one
/// cannot be read.
fn ranges(spec: Node<'_>) -> Option<AddressSet> {
    let mut prefixes = Vec::new();
    for item in spec.list("loadBalancerSourceRanges") {
        prefixes.push(Prefix::parse(item.as_str()?.trim())?);
    }
    Some(if prefixes.is_empty() { AddressSet::all() } else { AddressSet::of_prefixes(prefixes) })
}
