//! Policies learned from flow logs: enough for what was seen, in stages, applied as any manifest.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::BTreeMap;
use std::path::Path;

use program::{Folder, bollwerk, examples};
use serde_json::Value;

const SEEN: &str = r#"
{"from":"shop/frontend","to":"shop/cart","port":8080,"time":"2026-11-20T10:00:00Z"}
{"from":"shop/frontend","to":"shop/catalog","port":8080}
{"from":"shop/checkout","to":"payments/payment-api","port":8443}
{"from":"payments/payment-api","to":"data/postgres","port":5432}
{"from":"payments/ledger","to":"data/postgres","port":5432}
{"from":"ops/ci-runner","to":"169.254.169.254","port":80}
{"from":"payments/payment-api","to":"203.0.113.9","port":443,"time":"2026-11-25T10:00:00Z"}
"#;

/// What cannot be covered: an end that is nowhere, and pods on their node's network.
const ODD: &str = r#"{"from":"shop/nobody","to":"shop/cart","port":8080}
{"from":"shop/checkout","to":"ops/dashboard","port":8443}
{"from":"ops/dashboard","to":"shop/cart","port":8080}
"#;

/// A folder with the example as `shop`, its policies apart, and the logs.
fn shop() -> Folder {
    let folder = Folder::new(&[("seen.jsonl", SEEN), ("odd.jsonl", &format!("{SEEN}{ODD}"))]);
    folder.copy(&examples(), "shop");
    let of = |name: &str| folder.path().join(name);
    std::fs::rename(of("shop/shop/policies.yaml"), of("policies.yaml")).unwrap();
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    bollwerk(folder.path(), &[["network"].as_slice(), arguments].concat(), "")
}

#[test]
fn what_is_written_lets_through_what_was_seen_and_no_more() {
    let folder = shop();
    let (code, out, error) = run(&folder, &["learn", "seen.jsonl", "--manifests=shop"]);
    assert_eq!(code, 0, "{error}");
    for part in [
        "7 connections, from 2026-11-20T10:00:00Z to 2026-11-25T10:00:00Z, 5 days",
        "8 policies for 8 workloads, 4 that close a namespace; 7 connections proved",
        "5 ports of pairs of workloads where 5 were seen (1.00), and 2 ports of addresses",
        "ops/ci-runner was seen to call 169.254.169.254, which hands out credentials",
        "no policy is written for pods on their node's network: ops/dashboard",
        "the cluster's DNS is not in the input",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    // Both stages are read without a gap, and hold to the same connections.
    folder.write("shop/learned.yaml", &out);
    let (code, out, error) = run(&folder, &["observed", "seen.jsonl", "--manifests=shop"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let reach = |from: &str, to: &str| run(&folder, &["reach", from, to, "--manifests=shop"]).0;
    assert_eq!(reach("shop/frontend", "shop/cart:8080"), 0);
    assert_eq!(reach("shop/frontend", "shop/cart:8081"), 1);
    assert_eq!(reach("shop/cart", "data/postgres:5432"), 1);
    assert_eq!(reach("data/backup", "data/postgres:5432"), 1, "nothing was seen of it");
    assert_eq!(reach("ops/ci-runner", "169.254.169.254:80"), 0);
    assert_eq!(reach("payments/payment-api", "203.0.113.8:443"), 1);
    let (code, out, _) = run(&folder, &["lint", "--manifests=shop", "--no-config"]);
    assert!(!out.contains("selects-nothing"), "{code}: {out}");
    // A second run takes them for its own and writes the same.
    let (_, first, _) = run(&folder, &["learn", "seen.jsonl", "--manifests=shop"]);
    assert_eq!(first, std::fs::read_to_string(folder.path().join("shop/learned.yaml")).unwrap());
}

#[test]
fn stages_are_folders() {
    let folder = shop();
    let files = |name: &str| -> BTreeMap<String, String> {
        let all = std::fs::read_dir(folder.path().join(name)).unwrap();
        all.map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
    };
    let arguments = ["learn", "odd.jsonl", "--manifests=shop", "--output=stages"];
    let (code, out, error) = run(&folder, &arguments);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(error.contains("wrote 13 files to stages"), "{error}");
    let page = &files("stages/01-observe")["README.md"];
    assert!(page.contains("- not covered: 1 connections that come from a node"), "{page}");
    let policies = files("stages/02-policies");
    assert_eq!(policies.len(), 8);
    assert!(policies["shop.observed-cart.yaml"].contains("policyTypes: [Ingress]\n"));
    let defaults: Vec<String> = files("stages/03-default-deny").into_keys().collect();
    let expected = ["data", "ops", "payments", "shop"];
    assert_eq!(defaults, expected.map(|it| format!("{it}.observed-default-deny.yaml")));
    let (code, _, _) = run(&folder, &[&arguments[..], &["--accept-gap=unattributed"]].concat());
    assert_eq!(code, 0);
    assert_eq!(policies, files("stages/02-policies"), "a second run changes nothing");
}

#[test]
fn the_report_is_there_for_programs() {
    let folder = shop();
    let arguments = ["learn", "odd.jsonl", "--manifests=shop", "--manifests=policies.yaml"];
    // Two clusters are no answer.
    assert_eq!(run(&folder, &arguments).0, 2);
    std::fs::rename(
        folder.path().join("policies.yaml"),
        folder.path().join("shop/shop/policies.yaml"),
    )
    .unwrap();
    let arguments = ["learn", "odd.jsonl", "--manifests=shop", "--format=json"];
    let (code, out, error) = run(&folder, &arguments);
    assert_eq!(code, 3, "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/schema/bollwerk.network-learn.v1.json");
    let schema = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap();
    let causes: Vec<_> =
        report["notCovered"].as_array().unwrap().iter().map(|it| &it["cause"]).collect();
    assert_eq!(causes, ["not-in-input", "from-node", "to-node"]);
    // The example's own policies let the frontend call checkout, which was not seen.
    assert_eq!(report["existing"]["more"], 1);
    assert_eq!(report["existing"]["examples"][0]["to"], "shop/checkout");
    let closes = report["closes"].as_array().unwrap();
    assert!(closes.iter().any(|it| it["to"].to_string().contains("data/postgres")), "{closes:?}");
}

/// Policies of the cluster come first: what they refuse no learned policy opens.
#[test]
fn nothing_is_written_that_would_refuse_what_was_seen() {
    let folder = shop();
    let deny = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n\
                metadata: {name: closed}\nspec: {tier: Admin, priority: 1, subject: {namespaces: \
                {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}\n";
    folder.write("shop/deny.yaml", deny);
    let (code, out, error) = run(&folder, &["learn", "seen.jsonl", "--manifests=shop"]);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(error.contains("the policies would refuse 5 of 7 connections"), "{error}");
    assert!(error.contains("shop/frontend → shop/cart, TCP 8080"), "{error}");
    let (code, _, error) = run(&folder, &["learn", "missing.log", "--manifests=shop"]);
    assert_eq!(code, 2);
    assert!(error.contains("cannot read missing.log"), "{error}");
}
