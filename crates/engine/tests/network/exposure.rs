//! Ways in through routes of the Gateway API, and through endpoints that are written down.
//!
//! The judge is the specification: the cases of routes are those of the documents "Attaching
//! routes" and "Cross namespace routing" of the Gateway API, and of its conditions' reasons.

use engine::network::address::AddressSet;
use engine::network::exposure::{Exposure, Passage};
use engine::network::route::{Attachment, Refusal, Routes};
use engine::network::{Network, Profile};
use model::{Snapshot, WorldId};

/// Namespaces `shop` (labelled) and `edge`, `unlabelled`; a pod `web` behind a Service each.
fn world(rest: &str) -> Snapshot {
    let mut text = "
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {exposed: 'yes'}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: plain}}
"
    .to_owned();
    for namespace in ["shop", "plain", "edge"] {
        text.push_str(&format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: {namespace}, \
             labels: {{app: web}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: web, namespace: {namespace}}}, \
             spec: {{selector: {{app: web}}, ports: [{{port: 80}}, {{port: 90, name: b}}]}}}}\n"
        ));
    }
    super::snapshot(&format!("{text}{rest}"))
}

fn exposure(snapshot: &Snapshot) -> (Network, Exposure) {
    let network = Network::build(snapshot, WorldId(0), Profile::UPSTREAM);
    let found = network.exposure(snapshot, WorldId(0), &AddressSet::internet());
    (network, found)
}

/// Namespace, port at the Service and at the pod, and passage of each way.
fn ways(rest: &str) -> Vec<(String, u16, u16, Passage)> {
    let snapshot = world(rest);
    let (network, found) = exposure(&snapshot);
    let ways = found.ways.iter();
    ways.map(|way| {
        let namespace = network.namespace_of(way.target).to_owned();
        (namespace, way.port, way.target_port, way.passage)
    })
    .collect()
}

fn gateway(listener: &str) -> String {
    format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: g, \
         namespace: edge}}, spec: {{listeners: [{{name: one, port: 80, protocol: HTTP, \
         {listener}}}, {{name: none, port: 81, protocol: HTTP, allowedRoutes: {{namespaces: \
         {{from: None}}}}}}]}}}}\n"
    )
}

fn route(kind: &str, namespace: &str, parent: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind}, metadata: {{name: r, \
         namespace: {namespace}}}, spec: {{parentRefs: [{{name: g, namespace: edge{parent}}}], \
         {spec} rules: [{{backendRefs: [{{name: web, port: 80}}]}}]}}}}\n"
    )
}

fn attachment(listener: &str, route: &str) -> Attachment {
    let snapshot = world(&format!("{}{route}", gateway(listener)));
    let routes = Routes::read(&snapshot, WorldId(0));
    let [id] = routes.all() else { panic!("one route") };
    let found = routes.attachment(&snapshot.object(*id));
    let is_way = !exposure(&snapshot).1.ways.is_empty();
    assert_eq!(is_way, !matches!(found, Attachment::Refused(_)), "a way is an attached route");
    found
}

#[test]
fn listeners_take_routes_as_the_specification_says() {
    use Attachment::{Attached, Refused, Unknown};
    let all = "allowedRoutes: {namespaces: {from: All}}";
    let selected = "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: \
                    {exposed: 'yes'}}}}";
    let by_name = "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: \
                   {kubernetes.io/metadata.name: shop}}}}";
    let kinds = "allowedRoutes: {namespaces: {from: All}, kinds: [{kind: TCPRoute}]}";
    let host = "hostname: '*.example.org', allowedRoutes: {namespaces: {from: All}}";
    let hosts = |hosts: &str| route("HTTPRoute", "shop", "", &format!("hostnames: [{hosts}],"));
    let http = |namespace| route("HTTPRoute", namespace, "", "");
    for (listener, route, expected) in [
        ("", http("edge"), Attached),
        ("", http("shop"), Refused(Refusal::Namespace)),
        (all, http("shop"), Attached),
        (selected, http("shop"), Attached),
        (selected, http("plain"), Refused(Refusal::Namespace)),
        // Its Namespace was not seen.
        (selected, http("edge"), Unknown),
        (by_name, http("shop"), Attached),
        (by_name, http("edge"), Refused(Refusal::Namespace)),
        (all, route("HTTPRoute", "shop", ", sectionName: one", ""), Attached),
        (all, route("HTTPRoute", "shop", ", sectionName: none", ""), Refused(Refusal::Namespace)),
        (all, route("HTTPRoute", "shop", ", sectionName: two", ""), Refused(Refusal::Listener)),
        (all, route("HTTPRoute", "shop", ", port: 80", ""), Attached),
        (all, route("HTTPRoute", "shop", ", port: 82", ""), Refused(Refusal::Listener)),
        (all, route("HTTPRoute", "shop", ", sectionName: one, port: 81", ""), {
            Refused(Refusal::Listener)
        }),
        (all, route("HTTPRoute", "shop", ", kind: Service, group: ''", ""), Unknown),
        (all, http("shop").replace("name: g,", "name: elsewhere,"), Unknown),
        (all, http("shop").replace("parentRefs", "parents"), Refused(Refusal::Listener)),
        (all, route("GRPCRoute", "shop", "", ""), Attached),
        (all, route("TCPRoute", "shop", "", ""), Refused(Refusal::Kind)),
        (kinds, route("TCPRoute", "shop", ", port: 80", ""), Attached),
        (kinds, route("HTTPRoute", "shop", ", port: 80", ""), Refused(Refusal::Kind)),
        (host, hosts("shop.example.org"), Attached),
        (host, hosts("'*.shop.example.org'"), Attached),
        (host, hosts("a.b.example.org, other.org"), Attached),
        (host, hosts("example.org"), Refused(Refusal::Host)),
        (host, hosts("shop.example.com"), Refused(Refusal::Host)),
        (host, http("shop"), Attached),
        (
            "hostname: shop.example.org, allowedRoutes: {namespaces: {from: All}}",
            { hosts("'*.example.org'") },
            Attached,
        ),
    ] {
        assert_eq!(attachment(listener, &route), expected, "{listener}\n{route}");
    }
}

#[test]
fn a_route_whose_gateway_was_not_seen_may_be_a_way() {
    let route = route("HTTPRoute", "shop", "", "");
    assert_eq!(ways(&route), [("shop".to_owned(), 80, 80, Passage::Unknown)]);
    let attached = format!("{}{route}", gateway("allowedRoutes: {namespaces: {from: All}}"));
    assert_eq!(ways(&attached), [("shop".to_owned(), 80, 80, Passage::Open)]);
}

#[test]
fn a_backend_of_another_namespace_is_granted_by_it() {
    let route =
        route("HTTPRoute", "edge", "", "").replace("name: web,", "namespace: shop, name: web,");
    let grant = |namespace: &str, from: &str, to: &str| {
        format!(
            "---\n{{apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: \
             {{name: x, namespace: {namespace}}}, spec: {{from: [{from}], to: [{to}]}}}}\n"
        )
    };
    let from = "{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}";
    let to = "{group: '', kind: Service}";
    for (grant, is_way) in [
        (String::new(), false),
        (grant("shop", from, to), true),
        (grant("edge", from, to), false),
        (grant("shop", &from.replace("HTTP", "TCP"), to), false),
        (grant("shop", &from.replace("edge", "plain"), to), false),
        (grant("shop", from, "{group: '', kind: Secret}"), false),
        (grant("shop", from, "{group: '', kind: Service, name: web}"), true),
        (grant("shop", from, "{group: '', kind: Service, name: api}"), false),
    ] {
        let found = ways(&format!("{}{route}{grant}", gateway("")));
        assert_eq!(found.len(), usize::from(is_way), "{grant}");
    }
}

#[test]
fn written_endpoints_lead_to_their_pods() {
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, \
                   spec: \
                   {type: NodePort, ports: [{port: 80, nodePort: 30080, name: a}, \
                   {port: 90, nodePort: 30090, name: b}]}}\n";
    let slice = |rest: &str| {
        format!(
            "---\n{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: s-1, \
             namespace: shop, labels: {{kubernetes.io/service-name: s}}}}, {rest}}}\n"
        )
    };
    let endpoints = |rest: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Endpoints, metadata: {{name: s, namespace: shop}}, \
             subsets: [{{{rest}}}]}}\n"
        )
    };
    let ports = "ports: [{name: b, port: 8090}]";
    let pod = "targetRef: {kind: Pod, name: web, namespace: shop}";
    let seen = "---\n{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: plain}, spec: \
                {containers: [{name: c, image: i}]}, status: {podIP: 10.0.0.7}}\n";
    for (text, expected) in [
        (String::new(), None),
        (slice(&format!("endpoints: [{{addresses: [10.0.0.9], {pod}}}], {ports}")), Some("shop")),
        (slice(&format!("endpoints: [{{addresses: [10.0.0.7]}}], {ports}")), Some("plain")),
        // An address that is no seen pod's.
        (slice(&format!("endpoints: [{{addresses: [10.0.0.8]}}], {ports}")), None),
        (endpoints(&format!("addresses: [{{ip: 10.0.0.7}}], {ports}")), Some("plain")),
        (
            endpoints(&format!("notReadyAddresses: [{{ip: 10.0.0.9, {pod}}}], {ports}")),
            Some("shop"),
        ),
    ] {
        let snapshot = world(&format!("{service}{seen}{text}"));
        let (network, found) = exposure(&snapshot);
        let ways: Vec<_> = found
            .ways
            .iter()
            .map(|way| (network.namespace_of(way.target), way.port, way.target_port))
            .collect();
        match expected {
            Some(namespace) => assert_eq!(ways, [(namespace, 30_090, 8_090)], "{text}"),
            None => assert_eq!(ways, [], "{text}"),
        }
        assert_eq!(found.unresolved.is_empty(), expected.is_some(), "{text}");
    }
}
