//! The policies of the cluster: v1alpha1 and v1alpha2 of `policy.networking.k8s.io`.

use serde_json::{Value, json};

use super::{Place, place};

/// An AdminNetworkPolicy.
pub(crate) fn admin() -> (Value, Vec<Place>) {
    let mut places = alpha1();
    places.push(place(
        "/spec/priority",
        json!([0, 1, 1000]),
        json!([-1, 1001, null, "5", 1.5, 99_999]),
    ));
    places.push(place(
        "/spec/ingress/0/action",
        json!(["Allow", "Deny", "Pass"]),
        json!(["Accept", "allow", "", null]),
    ));
    let spec = spec("ports", &json!({"portNumber": {"protocol": "TCP", "port": 80}}), "Allow");
    (policy("v1alpha1", "AdminNetworkPolicy", "p", &spec), places)
}

/// A BaselineAdminNetworkPolicy.
pub(crate) fn baseline() -> (Value, Vec<Place>) {
    let mut places = alpha1();
    places.push(place("/metadata/name", json!(["default"]), json!(["other", "Default"])));
    places.push(place(
        "/spec/ingress/0/action",
        json!(["Allow", "Deny"]),
        json!(["Accept", "Pass", "", null]),
    ));
    let port = json!({"portNumber": {"protocol": "TCP", "port": 80}});
    let mut spec = spec("ports", &port, "Allow");
    spec.as_object_mut().unwrap().remove("priority");
    (policy("v1alpha1", "BaselineAdminNetworkPolicy", "default", &spec), places)
}

/// A ClusterNetworkPolicy.
pub(crate) fn cluster() -> (Value, Vec<Place>) {
    let mut places = shared();
    places.extend([
        place("/spec/priority", json!([0, 1, 1000]), json!([-1, 1001, null, "5", 1.5])),
        place("/spec/tier", json!(["Admin", "Baseline"]), json!(["admin", "", null, "Other"])),
        place(
            "/spec/egress/0/action",
            json!(["Accept", "Deny", "Pass"]),
            json!(["Allow", "accept", "", null]),
        ),
        place(
            "/spec/ingress/0/protocols",
            json!([[{"tcp": {"destinationPort": {"number": 80}}}], null]),
            json!([[], {}, "all", [null], [[]]]),
        ),
        place(
            "/spec/egress/0/protocols/0",
            json!([
                {"tcp": {"destinationPort": {"number": 65_535}}},
                {"udp": {"destinationPort": {"range": {"start": 1, "end": 65_535}}}},
                {"sctp": {"destinationPort": {"number": 1}}},
                {"destinationNamedPort": "http"}
            ]),
            json!([
                {}, null, {"tcp": {}}, {"tcp": null}, {"tcp": {"destinationPort": {}}},
                {"tcp": {"destinationPort": {"number": 0}}},
                {"tcp": {"destinationPort": {"number": 65_536}}},
                {"tcp": {"destinationPort": {"number": "80"}}},
                {"tcp": {"destinationPort": {"number": 1, "range": {"start": 1, "end": 2}}}},
                {"tcp": {"destinationPort": {"range": {"start": 2, "end": 2}}}},
                {"tcp": {"destinationPort": {"range": {"start": 3, "end": 2}}}},
                {"tcp": {"destinationPort": {"range": {"start": 3}}}},
                {"tcp": {"destinationPort": {"range": {"start": 0, "end": 2}}}},
                {"tcp": {"destinationPort": {"number": 80}}, "udp": {"destinationPort": {"number": 8}}},
                {"destinationNamedPort": ""}, {"destinationNamedPort": "A B"},
                {"destinationNamedPort": 80}, "tcp"
            ]),
        ),
        // Names of ports stand beside pods alone.
        place(
            "/spec/egress/0",
            json!([
                {"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}]},
                {"action": "Deny", "to": [{"namespaces": {}}],
                    "protocols": [{"destinationNamedPort": "http"}]},
                {"action": "Deny", "to": [{"nodes": {}}],
                    "protocols": [{"tcp": {"destinationPort": {"number": 80}}}]}
            ]),
            json!([
                {"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}],
                    "protocols": [{"destinationNamedPort": "http"}]},
                {"action": "Deny", "to": [{"namespaces": {}}, {"nodes": {}}],
                    "protocols": [{"destinationNamedPort": "http"}]},
                {"action": "Accept", "to": [{"domainNames": ["a.example"]}],
                    "protocols": [{"destinationNamedPort": "http"}]},
                {"action": "Deny", "to": [{"domainNames": ["a.example"]}]},
                {"action": "Pass", "to": [{"domainNames": ["a.example"]}]},
                {"action": "Accept", "to": [{"domainNames": ["a.example"]}]},
                {"action": "Deny", "to": [{"domainNames": ["a.example"]}, {"namespaces": {}}]},
                {"to": [{"namespaces": {}}]}, {"action": "Deny"}
            ]),
        ),
    ]);
    let port = json!({"tcp": {"destinationPort": {"number": 80}}});
    let mut spec = spec("protocols", &port, "Accept");
    spec["tier"] = json!("Admin");
    (policy("v1alpha2", "ClusterNetworkPolicy", "p", &spec), places)
}

fn policy(version: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("policy.networking.k8s.io/{version}"), "kind": kind,
        "metadata": {"name": name}, "spec": spec})
}

fn spec(ports: &str, port: &Value, action: &str) -> Value {
    json!({"priority": 10, "subject": {"namespaces": {}},
        "ingress": [{"name": "a", "action": action, "from": [{"namespaces": {}}], ports: [port]}],
        "egress": [{"action": "Deny", "to": [{"namespaces": {}}], ports: [port]}]})
}

/// Places of both versions.
fn shared() -> Vec<Place> {
    let pods = json!({"pods": {"namespaceSelector": {}, "podSelector": {}}});
    vec![
        place(
            "/spec/subject",
            json!([{"namespaces": {"matchLabels": {"a": "b"}}}, pods]),
            json!([
                null, {}, {"namespaces": {}, "pods": {"namespaceSelector": {}, "podSelector": {}}},
                {"pods": {}}, {"pods": {"podSelector": {}}}, {"pods": {"namespaceSelector": {}}},
                {"namespaces": null}, "all", []
            ]),
        ),
        place(
            "/spec/ingress/0/from",
            json!([[pods], [{"namespaces": {}}, {"namespaces": {"matchLabels": {"a": "b"}}}]]),
            json!([
                null, [], {}, [{}], [null], ["all"],
                [{"namespaces": {}, "pods": {"namespaceSelector": {}, "podSelector": {}}}],
                [{"pods": {}}], [{"pods": {"podSelector": {}}}]
            ]),
        ),
        place(
            "/spec/egress/0/to/0",
            json!([
                {"nodes": {}}, {"networks": ["10.0.0.0/8", "fd00::/8"]}, {"namespaces": {}}, pods,
                {"networks": ["0.0.0.0/0"]}
            ]),
            json!([
                {}, null, {"networks": []}, {"networks": null}, {"networks": ["10.0.0.1/8"]},
                {"networks": ["10.0.0.0"]}, {"networks": ["010.0.0.0/8"]}, {"networks": [""]},
                {"networks": ["10.0.0.0/08"]}, {"networks": ["10.0.0.0/33"]},
                {"networks": ["10.0.0.0/8", "10.0.0.0/8"]}, {"networks": "10.0.0.0/8"},
                {"networks": ["::ffff:10.0.0.0/104"]}, {"networks": ["FD00::/8"]},
                {"networks": ["fd00:0::/8"]}, {"domainNames": ["a"]}, {"domainNames": []},
                {"domainNames": ["-a.b"]}, {"domainNames": ["*.a.example"]},
                {"domainNames": ["a.*.example"]}, {"nodes": null},
                {"nodes": {}, "networks": ["10.0.0.0/8"]}
            ]),
        ),
        place("/spec/ingress/0/name", json!(["a", ""]), json!([5, "a".repeat(101)])),
        place("/spec/ingress", json!([[], null]), json!([{}, "all", [null], [{}]])),
        selectors("/spec/subject/namespaces"),
        selectors("/spec/ingress/0/from/0/namespaces"),
    ]
}

fn selectors(at: &'static str) -> Place {
    place(
        at,
        json!([
            {}, {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": ""}},
            {"matchExpressions": [{"key": "a.b/c", "operator": "In", "values": ["x", ""]}]},
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
        ]),
        json!([
            // What no label can be is taken.
            {"matchLabels": {"app": "a b"}}, {"matchLabels": {"a/b/c": "a"}},
            {"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["b"]}]},
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
            {"matchLabels": {"app": null}}, {"matchLabels": {"app": 5}}, {"matchLabels": []}, {"matchExpressions": {}},
            {"matchExpressions": [{"operator": "Exists"}]}, {"matchExpressions": [{"key": "a"}]},
            "all", {"matchExpressions": [{"key": "a", "operator": "In", "values": "b"}]},
            {"matchExpressions": [{"key": 5, "operator": "Exists"}]}
        ]),
    )
}

/// Places of version v1alpha1.
fn alpha1() -> Vec<Place> {
    let mut places = shared();
    places.extend([
        place(
            "/spec/ingress/0/ports",
            json!([[{"namedPort": "http"}], [], null]),
            json!([{}, "all", [null], [[]]]),
        ),
        place(
            "/spec/egress/0/ports/0",
            json!([
                {"portNumber": {"protocol": "UDP", "port": 53}}, {"namedPort": "http"},
                {"portRange": {"start": 1, "end": 65_535}}, {"portNumber": {"port": 80}},
                {"portRange": {"protocol": "SCTP", "start": 1, "end": 2}}
            ]),
            json!([
                {}, null, {"portNumber": {}}, {"portNumber": {"port": 0}}, {"portNumber": null},
                {"portNumber": {"port": 65_536}}, {"portNumber": {"port": "80"}},
                {"portNumber": {"protocol": "", "port": 80}}, {"portRange": {"start": 5}},
                {"portNumber": {"protocol": "ICMP", "port": 80}}, {"portRange": {}},
                {"portRange": {"start": 5, "end": 5}}, {"portRange": {"start": 6, "end": 5}},
                {"portRange": {"start": 0, "end": 5}}, {"namedPort": ""}, {"namedPort": "A B"},
                {"namedPort": "http", "portNumber": {"port": 80}}, "http"
            ]),
        ),
        // Names of ports stand beside pods alone.
        place(
            "/spec/egress/0",
            json!([{"action": "Deny", "to": [{"nodes": {}}]}]),
            json!([
                {"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}], "ports": [{"namedPort": "a"}]},
                {"action": "Deny", "to": [{"nodes": {}}], "ports": [{"namedPort": "a"}]},
                {"action": "Deny", "to": [{"namespaces": {}}, {"nodes": {}}],
                    "ports": [{"namedPort": "a"}]},
                {"to": [{"namespaces": {}}]}, {"action": "Deny"}
            ]),
        ),
    ]);
    places
}
