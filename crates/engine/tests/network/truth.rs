//! The truth tables of cyclonus: every verdict, without a pod's traffic to itself.

use std::fmt::Write as _;
use std::io::Read as _;

use engine::network::ports::Protocol;
use engine::network::{Answer, Endpoint, Network, Profile};
use model::WorldId;
use serde_json::Value;

/// What the tables hold without loopback: allowed and blocked.
const CELLS: (usize, usize) = (89_148, 20_808);

#[test]
fn every_cell_agrees() {
    let Some(lines) = lines() else { return };
    let mut cells = (0, 0);
    for line in &lines {
        check(line, &mut cells);
    }
    assert_eq!(cells, CELLS);
}

/// The lines of the tables; none where they are missing, which under `CI=true` is a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn lines() -> Option<Vec<Value>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/truth/network-policy/cyclonus.jsonl.gz"
    );
    let Ok(bytes) = std::fs::read(path) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{path} is missing");
        println!("skipped: {path} is missing");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

fn check(line: &Value, cells: &mut (usize, usize)) {
    let snapshot = super::snapshot(&manifests(line));
    let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
    assert!(network.gaps().is_empty(), "{:?}", network.gaps());
    let pod = |name: &str| {
        let (namespace, name) = name.split_once('/').expect("a namespace");
        Endpoint::Workload(network.find_pod(namespace, name).expect("a pod"))
    };
    for row in line["expected"].as_array().expect("rows") {
        let from = row["from"].as_str().expect("a source");
        let port = row["port"].as_u64().and_then(|it| u16::try_from(it).ok()).expect("a port");
        let protocol = Protocol::of(row["protocol"].as_str().expect("text")).expect("a protocol");
        for (key, is_allowed) in [("allowed", true), ("blocked", false)] {
            for to in row[key].as_array().expect("a list") {
                let to = to.as_str().expect("a target");
                let (source, target) = (pod(from), pod(to));
                let answer = network.allows(&source, &target, protocol, port);
                let agrees = match &answer {
                    Answer::Allowed(_) => is_allowed,
                    Answer::Denied(_) => !is_allowed,
                    Answer::Unknown(_) => false,
                };
                let case = &line["case"];
                assert!(agrees, "{case}: {from} to {to} {protocol} {port}: {answer:?}");
                let reach = network.reach(&source, &target);
                assert_eq!(reach.allowed.contains(protocol, port), is_allowed, "{case}");
                *(if is_allowed { &mut cells.0 } else { &mut cells.1 }) += 1;
            }
        }
    }
}

fn manifests(line: &Value) -> String {
    let mut text = String::new();
    for namespace in line["namespaces"].as_array().expect("namespaces") {
        let _ = writeln!(
            text,
            "---\n{{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {namespace}}}"
        );
    }
    for pod in line["pods"].as_array().expect("pods") {
        let containers = pod["containers"].as_array().expect("containers").iter().map(|it| {
            format!(
                "{{\"name\": {0}, \"image\": \"x\", \"ports\": [{{\"name\": {0}, \
                 \"containerPort\": {1}, \"protocol\": {2}}}]}}",
                it["portName"], it["port"], it["protocol"]
            )
        });
        let containers: Vec<String> = containers.collect();
        let _ = writeln!(
            text,
            "---\n{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": {}, \
             \"namespace\": {}, \"labels\": {}}}, \"spec\": {{\"containers\": [{}]}}, \
             \"status\": {{\"podIP\": {}}}}}",
            pod["name"],
            pod["namespace"],
            pod["labels"],
            containers.join(", "),
            pod["ip"]
        );
    }
    for policy in line["policies"].as_array().expect("policies") {
        let _ = writeln!(text, "---\n{policy}");
    }
    text
}
