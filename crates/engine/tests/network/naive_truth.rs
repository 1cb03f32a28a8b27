//! The naive evaluator against the connectivity tables of cyclonus: whoever judges others is
//! judged first.

use serde_json::{Value, json};

use crate::naive::{Cluster, Outcome, allows};
use crate::truth;

/// Cells of the tables where source and destination differ.
const CELLS: u64 = 109_956;

/// The objects of a line.
fn objects(line: &Value) -> Vec<Value> {
    let items = |key: &str| line[key].as_array().expect("a list").iter();
    let namespaces = items("namespaces").map(|namespace| {
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": namespace["name"], "labels": namespace["labels"]}})
    });
    let pods = items("pods").map(|pod| {
        let containers: Vec<Value> = (pod["containers"].as_array().expect("a list").iter())
            .enumerate()
            .map(|(number, it)| {
                json!({"name": format!("c{number}"), "image": "registry.example.com/serve:1",
                    "ports": [{"name": it["portName"], "containerPort": it["port"],
                        "protocol": it["protocol"]}]})
            })
            .collect();
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": pod["namespace"], "name": pod["name"],
                "labels": pod["labels"]},
            "spec": {"containers": containers},
            "status": {"phase": "Running", "podIP": pod["ip"], "podIPs": [{"ip": pod["ip"]}]}})
    });
    namespaces.chain(pods).chain(items("policies").cloned()).collect()
}

#[test]
fn naive_evaluator_agrees_with_the_truth_tables() {
    let Some(lines) = truth::lines() else { return };
    let (mut judged, mut blocked) = (0, 0);
    for line in &lines {
        let cluster = Cluster::of(&objects(line));
        let pod = |name: &str| {
            let is_it =
                |pod: &&crate::naive::Pod| format!("{}/{}", pod.namespace, pod.name) == name;
            cluster.pods.iter().find(is_it).expect("a pod").ends()
        };
        for row in line["expected"].as_array().expect("rows") {
            let from = row["from"].as_str().expect("a pod");
            let protocol = row["protocol"].as_str().expect("a protocol");
            let port: u16 = row["port"].as_u64().expect("a port").try_into().expect("a port");
            for (key, expected) in [("allowed", true), ("blocked", false)] {
                for to in row[key].as_array().expect("a list") {
                    let to = to.as_str().expect("a pod");
                    let ours = allows(&cluster, &pod(from), &pod(to), protocol, port);
                    let theirs = Outcome { can_pass: expected, can_fail: !expected };
                    assert_eq!(ours, theirs, "{from} → {to} {protocol} {port}: {}", line["case"]);
                    judged += 1;
                    blocked += u64::from(!expected);
                }
            }
        }
    }
    println!("{judged} cells, {blocked} blocked");
    assert_eq!(judged, CELLS);
}
