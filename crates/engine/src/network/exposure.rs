//! Ways in from outside: services of every type, Ingress and Gateway routes, down to the pod's
//! own policies.
//!
//! What stands before a pod may hide who asks: a route's proxy always does, a node does where
//! `externalTrafficPolicy` is `Cluster` and the plugin does not keep the source. There only what
//! is open to everybody is certain; the node's own traffic is always let in, so nothing is
//! certainly closed.

use std::collections::HashMap;

use model::{Node, Object, ObjectId, Snapshot, WorldId};

use super::Network;
use super::address::{AddressSet, Prefix, parse_address};
use super::answer::WorkloadId;
use super::policy;
use super::ports::Protocol;
use super::security_group::Direction;
use super::security_group::{Opening, SecurityGroup, opening};
use super::service::Backends;

/// Most ways that are told; [`Exposure::is_whole`] says whether there are more.
const WAYS_MAX: usize = 100_000;
/// Kinds of routes of the Gateway API that name services.
const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"];

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
    /// Services that are open to outside and whose endpoints are not known: they select no pods,
    /// or have a field that cannot be read.
    pub unresolved: Vec<ObjectId>,
    /// Whether all ways are told.
    pub is_whole: bool,
}

/// A port of a service that a route names.
enum PortName<'a> {
    Number(i64),
    Name(&'a str),
    Any,
}

impl Network {
    /// By which ways addresses reach pods from outside. The snapshot is the one the network was
    /// built from.
    pub fn exposure(&self, snapshot: &Snapshot, world: WorldId, from: &AddressSet) -> Exposure {
        let mut search = Search {
            network: self,
            snapshot,
            from,
            services: HashMap::new(),
            backends: Backends::new(self, snapshot),
            found: Exposure { is_whole: true, ..Exposure::default() },
        };
        let mut routes = Vec::new();
        let mut services = Vec::new();
        for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
            let object = snapshot.object(id);
            let Some(namespace) = object.namespace else { continue };
            match (object.group(), object.kind) {
                ("", "Service") => {
                    services.push(id);
                    search.services.insert((namespace, object.name), id);
                }
                ("networking.k8s.io", "Ingress") => routes.push(id),
                ("gateway.networking.k8s.io", kind) if ROUTES.contains(&kind) => routes.push(id),
                _ => {}
            }
        }
        for id in services {
            search.service(id);
        }
        for id in routes {
            search.route(id);
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
    services: HashMap<(&'a str, &'a str), ObjectId>,
    backends: Backends<'a>,
    found: Exposure,
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
                self.through(id, &PortName::Any, (entrance, from, keeps_source));
            }
        }
    }

    fn route(&mut self, id: ObjectId) {
        let object = self.snapshot.object(id);
        for (namespace, name, port) in backends(&object) {
            // A service that is not there has no endpoints.
            if let Some(service) = self.services.get(&(namespace, name)).copied() {
                let way = (Entrance::Route(id), self.from.clone(), false);
                self.through(service, &port, way);
            }
        }
    }

    /// The ways through a service, to each pod that it selects.
    fn through(
        &mut self,
        id: ObjectId,
        wanted: &PortName<'_>,
        (entrance, from, keeps_source): (Entrance, AddressSet, bool),
    ) {
        let object = self.snapshot.object(id);
        let Some(spec) = object.root.get("spec") else { return };
        if spec.str("type") == Some("ExternalName") {
            return;
        }
        let Some(targets) = self.backends.selected(&object, spec) else {
            self.found.unresolved.push(id);
            return;
        };
        for port in spec.list("ports").filter(|port| is_wanted(*port, wanted)) {
            let Some(protocol) = Protocol::of(port.str("protocol").unwrap_or("TCP")) else {
                self.found.unresolved.push(id);
                continue;
            };
            let number = |key| port.int(key).and_then(|it| u16::try_from(it).ok()).unwrap_or(0);
            let is_node_port = entrance == Entrance::NodePort;
            let outer = number(if is_node_port { "nodePort" } else { "port" });
            for target in &targets {
                let target_port = self.backends.target_port(*target, port, protocol);
                let Some(target_port) = target_port else { continue };
                if self.found.ways.len() >= WAYS_MAX {
                    self.found.is_whole = false;
                    return;
                }
                let passage = self.passage(*target, &from, protocol, target_port, keeps_source);
                self.found.ways.push(Way {
                    entrance,
                    service: id,
                    from: from.clone(),
                    protocol,
                    port: outer,
                    target: *target,
                    target_port,
                    keeps_source,
                    passage,
                });
            }
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

fn is_wanted(port: Node<'_>, wanted: &PortName<'_>) -> bool {
    match wanted {
        PortName::Any => true,
        PortName::Number(number) => port.int("port") == Some(*number),
        PortName::Name(name) => port.str("name") == Some(*name),
    }
}

/// Namespace, name and port of each service that an Ingress or a route sends to.
fn backends<'a>(object: &Object<'a>) -> Vec<(&'a str, &'a str, PortName<'a>)> {
    let (Some(namespace), Some(spec)) = (object.namespace, object.root.get("spec")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if object.kind == "Ingress" {
        let of_rule = |rule: Node<'a>| rule.field("http.paths").into_iter().flat_map(Node::items);
        let paths = spec.list("rules").flat_map(of_rule);
        let backends = paths.filter_map(|path| path.get("backend"));
        for backend in backends.chain(spec.get("defaultBackend")) {
            let Some(service) = backend.get("service") else { continue };
            let Some(name) = service.str("name") else { continue };
            let port = service.get("port");
            let number = port.and_then(|it| it.int("number")).map(PortName::Number);
            let named = port.and_then(|it| it.str("name")).map(PortName::Name);
            found.push((namespace, name, number.or(named).unwrap_or(PortName::Any)));
        }
        return found;
    }
    for backend in spec.list("rules").flat_map(|rule| rule.list("backendRefs")) {
        let is_service = backend.str("kind").is_none_or(|kind| kind == "Service")
            && backend.str("group").unwrap_or_default().is_empty();
        if let Some(name) = backend.str("name").filter(|_| is_service) {
            let port = backend.int("port").map_or(PortName::Any, PortName::Number);
            found.push((backend.str("namespace").unwrap_or(namespace), name, port));
        }
    }
    found
}
