//! What of a world's Services and routes leads nowhere, and what leads in from the internet.

use std::collections::{HashMap, HashSet};

use engine::network::address::AddressSet;
use engine::network::exposure::{Entrance, Passage};
use engine::network::route::{Attachment, Refusal, Routes};
use engine::network::{Network, service};
use model::{Node, Object, ObjectId, Path, Snapshot, Value, WorldId};

/// Kind, namespace and name of an object.
type Key = (String, String, String);

/// What is known of the Services and routes of a world.
#[derive(Default)]
pub(super) struct Services {
    faults: HashMap<Key, Vec<ServiceFault>>,
    route_faults: HashMap<Key, Vec<RouteFault>>,
    ways: HashMap<Key, Vec<Way>>,
}

/// What is wrong with a Service.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ServiceFault {
    /// It selects no pod.
    SelectsNothing,
    /// No pod that it selects has the name that this port asks for.
    TargetPortUnknown(usize, String),
}

/// What is wrong with a route.
#[derive(Clone)]
pub(crate) enum RouteFault {
    /// No listener of this parent, an item of `spec.parentRefs`, takes it.
    Refused(usize, Refusal),
    /// This backend is no Service that is there.
    ServiceMissing(Path, String),
    /// The Service of this backend has no such port.
    PortMissing(Path, String),
    /// The namespace of this backend grants it to no such route.
    NotGranted(Path, String),
}

/// A way from the internet through a Service.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// Whether it comes by an Ingress or a route.
    pub(crate) is_route: bool,
    /// The port of the Service, that of the node at a node port.
    pub(crate) port: u16,
    /// What the pod's policies say.
    pub(crate) passage: Passage,
}

impl Services {
    pub(super) fn read(
        network: &Network,
        snapshot: &Snapshot,
        world: WorldId,
        inhabited: &HashSet<String>,
    ) -> Self {
        let mut found = Self::default();
        let services = service::Services::read(network, snapshot, world);
        let whole = Whole::read(snapshot, world, inhabited);
        for id in services.all() {
            let service = snapshot.object(*id);
            let faults = faults(&services, &service, &whole);
            if let Some(key) = key(&service).filter(|_| !faults.is_empty()) {
                found.faults.insert(key, faults);
            }
        }
        let routes = Routes::read(snapshot, world);
        for id in routes.all() {
            let route = snapshot.object(*id);
            let faults = route_faults(&routes, &services, snapshot, &route, &whole);
            if let Some(key) = key(&route).filter(|_| !faults.is_empty()) {
                found.route_faults.insert(key, faults);
            }
        }
        let internet = network.exposure(snapshot, world, &AddressSet::internet());
        for way in internet.ways {
            if let Some(key) = key(&snapshot.object(way.service)) {
                let is_route = matches!(way.entrance, Entrance::Route(_));
                let (port, passage) = (way.port, way.passage);
                found.ways.entry(key).or_default().push(Way { is_route, port, passage });
            }
        }
        found
    }

    pub(super) fn faults(&self, service: &Object<'_>) -> &[ServiceFault] {
        key(service).and_then(|key| self.faults.get(&key)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn faults_of_route(&self, route: &Object<'_>) -> &[RouteFault] {
        key(route).and_then(|key| self.route_faults.get(&key)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn ways(&self, service: &Object<'_>) -> &[Way] {
        key(service).and_then(|key| self.ways.get(&key)).map_or(&[], Vec::as_slice)
    }
}

fn key(object: &Object<'_>) -> Option<Key> {
    let namespace = object.namespace?.to_owned();
    Some((object.kind.to_owned(), namespace, object.name.to_owned()))
}

/// Which namespaces are known so well that what is not there is nowhere.
struct Whole<'a> {
    inhabited: &'a HashSet<String>,
    /// Namespaces with objects of which an operator may make others.
    operated: HashSet<&'a str>,
    /// Namespaces with Services: elsewhere they may be kept apart from what uses them.
    serving: HashSet<&'a str>,
    /// Whether pods were seen as they run.
    is_live: bool,
}

impl<'a> Whole<'a> {
    fn read(snapshot: &'a Snapshot, world: WorldId, inhabited: &'a HashSet<String>) -> Self {
        let mut whole =
            Self { inhabited, operated: HashSet::new(), serving: HashSet::new(), is_live: false };
        for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
            let object = snapshot.object(id);
            whole.is_live |= object.is("", "Pod") && object.root.get("status").is_some();
            let group = object.group();
            let is_built_in = !group.contains('.') || group.ends_with(".k8s.io");
            let Some(namespace) = object.namespace else { continue };
            if !is_built_in {
                whole.operated.insert(namespace);
            }
            if object.is("", "Service") {
                whole.serving.insert(namespace);
            }
        }
        whole
    }

    fn holds(&self, namespace: &str) -> bool {
        self.inhabited.contains(namespace) && (self.is_live || !self.operated.contains(namespace))
    }
}

fn faults(
    services: &service::Services<'_>,
    object: &Object<'_>,
    whole: &Whole<'_>,
) -> Vec<ServiceFault> {
    let Some(selected) = services.selected(object) else { return Vec::new() };
    let is_known = object.namespace.is_some_and(|it| whole.holds(it));
    if selected.is_empty() {
        return if is_known { vec![ServiceFault::SelectsNothing] } else { Vec::new() };
    }
    let ports = object.root.field("spec.ports").into_iter().flat_map(Node::items).enumerate();
    let unknown = ports.filter_map(|(number, port)| {
        let Value::String(name) = port.get("targetPort")?.value() else { return None };
        let has_it = selected.iter().any(|id| services.target_port(*id, port).is_some());
        (!has_it).then(|| ServiceFault::TargetPortUnknown(number, name.to_owned()))
    });
    unknown.collect()
}

fn route_faults(
    routes: &Routes<'_>,
    services: &service::Services<'_>,
    snapshot: &Snapshot,
    route: &Object<'_>,
    whole: &Whole<'_>,
) -> Vec<RouteFault> {
    let parents = route.root.field("spec.parentRefs").into_iter().flat_map(Node::items);
    let parents =
        parents.enumerate().filter_map(|(number, parent)| match routes.parent(route, parent) {
            Attachment::Refused(refusal) => Some(RouteFault::Refused(number, refusal)),
            _ => None,
        });
    let mut found: Vec<RouteFault> = parents.collect();
    for backend in routes.backends(route) {
        let named = format!("{}/{}", backend.namespace, backend.name);
        let versions = services.find(backend.namespace, backend.name);
        if versions.is_empty() {
            if whole.holds(backend.namespace) && whole.serving.contains(backend.namespace) {
                found.push(RouteFault::ServiceMissing(backend.at.field("name"), named));
            }
            continue;
        }
        if !backend.is_granted {
            found.push(RouteFault::NotGranted(backend.at.field("namespace"), named));
            continue;
        }
        let has_port = |id: &ObjectId| {
            let ports = snapshot.object(*id).root.field("spec.ports");
            ports.into_iter().flat_map(Node::items).any(|port| backend.port.is(port))
        };
        if !versions.iter().any(has_port) {
            found.push(RouteFault::PortMissing(backend.at.field("port"), named));
        }
    }
    found
}
