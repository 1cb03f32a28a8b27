//! What reaches what in the example, in every command and format.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::path::Path;

use program::{Folder, bollwerk, examples};
use serde_json::Value;

/// A folder with the example as `shop`.
fn shop() -> Folder {
    let folder = Folder::new(&[]);
    folder.copy(&examples(), "shop");
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    bollwerk(folder.path(), &[["network"].as_slice(), arguments].concat(), "")
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let (code, out, error) = run(folder, &[arguments, &["--format=json"]].concat());
    assert_ne!(code, 2, "{error}");
    let output: Value = serde_json::from_str(&out).unwrap();
    let name = output["schema"].as_str().unwrap().replace('/', ".");
    let schema =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/schema/{name}.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&output)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .take(5)
        .collect();
    assert!(errors.is_empty(), "{arguments:?}: {errors:#?}");
    output
}

#[test]
fn a_pair_is_answered_with_the_rules_that_decide() {
    let folder = shop();
    let (code, out, error) =
        run(&folder, &["reach", "shop/frontend", "shop/cart:8080", "--manifests=shop"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    for part in [
        "shop/frontend → shop/cart  open\n",
        "NetworkPolicy shop/frontend, egress rule 1 allows it  shop/shop/policies.yaml:26",
        "NetworkPolicy shop/backends, ingress rule 1 allows it  shop/shop/policies.yaml:42",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) =
        run(&folder, &["reach", "shop/frontend", "data/postgres:5432", "--manifests=shop"]);
    assert_eq!(code, 1);
    assert!(out.contains("isolate egress and none allows it  shop/shop/policies.yaml:7"), "{out}");
    assert!(out.contains("no policy isolates ingress here"), "{out}");
}

#[test]
fn exit_codes_say_all_some_none_or_unknown() {
    let folder = shop();
    let code = |from: &str, to: &str| run(&folder, &["reach", from, to, "--manifests=shop"]).0;
    assert_eq!(code("ops/ci-runner", "data/*"), 0);
    assert_eq!(code("shop/frontend", "shop/cart"), 1);
    assert_eq!(code("shop/frontend", "shop?app=cart"), 1);
    assert_eq!(code("ops/ci-runner", "shop/frontend:http"), 1);
    // On its node's network: whether it is the node of the pods is not known.
    assert_eq!(code("ops/dashboard", "shop/cart"), 3);
    assert_eq!(code("internet", "ops/deployment/ci-runner:22"), 0);
    assert_eq!(code("shop/deployments/cart", "203.0.113.7:443"), 1);
    for (from, to) in [("shop/nobody", "shop/cart"), ("shop/cart", "shop/cart:nothing"), ("a", "b")]
    {
        let (code, out, error) = run(&folder, &["reach", from, to, "--manifests=shop"]);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(!error.is_empty());
    }
}

#[test]
fn the_documented_ways_in_are_found() {
    let folder = shop();
    let output = json(&folder, &["exposed", "--manifests=shop"]);
    let ways: Vec<(&str, &str, &str)> = output["ways"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| {
            let text = |key: &str| way[key].as_str().unwrap();
            (text("target"), text("entrance"), text("passage"))
        })
        .collect();
    assert!(ways.contains(&("data/postgres", "load-balancer", "open")), "{ways:?}");
    assert!(ways.contains(&("ops/dashboard", "node-port", "open")), "{ways:?}");
    // The policy lets in the ingress controller alone, which was not seen.
    assert!(ways.contains(&("shop/frontend", "route", "not known")), "{ways:?}");
    assert!(ways.iter().all(|(target, _, _)| !target.starts_with("payments/")), "{ways:?}");
}

#[test]
fn the_metadata_service_is_reached_from_where_the_readme_says() {
    let folder = shop();
    let output = json(&folder, &["metadata", "--manifests=shop"]);
    let address = &output["addresses"][0];
    assert_eq!(address["address"], "169.254.169.254");
    let namespaces = |list: &str| -> Vec<String> {
        let names = address[list].as_array().unwrap().iter();
        let mut names: Vec<String> = names
            .map(|it| it["workload"].as_str().unwrap().split('/').next().unwrap().to_owned())
            .collect();
        names.dedup();
        names
    };
    assert_eq!(namespaces("open"), ["data", "ops", "payments"]);
    assert_eq!(namespaces("closed"), ["shop"]);
    assert_eq!(run(&folder, &["metadata", "--manifests=shop"]).0, 1);
}

/// The metadata services of the node, by whether some pod not on its node's network gets there.
fn metadata_of_pods(folder: &Folder) -> Vec<(String, bool)> {
    let output = json(folder, &["metadata", "--manifests=shop", "--no-config"]);
    let addresses = output["addresses"].as_array().unwrap().iter();
    let guarded = addresses.filter(|it| it["ownRights"] == false);
    let is_reached = |address: &Value| {
        let list = |key: &str| address[key].as_array().unwrap().clone();
        let all = [list("open"), list("unknown")].concat();
        // On the network of its node, which policies do not hold.
        all.iter().any(|it| it["workload"] != "ops/dashboard")
    };
    guarded.map(|it| (it["address"].as_str().unwrap().to_owned(), is_reached(it))).collect()
}

#[test]
fn harden_closes_every_metadata_service() {
    let folder = shop();
    let before = metadata_of_pods(&folder);
    assert!(before.len() >= 5 && before.iter().all(|(_, is_reached)| *is_reached), "{before:?}");
    bollwerk(folder.path(), &["harden", "shop", "--no-config"], "");
    let after = metadata_of_pods(&folder);
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|(_, is_reached)| !is_reached), "{after:?}");
}

#[test]
fn a_change_is_told_with_an_example() {
    let folder = shop();
    let changed = folder.copy(&folder.path().join("shop"), "changed");
    let path = changed.join("shop/policies.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.replace("values: [cart, catalog, checkout]", "values: [cart, catalog]");
    assert_ne!(text, changed);
    std::fs::write(&path, changed).unwrap();
    let (code, out, _) = run(&folder, &["diff", "changed", "shop"]);
    assert_eq!(code, 1);
    assert!(out.contains("shop/frontend → shop/checkout\n  opens    TCP 8080\n"), "{out}");
    let output = json(&folder, &["diff", "shop", "changed"]);
    assert_eq!(output["changes"][0]["closed"], "TCP 8080");
    assert_eq!(run(&folder, &["diff", "shop", "changed"]).0, 0);
    let (code, out, _) = run(&folder, &["diff", "shop", "shop"]);
    assert_eq!((code, out.as_str()), (0, "Nothing is opened and nothing is closed\n"));
}

#[test]
fn the_table_is_there_in_every_format() {
    let folder = shop();
    let output = json(&folder, &["matrix", "--manifests=shop"]);
    assert_eq!(output["ends"].as_array().unwrap().len(), 15);
    json(&folder, &["isolated", "--manifests=shop"]);
    json(&folder, &["reach", "*/*", "*/*", "--manifests=shop"]);
    let of = |format: &str| {
        let format = format!("--format={format}");
        let (code, out, error) = run(&folder, &["matrix", "--manifests=shop", &format]);
        assert_eq!(code, 3, "{error}");
        out
    };
    assert!(of("terminal").contains("shop/frontend"), "{}", of("terminal"));
    assert!(of("csv").contains("shop/frontend,shop/cart,TCP 8080,\n"), "{}", of("csv"));
    assert!(of("dot").contains("\"shop/frontend\" -> \"shop/cart\" [label=\"TCP 8080\""));
    assert!(of("mermaid").starts_with("flowchart LR\n"));
    let svg = of("svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains(">shop/frontend</text>"));
    let (_, out, _) = run(&folder, &["matrix", "-n", "shop", "--manifests=shop"]);
    assert!(out.contains("into it"), "{out}");
    assert_eq!(run(&folder, &["matrix", "-n", "nowhere", "--manifests=shop"]).0, 2);
}

#[test]
fn a_namespace_is_drawn_with_its_neighbours() {
    let folder = shop();
    let of = |format: &str| {
        let format = format!("--format={format}");
        let (code, out, error) = run(&folder, &["map", "shop", "--manifests=shop", &format]);
        assert_eq!(code, 3, "{error}");
        out
    };
    assert!(of("terminal").contains("shop/cart\n  ← frontend  TCP 8080\n"), "{}", of("terminal"));
    assert!(of("svg").contains(">cart, catalog, checkout</text>"));
    assert!(
        of("html").contains("<dt>is reached by</dt>\n<dd>frontend <small>TCP 8080</small></dd>")
    );
    assert_eq!(run(&folder, &["map", "nowhere", "--manifests=shop"]).0, 2);
    let (_, out, _) = run(&folder, &["map", "data", "--manifests=shop"]);
    assert!(out.contains("  ← all of payments  all ports\n"), "{out}");
}

/// Where pods lie decides on those whose own address was not seen.
#[test]
fn pod_prefixes_decide_on_blocks() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: a}\n\
                spec: {template: {spec: {containers: [{name: c, image: i}]}}}\n---\n\
                apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db, namespace: a}\n\
                spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, \
                image: i}]}}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                metadata: {name: db, namespace: a}\nspec: {podSelector: {matchLabels: {app: db}}, \
                ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}\n";
    let folder = Folder::new(&[("in/x.yaml", text)]);
    let code = |more: &[&str]| {
        run(&folder, &[&["reach", "a/web", "a/db", "--manifests=in"], more].concat()).0
    };
    assert_eq!(code(&[]), 3);
    assert_eq!(code(&["--pod-cidr=10.244.0.0/16"]), 0);
    assert_eq!(code(&["--pod-cidr=192.168.0.0/16"]), 1);
    assert_eq!(code(&["--pod-cidr=10.0.0.0/7"]), 3);
    assert_eq!(code(&["--profile=cilium"]), 1);
    assert_eq!(code(&["--pod-cidr=10.0.0.0/99"]), 2);
}

/// From the internet through a security group and a load balancer to the pod: one answer.
#[test]
fn security_groups_stand_before_the_nodes() {
    let folder = shop();
    let group = |access: &str, direction: &str, port: &str| {
        format!(
            "[{{\"name\": \"aks-agentpool-nsg\", \"resourceGroup\": \"MC_shop\", \
             \"securityRules\": [{{\"name\": \"mine\", \"priority\": 200, \"direction\": \
             \"{direction}\", \"access\": \"{access}\", \"protocol\": \"Tcp\", \
             \"sourceAddressPrefix\": \"*\", \"sourcePortRange\": \"*\", \
             \"destinationAddressPrefix\": \"*\", \"destinationPortRange\": \"{port}\"}}]}}]"
        )
    };
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("closed.json", "{\"name\": \"a\", \"securityRules\": []}");
    write("open.json", &group("Allow", "Inbound", "5432"));
    write("cut.json", &group("Deny", "Outbound", "443"));
    write("bad.json", &group("Allow", "Inbound", "99999"));
    let network = "--virtual-network=10.0.0.0/8";
    let passage = |file: &str| {
        let group = format!("--security-group={file}");
        let output = json(&folder, &["exposed", "--manifests=shop", &group, network]);
        let ways = output["ways"].as_array().unwrap().clone();
        let way = ways.into_iter().find(|way| way["entrance"] == "load-balancer").unwrap();
        way["passage"].as_str().unwrap().to_owned()
    };
    assert_eq!(passage("closed.json"), "closed");
    assert_eq!(passage("open.json"), "open");
    let (code, out, error) = run(&folder, &["security-groups", "closed.json", network]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.contains("nothing of it is cut"), "{out}");
    let (code, out, _) = run(&folder, &["security-groups", "cut.json", network]);
    assert_eq!(code, 1);
    assert!(
        out.contains("nodes to the API server: TCP 443  by mine of aks-agentpool-nsg"),
        "{out}"
    );
    assert!(out.contains("mine was written by hand"), "{out}");
    json(&folder, &["security-groups", "cut.json", "open.json", network]);
    json(&folder, &["security-groups", "closed.json"]);
    let (code, _, error) = run(&folder, &["security-groups", "bad.json"]);
    assert_eq!(code, 2);
    assert!(error.contains("rule `mine`: `99999` is no port"), "{error}");
}

/// What was seen, held against policies before they are applied.
#[test]
fn observed_connections_are_held_against_policies() {
    let folder = shop();
    let lines = "{\"from\": \"shop/frontend\", \"to\": \"shop/cart\", \"port\": 8080, \
                 \"protocol\": \"TCP\"}\n\
                 {\"from\": \"shop/cart\", \"to\": \"203.0.114.9\", \"port\": 443, \
                 \"protocol\": \"TCP\"}\n";
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("flows.jsonl", lines);
    write(
        "odd.jsonl",
        &format!(
            "{lines}{{\"from\": \"shop/ghost\", \"to\": \"shop/cart\", \
                                 \"port\": 1, \"protocol\": \"TCP\"}}\n{{\"from\":\n"
        ),
    );
    write("good.jsonl", lines.lines().next().unwrap());
    let (code, out, error) = run(&folder, &["observed", "flows.jsonl", "--manifests=shop"]);
    assert_eq!((code, error.as_str()), (1, ""), "{out}");
    assert!(out.contains("cut shop/cart → 203.0.114.9, TCP 443"), "{out}");
    assert!(out.contains("2 connections: 1 let through, 1 cut"), "{out}");
    assert_eq!(run(&folder, &["observed", "good.jsonl", "--manifests=shop"]).0, 0);
    let output = json(&folder, &["observed", "odd.jsonl", "--manifests=shop"]);
    assert_eq!(output["notSeen"][0]["from"], "shop/ghost");
    assert_eq!(output["notSeen"][0]["cause"], "not-in-input");
    assert_eq!(output["unreadable"], 1);
    assert_eq!(run(&folder, &["observed", "missing.jsonl", "--manifests=shop"]).0, 2);
}

/// A log names pods that are gone and the address of a Service: who is behind them is found.
#[test]
fn observed_ends_are_found_by_their_workloads_and_services() {
    let deployment = |name: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: a}}\n\
             spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
             metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: c, image: i}}]}}\n"
        )
    };
    let manifests = [
        deployment("web"),
        deployment("client"),
        deployment("other"),
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: a}\n\
         spec:\n  clusterIP: 10.96.0.10\n  selector: {app: web}\n  \
         ports: [{port: 80, targetPort: 8080}]\n\
         ---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
         metadata: {name: web, namespace: a}\nspec:\n  podSelector: {matchLabels: {app: web}}\n  \
         ingress:\n  - from: [{podSelector: {matchLabels: {app: client}}}]\n    \
         ports: [{port: 8080}]\n"
            .to_owned(),
    ];
    let flow = |from: &str| format!("{{\"from\":\"{from}\",\"to\":\"10.96.0.10\",\"port\":80}}\n");
    let flows = [
        flow("a/client-7d9f8c6b5-x2x4z"),
        flow("a/other-7d9f8c6b5-x2x4z"),
        "{\"from\":\"a/client\",\"to\":\"10.96.0.10\",\"port\":81}\n".to_owned(),
    ];
    let folder = Folder::new(&[("a.yaml", &manifests.concat()), ("flows.jsonl", &flows.concat())]);
    let output = json(&folder, &["observed", "flows.jsonl", "--manifests=a.yaml"]);
    assert_eq!(output["open"], 1, "{output}");
    assert_eq!(output["cut"].as_array().unwrap().len(), 1);
    assert_eq!(output["cut"][0]["from"], "a/other-7d9f8c6b5-x2x4z");
    assert_eq!(output["notSeen"][0]["cause"], "no-backend");
    let (_, out, _) = run(&folder, &["observed", "flows.jsonl", "--manifests=a.yaml"]);
    assert!(out.contains("that go to a service of which no endpoint is known\n"), "{out}");
}

/// What cannot be read is no yes.
#[test]
fn gaps_are_told_and_make_answers_unknown() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                  metadata: {name: bad, namespace: a}\nspec: {podSelector: {}, ingress: 5}\n";
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: a}}\n\
             spec: {{containers: [{{name: c, image: i}}]}}\n"
        )
    };
    let folder =
        Folder::new(&[("in/x.yaml", &format!("{policy}---\n{}---\n{}", pod("one"), pod("two")))]);
    let (code, out, error) = run(&folder, &["reach", "a/one", "a/two", "--manifests=in"]);
    assert_eq!(code, 3, "{out}");
    assert!(error.starts_with("not assessed: "), "{error}");
}

#[test]
fn lint_tells_of_policies_and_of_nothing_else() {
    let manifests = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n\
                     apiVersion: v1\nkind: Pod\n\
                     metadata: {name: web, namespace: shop, labels: {app: web}}\n\
                     spec: {containers: [{name: web, image: web, securityContext: {privileged: \
                     true}}]}\n---\n\
                     apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                     metadata: {name: web, namespace: shop}\n\
                     spec: {podSelector: {matchLabels: {app: wbe}}, policyTypes: [Ingress]}\n";
    let folder = Folder::new(&[("all.yaml", manifests)]);
    let arguments = ["network", "lint", "--manifests", "all.yaml", "--format=json", "--no-config"];
    let (_, out, _) = bollwerk(folder.path(), &arguments, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let controls: Vec<_> = findings.iter().map(|it| it["control"].as_str()).collect();
    assert_eq!(controls, [Some("network-policy-selects-nothing")]);
}

#[test]
fn paths_that_are_not_there_give_no_answer() {
    let folder = Folder::new(&[("empty/readme.txt", "")]);
    for path in ["gone", "empty"] {
        let manifests = format!("--manifests={path}");
        for question in [
            ["network", "reach", "a/b", "a/c"].as_slice(),
            &["network", "metadata"],
            &["network", "map", "a"],
            &["access", "can", "User:alice", "get", "pods"],
            &["access", "of", "User:alice"],
        ] {
            let arguments = [question, &[manifests.as_str()]].concat();
            let (code, out, error) = bollwerk(folder.path(), &arguments, "");
            assert_eq!((code, out.as_str()), (3, ""), "{arguments:?}: {error}");
            assert!(error.starts_with(&format!("not assessed: {path}: ")), "{error}");
            assert!(error.contains("there is no answer"), "{error}");
        }
    }
}
