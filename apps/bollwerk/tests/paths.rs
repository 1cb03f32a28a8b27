//! Ways through the example, and what closes them.

mod program;

use program::{Folder, bollwerk, examples};
use serde_json::Value;

fn run(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    bollwerk(folder.path(), &[["access"].as_slice(), arguments].concat(), "")
}

/// A copy of the example.
fn shop() -> Folder {
    let folder = Folder::new(&[]);
    folder.copy(&examples(), "shop");
    folder
}

#[test]
fn the_documented_escalations_are_found() {
    let folder = shop();
    let (code, out, error) = run(&folder, &["paths", "--manifests=shop"]);
    assert_eq!((code, error.as_str()), (1, ""));
    for part in [
        "service account ops/ci-runner reaches cluster-admin\n",
        "service account ops/node-agent reaches cluster-admin\n",
        "Run commands through the kubelet, by GET",
        "4 reach cluster-admin, 0 may\n",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let from = "--from=ServiceAccount:ops:dashboard";
    let (code, out, _) = run(&folder, &["paths", from, "--manifests=shop"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "service account ops/dashboard does not reach cluster-admin\n")
    );
    let (code, out, _) = run(&folder, &["paths", "--to=node", "--manifests=shop"]);
    assert_eq!(code, 1);
    assert!(out.contains("The socket of the container runtime"), "{out}");
}

/// What `cut` names is taken out, and nobody gets there any more.
#[test]
fn a_cut_closes_the_goal() {
    let folder = shop();
    let (code, out, _) = run(&folder, &["cut", "--manifests=shop"]);
    assert_eq!(code, 1);
    assert!(out.contains("ClusterRoleBinding ci-runner-admin  shop/ops/ci-runner.yaml:"), "{out}");
    let path = folder.path().join("shop/ops/ci-runner.yaml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: Vec<&str> =
        text.split("---\n").filter(|document| !document.contains("ci-runner-admin")).collect();
    assert!(std::fs::write(&path, kept.join("---\n")).is_ok());
    let (code, out, _) = run(&folder, &["paths", "--manifests=shop"]);
    assert_eq!((code, out.as_str()), (0, "nobody reaches cluster-admin\n"), "{out}");
    let (code, out, _) = run(&folder, &["cut", "--manifests=shop"]);
    assert_eq!((code, out.as_str()), (0, "nobody reaches cluster-admin\n"));
}

#[test]
fn formats() {
    let folder = shop();
    let read = |format: &str| {
        let arguments = ["paths", "--to=node", "--manifests=shop", format];
        run(&folder, &arguments).1
    };
    let report: Value = serde_json::from_str(&read("--format=json")).unwrap_or_default();
    let schema =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/bollwerk.access-paths.v1.json");
    let schema = std::fs::read_to_string(schema).unwrap_or_default();
    let schema: Value = serde_json::from_str(&schema).unwrap_or_default();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&report), "{report}");
    assert_eq!(report["goal"], "root on some node");
    assert!(report["starts"].as_array().is_some_and(|starts| !starts.is_empty()));
    assert!(read("--format=dot").starts_with("digraph paths {\n"));
    assert!(read("--format=mermaid").starts_with("flowchart LR\n"));
    let picture = read("--format=svg");
    assert!(picture.starts_with("<svg xmlns="), "{picture}");
    for part in ["The socket of the container runtime</text>", "<title id=", "reaches root on"] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    let page = read("--format=html");
    assert!(page.starts_with("<!doctype html>") && page.contains("<ol>"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn wrong_use_and_what_is_not_known() {
    let folder = shop();
    let (code, _, error) = run(&folder, &["paths", "--to=moon", "--manifests=shop"]);
    assert_eq!(code, 2);
    assert!(error.contains("`moon` is no goal; there are cluster-admin, node"), "{error}");
    folder.write(
        "shop/unknown.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\n\
         roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: elsewhere}\n\
         subjects: [{kind: ServiceAccount, name: dashboard, namespace: ops}]\n",
    );
    let from = "--from=ServiceAccount:ops:dashboard";
    let (code, out, _) = run(&folder, &["paths", from, "--manifests=shop"]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("may reach"), "{out}");
}

#[test]
fn each_edge_has_a_page() {
    let folder = Folder::new(&[]);
    let explain = |id: &str| bollwerk(folder.path(), &["explain", id], "");
    let (code, out, _) = explain("approve-certificate");
    assert_eq!(code, 0);
    for part in [
        "Approve one's own client certificate\n",
        "- `create` on `certificatesigningrequests.certificates.k8s.io` in the whole cluster\n",
        "for `kubernetes.io/kube-apiserver-client` or its domain",
        "any user, group but `system:masters`, or service account",
        "https://kubernetes.io/docs/",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (_, out, _) = explain("exec-websocket");
    assert!(out.contains("before v1.35"), "{out}");
    for edge in analyze::access::edges::all() {
        let (code, out, _) = explain(edge.id);
        assert!(code == 0 && out.contains(edge.source), "{}: {out}", edge.id);
    }
}

#[test]
fn a_way_may_start_in_a_pod() {
    let folder = shop();
    let from = |start: &str| run(&folder, &["paths", start, "--manifests=shop"]);
    let (code, out, error) = from("--from=Pod:ops:ci-runner");
    assert_eq!((code, error.as_str()), (1, ""), "{out}");
    assert!(out.starts_with("pod of Deployment ops/ci-runner reaches cluster-admin\n"), "{out}");
    assert!(out.contains("The token in a pod"), "{out}");
    let (code, _, error) = from("--from=Pod:ops:nothing");
    assert_eq!(code, 2);
    assert!(error.contains("nothing in the input of the name ops/nothing"), "{error}");
    let (code, _, error) = from("--from=Pod:ops");
    assert_eq!(code, 2);
    assert!(error.contains("`Pod:NAMESPACE:NAME`"), "{error}");
    let (code, out, _) = run(&folder, &["cut", "--from=Pod:ops:ci-runner", "--manifests=shop"]);
    assert_eq!(code, 1, "{out}");
}
