//! Policies that the API server takes, and what it may not take at some places of them.

mod tiers;

use serde_json::{Value, json};

pub(crate) use tiers::{admin, baseline, cluster};

/// A place of a policy, values there that the API server takes, and values that it may not.
pub(crate) struct Place {
    pub(crate) at: &'static str,
    pub(crate) good: Vec<Value>,
    pub(crate) odd: Vec<Value>,
}

pub(super) fn place(at: &'static str, good: Value, odd: Value) -> Place {
    let list = |value: Value| value.as_array().unwrap().clone();
    Place { at, good: list(good), odd: list(odd) }
}

/// Those of a NetworkPolicy.
pub(crate) fn network_policy() -> Vec<Place> {
    vec![
        place(
            "/spec/ingress/0/ports/0/port",
            json!([80, "http", 1, 65_535, null, "a-b"]),
            json!([
                0,
                65_536,
                -1,
                "",
                "HTTP",
                "far-too-long-name",
                "80",
                "a--b",
                "-a",
                "a-",
                8.5,
                true,
                "1a"
            ]),
        ),
        place(
            "/spec/ingress/0/ports/0/protocol",
            json!(["TCP", "UDP", "SCTP", null]),
            json!(["ICMP", "tcp", "", 6]),
        ),
        place(
            "/spec/egress/0/ports/0",
            json!([
                {"port": 80, "endPort": 90}, {"port": 80, "endPort": 80}, {"protocol": "UDP"}, {}
            ]),
            json!([
                {"port": 80, "endPort": 79}, {"port": 80, "endPort": 65_536}, {"endPort": 90},
                {"port": "http", "endPort": 90}, {"port": 80, "endPort": 0}, {"port": 80, "endPort": "90"},
                "80", null
            ]),
        ),
        place(
            "/spec/policyTypes",
            json!([
                ["Ingress"],
                ["Egress"],
                ["Ingress", "Egress"],
                ["Egress", "Ingress"],
                [],
                null
            ]),
            json!([
                ["Ingress", "Ingress"],
                ["Other"],
                ["ingress"],
                ["Ingress", "Egress", "Ingress"],
                "Ingress",
                [1],
                [null]
            ]),
        ),
        place(
            "/spec/ingress/0/from",
            json!([null, [], [{"podSelector": {}}]]),
            json!([{}, "all", [{}], [[]]]),
        ),
        place(
            "/spec/egress/0",
            json!([{}, {"to": [{"podSelector": {}}]}]),
            json!([null, [], "all", 1]),
        ),
        place("/spec/ingress", json!([[], null, [{}]]), json!([{}, "all", [[]], 0])),
        peers(),
        selectors(),
    ]
}

fn peers() -> Place {
    place(
        "/spec/egress/0/to/0",
        json!([
            {"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": {"cidr": "fd00::/8", "except": ["fd01::/16"]}},
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.1.0.0/16"]}},
            {"ipBlock": {"cidr": "0.0.0.0/0"}}, {"podSelector": {}}, {"namespaceSelector": {}},
            {"podSelector": {}, "namespaceSelector": {}}
        ]),
        json!([
            {}, null, {"ipBlock": {}}, {"ipBlock": {"cidr": ""}}, {"ipBlock": {"cidr": "10.0.0.0/33"}},
            {"ipBlock": {"cidr": "10.0.0.0"}}, {"ipBlock": {"cidr": "10.0.0.1/24"}},
            {"ipBlock": {"cidr": "010.0.0.0/8"}}, {"ipBlock": {"cidr": "::1/129"}},
            {"ipBlock": {"cidr": "::ffff:10.0.0.0/104"}}, {"ipBlock": {"cidr": "10.0.0.0/-1"}},
            {"ipBlock": {"cidr": "10.0.0.0/08"}}, {"ipBlock": {"cidr": " 10.0.0.0/8"}},
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"]}},
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}},
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/16"]}},
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": [""]}},
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": "10.1.0.0/16"}},
            {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}, "10.0.0.0/8", 5
        ]),
    )
}

fn selectors() -> Place {
    let long = "a".repeat(64);
    place(
        "/spec/podSelector",
        json!([
            {}, {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": ""}},
            {"matchExpressions": [{"key": "a.b/c", "operator": "In", "values": ["x", ""]}]},
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
        ]),
        json!([
            {"matchLabels": {"app": "web_"}}, {"matchLabels": {"app": "a b"}}, {"matchLabels": {"": "a"}},
            {"matchLabels": {"a/b/c": "a"}}, {"matchLabels": {"A_B/c": "a"}}, {"matchLabels": {"app": long}},
            {"matchLabels": {"app": 5}}, {"matchLabels": {"app": null}}, {"matchLabels": []},
            {"matchExpressions": [{"key": "a", "operator": "In"}]},
            {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]},
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
            {"matchExpressions": [{"key": "a", "operator": "Exists", "values": []}]},
            {"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["b"]}]},
            {"matchExpressions": [{"operator": "Exists"}]},
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b c"]}]},
            {"matchExpressions": [{"key": "a", "operator": "DoesNotExist", "values": ["b"]}]}, "all", null
        ]),
    )
}
