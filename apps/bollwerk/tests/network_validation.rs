//! Which network policies are policies at all: our reader against a real API server.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod control_plane;
mod program;

use control_plane::ControlPlane;
use engine::network::{Network, Profile};
use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};
use serde_json::{Value, json};

const POLICIES: usize = 500;

/// A small generator of numbers (splitmix64): the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &'a [Value]) -> &'a Value {
        &from[self.below(from.len())]
    }
}

/// A place of a policy, values there that the API server takes, and values that it may not.
struct Place {
    at: &'static str,
    good: Vec<Value>,
    odd: Vec<Value>,
}

fn place(at: &'static str, good: Value, odd: Value) -> Place {
    let list = |value: Value| value.as_array().unwrap().clone();
    Place { at, good: list(good), odd: list(odd) }
}

fn places() -> Vec<Place> {
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

fn policy(random: &mut Random, places: &[Place]) -> Value {
    let mut policy = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
            "egress": [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 443}]}]}});
    for number in 0..=random.below(3) {
        let place = &places[random.below(places.len())];
        // One fault is enough to tell the two apart; the other changes are good ones.
        let from = if number == 0 && random.below(10) < 7 { &place.odd } else { &place.good };
        let value = random.pick(from).clone();
        if let Some(at) = policy.pointer_mut(place.at) {
            *at = value;
        }
    }
    policy
}

/// What our reader says: none if it is taken.
fn refusal(policy: &Value) -> Option<String> {
    let text = policy.to_string();
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let stream = yaml::Stream::json(&text, &yaml::Limits::default());
    let document = stream.documents().next().unwrap().ok().unwrap();
    let mut part = Part::new();
    let origin = Origin { file: 0, document: 0, item: Path::root(), line: 1 };
    part.insert(document.root(), &Redactions::default(), WorldId(0), origin, None);
    snapshot.add(part);
    let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
    network.gaps().first().map(|gap| gap.reason.clone())
}

#[test]
fn policies_are_taken_and_refused_as_by_the_api_server() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let mut random = Random(0x6e70);
    let places = places();
    let (mut taken, mut refused) = (0, 0);
    let mut differences = Vec::new();
    for _ in 0..POLICIES {
        let policy = policy(&mut random, &places);
        let theirs = plane.create(&policy, true).unwrap();
        let is_taken = theirs.status == 201;
        assert!(is_taken || matches!(theirs.status, 400 | 422), "{theirs:?}");
        *(if is_taken { &mut taken } else { &mut refused }) += 1;
        let ours = refusal(&policy);
        if ours.is_none() != is_taken {
            let message = theirs.body["message"].as_str().unwrap_or("taken").to_owned();
            differences.push(format!("{}\n  theirs: {message}\n  ours: {ours:?}", policy["spec"]));
        }
    }
    differences.sort();
    differences.dedup();
    assert!(taken > 150 && refused > 150, "{taken} taken, {refused} refused");
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn learned_policies_are_taken() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let flows = "{\"from\":\"shop/frontend\",\"to\":\"shop/cart\",\"port\":8080}\n\
                 {\"from\":\"shop/frontend\",\"to\":\"shop/catalog\",\"port\":8081}\n\
                 {\"from\":\"shop/frontend\",\"to\":\"shop/catalog\",\"port\":8080}\n\
                 {\"from\":\"shop/cart\",\"to\":\"2001:db8::1\",\"port\":443}\n\
                 {\"from\":\"shop/cart\",\"to\":\"192.0.2.1\",\"port\":53,\"protocol\":\"UDP\"}\n";
    let folder = program::Folder::new(&[("flows.jsonl", flows)]);
    let manifests = format!("--manifests={}", program::examples().display());
    let arguments = ["network", "learn", "flows.jsonl", "--prefix=24", &manifests];
    let (code, out, error) = program::bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 0, "{error}");
    let mut taken = 0;
    for document in yaml::Stream::yaml(&out, &yaml::Limits::default()).documents() {
        let mut json = String::new();
        document.ok().unwrap().root().write_json(&mut json);
        let mut policy: Value = serde_json::from_str(&json).unwrap();
        // The example's namespaces are not there.
        policy["metadata"]["namespace"] = json!("default");
        let theirs = plane.create(&policy, true).unwrap();
        assert_eq!(theirs.status, 201, "{theirs:?}\n{policy}");
        taken += 1;
    }
    assert_eq!(taken, 4);
}
