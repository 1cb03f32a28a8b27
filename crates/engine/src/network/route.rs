//! Ingresses and routes of the Gateway API: which listeners take them, and where they send.
//!
//! Source: `apis/v1` of `sigs.k8s.io/gateway-api` (the conditions `Accepted` and `ResolvedRefs` of
//! routes), `ReferenceGrant` in its `apis/v1beta1`, and `k8s.io/api/networking/v1/types.go`.

use std::collections::{BTreeMap, HashMap};

use model::{Node, Object, ObjectId, Path, Snapshot, WorldId};

use super::fields;
use super::policy::{Labels, Match};
use super::workload::NAME_LABEL;

const GATEWAYS: &str = "gateway.networking.k8s.io";
/// Kinds of routes of the Gateway API that name Services.
const ROUTES: [&str; 5] = ["GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"];

/// The routes of a world, with the gateways and grants that decide on them.
pub struct Routes<'a> {
    snapshot: &'a Snapshot,
    world: WorldId,
    /// In the order they were taken in.
    all: Vec<ObjectId>,
    /// By namespace and name: each of several versions may be the one that holds.
    gateways: HashMap<(&'a str, &'a str), Vec<ObjectId>>,
    /// By the namespace they stand in.
    grants: HashMap<&'a str, Vec<ObjectId>>,
}

/// Whether a parent takes a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attachment {
    /// It does not.
    Refused(Refusal),
    /// That is not known: it was not seen, or is none that leads in from outside.
    Unknown,
    /// One of its listeners does.
    Attached,
}

/// Why no listener of a gateway takes a route: what the one that comes closest asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It has no listener of that name and port.
    Listener,
    /// Its listeners take other kinds.
    Kind,
    /// They take routes of other namespaces.
    Namespace,
    /// They serve other hosts.
    Host,
}

/// Where a route sends.
pub struct Backend<'a> {
    /// Where `name` and `port` of the Service are written.
    pub at: Path,
    /// The namespace of the Service.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its port.
    pub port: PortName<'a>,
    /// Whether the Service's namespace lets the route send there.
    pub is_granted: bool,
}

/// A port of a Service as a route names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortName<'a> {
    /// By its number.
    Number(i64),
    /// By its name.
    Name(&'a str),
    /// By nothing.
    Any,
}

impl PortName<'_> {
    /// Whether a port of a Service is meant.
    pub fn is(self, port: Node<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Number(number) => port.int("port") == Some(number),
            Self::Name(name) => port.str("name") == Some(name),
        }
    }
}

/// Whether an object is an Ingress or a route that names Services.
pub fn is_route(object: &Object<'_>) -> bool {
    match object.group() {
        "networking.k8s.io" => object.kind == "Ingress",
        GATEWAYS => ROUTES.contains(&object.kind),
        _ => false,
    }
}

impl<'a> Routes<'a> {
    /// Those of a world.
    pub fn read(snapshot: &'a Snapshot, world: WorldId) -> Self {
        let (all, gateways, grants) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut found = Self { snapshot, world, all, gateways, grants };
        for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
            let object = snapshot.object(id);
            let Some(namespace) = object.namespace else { continue };
            match (object.group(), object.kind) {
                (GATEWAYS, "Gateway") => {
                    found.gateways.entry((namespace, object.name)).or_default().push(id);
                }
                (GATEWAYS, "ReferenceGrant") => {
                    found.grants.entry(namespace).or_default().push(id);
                }
                _ if is_route(&object) => found.all.push(id),
                _ => {}
            }
        }
        found
    }

    /// All of them, in the order they were taken in.
    pub fn all(&self) -> &[ObjectId] {
        &self.all
    }

    /// Whether some parent takes a route, and so whether it leads in from outside. An Ingress has
    /// no parent that could refuse it.
    pub fn attachment(&self, route: &Object<'_>) -> Attachment {
        if route.kind == "Ingress" {
            return Attachment::Attached;
        }
        let parents = route.root.field("spec.parentRefs").into_iter().flat_map(Node::items);
        let best = parents.map(|parent| self.parent(route, parent)).max();
        best.unwrap_or(Attachment::Refused(Refusal::Listener))
    }

    /// Whether one parent, an item of `spec.parentRefs`, takes a route.
    pub fn parent(&self, route: &Object<'_>, parent: Node<'_>) -> Attachment {
        let is_gateway = parent.str("group").unwrap_or(GATEWAYS) == GATEWAYS
            && parent.str("kind").unwrap_or("Gateway") == "Gateway";
        let namespace = parent.str("namespace").or(route.namespace).unwrap_or_default();
        let name = parent.str("name").unwrap_or_default();
        let versions = self.gateways.get(&(namespace, name)).filter(|_| is_gateway);
        let gateways = versions.into_iter().flatten().map(|id| self.snapshot.object(*id));
        let best = gateways.map(|it| self.gateway(route, parent, namespace, &it)).max();
        best.unwrap_or(Attachment::Unknown)
    }

    fn gateway(
        &self,
        route: &Object<'_>,
        parent: Node<'_>,
        namespace: &str,
        gateway: &Object<'_>,
    ) -> Attachment {
        let listeners = gateway.root.field("spec.listeners").into_iter().flat_map(Node::items);
        let is_meant = |listener: &Node<'_>| {
            parent.str("sectionName").is_none_or(|name| listener.str("name") == Some(name))
                && parent.int("port").is_none_or(|port| listener.int("port") == Some(port))
        };
        let listeners = listeners.filter(is_meant);
        let best = listeners.map(|listener| self.listener(route, namespace, listener)).max();
        best.unwrap_or(Attachment::Refused(Refusal::Listener))
    }

    fn listener(&self, route: &Object<'_>, gateway: &str, listener: Node<'_>) -> Attachment {
        if !takes_kind(listener, route.kind) {
            return Attachment::Refused(Refusal::Kind);
        }
        let namespace = self.takes_namespace(listener, gateway, route.namespace);
        if namespace == Match::No {
            return Attachment::Refused(Refusal::Namespace);
        }
        let has_hosts = matches!(route.kind, "GRPCRoute" | "HTTPRoute" | "TLSRoute");
        if has_hosts && !serves_a_host(listener, route) {
            return Attachment::Refused(Refusal::Host);
        }
        if namespace == Match::Yes { Attachment::Attached } else { Attachment::Unknown }
    }

    fn takes_namespace(&self, listener: Node<'_>, gateway: &str, route: Option<&str>) -> Match {
        let namespaces = listener.field("allowedRoutes.namespaces");
        let same = if route == Some(gateway) { Match::Yes } else { Match::No };
        let (Some(namespaces), Some(route)) = (namespaces, route) else { return same };
        match namespaces.str("from").unwrap_or("Same") {
            "Same" => same,
            "All" => Match::Yes,
            "Selector" => self.is_selected(namespaces, route),
            "None" => Match::No,
            _ => Match::Maybe,
        }
    }

    fn is_selected(&self, namespaces: Node<'_>, namespace: &str) -> Match {
        let Some(selector) = namespaces.get("selector") else { return Match::No };
        let Ok(selector) = fields::selector(selector, &Path::root()) else { return Match::Maybe };
        let object = self.snapshot.namespaces(self.world, namespace).next();
        let labels = object.as_ref().and_then(|it| it.root.field("metadata.labels"));
        let labels = labels.into_iter().flat_map(Node::entries);
        let mut known: BTreeMap<String, String> = labels
            .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
            .collect();
        known.insert(NAME_LABEL.to_owned(), namespace.to_owned());
        selector.matches(&Labels { known: &known, may_have_more: object.is_none() })
    }

    /// The Services that a route sends to.
    pub fn backends(&self, route: &Object<'a>) -> Vec<Backend<'a>> {
        let (Some(namespace), Some(spec)) = (route.namespace, route.root.get("spec")) else {
            return Vec::new();
        };
        if route.kind == "Ingress" {
            return ingress_backends(namespace, spec);
        }
        let mut found = Vec::new();
        for (number, rule) in spec.list("rules").enumerate() {
            for (place, backend) in rule.list("backendRefs").enumerate() {
                let is_service = backend.str("kind").is_none_or(|kind| kind == "Service")
                    && backend.str("group").unwrap_or_default().is_empty();
                let Some(name) = backend.str("name").filter(|_| is_service) else { continue };
                let of = backend.str("namespace").unwrap_or(namespace);
                found.push(Backend {
                    at: Path::root()
                        .field("spec.rules")
                        .index(number)
                        .field("backendRefs")
                        .index(place),
                    namespace: of,
                    name,
                    port: backend.int("port").map_or(PortName::Any, PortName::Number),
                    is_granted: of == namespace || self.grants(route, of, name),
                });
            }
        }
        found
    }

    /// Whether a namespace lets a route of another one send to a Service of it.
    fn grants(&self, route: &Object<'_>, namespace: &str, service: &str) -> bool {
        let of = self.grants.get(namespace).into_iter().flatten();
        of.map(|id| self.snapshot.object(*id)).any(|grant| {
            let Some(spec) = grant.root.get("spec") else { return false };
            let is_from = |from: Node<'_>| {
                from.str("group") == Some(GATEWAYS)
                    && from.str("kind") == Some(route.kind)
                    && from.str("namespace") == route.namespace
            };
            let is_to = |to: Node<'_>| {
                to.str("group").unwrap_or_default().is_empty()
                    && to.str("kind") == Some("Service")
                    && to.str("name").is_none_or(|name| name.is_empty() || name == service)
            };
            spec.list("from").any(is_from) && spec.list("to").any(is_to)
        })
    }
}

fn ingress_backends<'a>(namespace: &'a str, spec: Node<'a>) -> Vec<Backend<'a>> {
    let mut found = Vec::new();
    let mut add = |backend: Option<Node<'a>>, at: Path| {
        let Some(service) = backend.and_then(|it| it.get("service")) else { return };
        let Some(name) = service.str("name") else { return };
        let port = service.get("port");
        let number = port.and_then(|it| it.int("number")).map(PortName::Number);
        let named = port.and_then(|it| it.str("name")).map(PortName::Name);
        let port = number.or(named).unwrap_or(PortName::Any);
        let at = at.field("service");
        found.push(Backend { at, namespace, name, port, is_granted: true });
    };
    for (number, rule) in spec.list("rules").enumerate() {
        let paths = rule.field("http.paths").into_iter().flat_map(Node::items);
        for (place, path) in paths.enumerate() {
            let at = Path::root().field("spec.rules").index(number).field("http.paths");
            add(path.get("backend"), at.index(place).field("backend"));
        }
    }
    add(spec.get("defaultBackend"), Path::root().field("spec.defaultBackend"));
    found
}

/// Whether a listener takes routes of a kind: those it names, else those of its protocol.
fn takes_kind(listener: Node<'_>, kind: &str) -> bool {
    let kinds = listener.field("allowedRoutes.kinds").into_iter().flat_map(Node::items);
    let mut named = kinds.peekable();
    if named.peek().is_some() {
        let is_same = |it: Node<'_>| {
            it.str("kind") == Some(kind) && it.str("group").unwrap_or(GATEWAYS) == GATEWAYS
        };
        return named.any(is_same);
    }
    match listener.str("protocol").unwrap_or_default() {
        "HTTP" | "HTTPS" => matches!(kind, "GRPCRoute" | "HTTPRoute"),
        "TLS" => matches!(kind, "TLSRoute" | "TCPRoute"),
        "TCP" => kind == "TCPRoute",
        "UDP" => kind == "UDPRoute",
        // A protocol of the implementation's own takes what the implementation says.
        _ => true,
    }
}

/// Whether a listener serves one of the hosts of a route; both serve all where they name none.
fn serves_a_host(listener: Node<'_>, route: &Object<'_>) -> bool {
    let hosts = route.root.field("spec.hostnames").into_iter().flat_map(Node::items);
    let mut hosts = hosts.filter_map(Node::as_str).peekable();
    let served = listener.str("hostname").filter(|name| !name.is_empty());
    let (Some(served), true) = (served, hosts.peek().is_some()) else { return true };
    hosts.any(|host| {
        let (one, other) = (served.to_ascii_lowercase(), host.to_ascii_lowercase());
        one == other || is_below(&one, &other) || is_below(&other, &one)
    })
}

/// Whether a host lies below a wildcard: any number of labels before it.
fn is_below(wildcard: &str, host: &str) -> bool {
    let Some(domain) = wildcard.strip_prefix('*').filter(|it| it.starts_with('.')) else {
        return false;
    };
    host.trim_start_matches('*').ends_with(domain) && host.len() >= wildcard.len()
}
