//! Which network policies are policies at all: our reader against a real API server.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "network_validation_cases/mod.rs"]
mod cases;
mod control_plane;
mod program;

use std::path::PathBuf;

use cases::Place;
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

fn network_policy() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
            "egress": [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 443}]}]}})
}

/// A policy with values of some places changed.
fn changed(random: &mut Random, mut policy: Value, places: &[Place]) -> Value {
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

/// Why our reader says that the API server refuses it: none if it is taken, whatever it means.
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
    let mut reasons = network.gaps().iter().map(|gap| gap.reason.clone());
    reasons.find(|reason| reason.ends_with("the API server refuses it"))
}

/// Asks both about changed policies of a kind.
fn compare(plane: &mut ControlPlane, policy: &Value, places: &[Place]) {
    let mut random = Random(0x6e70);
    let (mut taken, mut refused) = (0, 0);
    let mut differences = Vec::new();
    let plain = plane.create(policy, true).unwrap();
    assert_eq!((plain.status, refusal(policy)), (201, None), "{plain:?}\n{policy}");
    for _ in 0..POLICIES {
        let policy = changed(&mut random, policy.clone(), places);
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

/// The folder of definitions that `cargo xtask test` finds. Without it a test has to skip, which
/// under `CI=true` is a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn definitions() -> Option<PathBuf> {
    let folder = std::env::var_os("BOLLWERK_DEFINITIONS").map(PathBuf::from);
    if folder.is_none() {
        let reason = "BOLLWERK_DEFINITIONS is not set (`cargo xtask test` sets it)";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
        println!("skipped: {reason}");
    }
    folder
}

#[test]
fn policies_are_taken_and_refused_as_by_the_api_server() {
    let Some(mut plane) = ControlPlane::start() else { return };
    compare(&mut plane, &network_policy(), &cases::network_policy());
}

#[test]
fn policies_of_the_cluster_are_taken_and_refused_as_by_the_api_server() {
    let Some(folder) = definitions() else { return };
    let Some(mut plane) = ControlPlane::start() else { return };
    plane.define(&folder, "policy.networking.k8s.io_");
    for (policy, places) in [cases::admin(), cases::baseline(), cases::cluster()] {
        compare(&mut plane, &policy, &places);
    }
}

/// Calico's own API server writes what it is given under another group, with the same fields. The
/// definitions that are to be had are those of version 3.28, where tiers are not in the open.
#[test]
fn what_harden_writes_for_network_plugins_is_taken() {
    let Some(folder) = definitions() else { return };
    let Some(mut plane) = ControlPlane::start() else { return };
    plane.define(&folder, "cilium");
    plane.define(&folder, "crd.projectcalico.org_");
    for plugin in ["cilium", "calico"] {
        let folder = program::Folder::new(&[]);
        folder.copy(&program::examples(), "shop");
        let argument = format!("--network-plugin={plugin}");
        let arguments = ["harden", "shop", "--no-config", &argument];
        let (code, _, error) = program::bollwerk(folder.path(), &arguments, "");
        assert!(code < 2, "{error}");
        let mut taken = 0;
        let mut folders = vec![folder.path().join("shop/hardening")];
        let mut texts = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    texts.push((path.clone(), std::fs::read_to_string(path).unwrap()));
                }
            }
        }
        for (path, text) in texts {
            for document in yaml::Stream::yaml(&text, &yaml::Limits::default()).documents() {
                let mut json = String::new();
                document.ok().unwrap().root().write_json(&mut json);
                let mut object: Value = serde_json::from_str(&json).unwrap();
                match object["apiVersion"].as_str() {
                    Some("projectcalico.org/v3") if object["kind"] != "Tier" => {
                        object["apiVersion"] = json!("crd.projectcalico.org/v1");
                        let tier = object["spec"].as_object_mut().unwrap().remove("tier");
                        assert_eq!(tier, Some(json!("bollwerk")));
                    }
                    Some("cilium.io/v2") => {}
                    _ => continue,
                }
                let theirs = plane.create(&object, true).unwrap();
                assert_eq!(theirs.status, 201, "{path:?}: {theirs:?}\n{object}");
                taken += 1;
            }
        }
        assert!(taken > 0, "{plugin}");
    }
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
