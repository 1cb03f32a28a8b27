//! Admission policies from files, asked by the running server: with parameters as the cluster has
//! them now.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod fake_api;
mod server;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_api::{FakeApi, Served};
use reqwest::blocking::Client;
use serde_json::{Value, json};
use server::Server;

const POLICIES: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replica-limit}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, DELETE], resources: [deployments]}
  validations:
  - expression: "request.operation == 'DELETE' || object.spec.replicas <= int(params.data.most)"
    messageExpression: "'at most ' + params.data.most"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec:
  policyName: replica-limit
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
  validationActions: [Deny]
"#;

fn served(name: &'static str, kind: &'static str, item: &'static str) -> Served {
    let items = move |_, out: &mut String| out.push_str(item);
    Served { group: "", version: "v1", name, kind, count: 1, items: Box::new(items) }
}

fn config(policies: &Path) -> String {
    format!("version: 1\nadmission:\n  policies: [{}]\n", policies.display())
}

/// What is answered to the creation of a Deployment: whether it goes in, and why not.
fn asked(client: &Client, server: &Server, replicas: u32) -> (bool, String) {
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": replicas}});
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "1", "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
            "name": "web", "namespace": "shop", "operation": "CREATE",
            "userInfo": {"username": "it"}, "object": object}});
    let url = format!("https://{}/admission/open", server.address);
    let answer = client.post(url).body(review.to_string()).send().unwrap();
    let answer: Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
    let response = &answer["response"];
    let message = response["status"]["message"].as_str().unwrap_or_default();
    (response["allowed"] == true, message.to_owned())
}

#[test]
fn policies_are_asked_with_the_parameters_of_the_cluster() {
    let folder = std::env::temp_dir().join(format!("bollwerk-policies-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("policies")).unwrap();
    std::fs::write(folder.join("policies/all.yaml"), POLICIES).unwrap();
    let map = r#"{"metadata":{"name":"limits","namespace":"shop"},"data":{"most":"5"}}"#;
    let api = FakeApi::start(
        vec![
            served("namespaces", "Namespace", r#"{"metadata":{"name":"shop"}}"#),
            served("configmaps", "ConfigMap", map),
        ],
        &folder,
    );
    let mut server = Server::start(&config(&folder.join("policies")), &api.kubeconfig);
    let authority = std::fs::read(server.folder.join("tls/ca.crt")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    let client = Client::builder()
        .tls_certs_only([authority])
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    assert!(asked(&client, &server, 5).0);
    let (is_allowed, message) = asked(&client, &server, 6);
    assert!(!is_allowed);
    for part in ["`replica-limit`", "`everywhere`", "at most 5", "int(params.data.most)"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // The parameters as they are now.
    let changed = json!({"type": "MODIFIED", "object": {"metadata":
        {"name": "limits", "namespace": "shop"}, "data": {"most": "9"}}});
    until(|| api.tell("configmaps", &changed.to_string()) > 0);
    until(|| asked(&client, &server, 6).0);
    let gone = json!({"type": "DELETED", "object": {"metadata":
        {"name": "limits", "namespace": "shop"}}});
    api.tell("configmaps", &gone.to_string());
    until(|| !asked(&client, &server, 1).0);
    assert!(asked(&client, &server, 1).1.contains("no params found"));
    server.kill();

    manifests(&server.folder);
    faults(&folder, &server.folder);
    let _ = std::fs::remove_dir_all(&folder);
}

fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never holds");
}

/// The webhook asks of what policies are about, and the server may read their parameters.
fn manifests(server: &Path) {
    let printed = Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
        .current_dir(server)
        .args(["manifests", "--config", "bollwerk.yaml", "--tls", "tls", "--image", "it"])
        .output()
        .unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    let find = |kind: &str| {
        let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
        let json = stream.documents().find_map(|document| {
            let root = document.ok().unwrap().root();
            let mut json = String::new();
            root.write_json(&mut json);
            let value: Value = serde_json::from_str(&json).unwrap();
            (value["kind"] == kind).then_some(value)
        });
        json.unwrap_or_else(|| panic!("{kind}: {text}"))
    };
    let webhook = find("ValidatingWebhookConfiguration");
    let rules = webhook["webhooks"][0]["rules"].as_array().unwrap();
    let is_own = |rule: &Value| {
        rule["resources"] == json!(["deployments"])
            && rule["operations"] == json!(["CREATE", "DELETE"])
    };
    assert!(rules.iter().any(is_own), "{rules:?}");
    let role = find("ClusterRole");
    let rules = role["rules"].as_array().unwrap();
    let core = rules.iter().find(|rule| rule["apiGroups"] == json!([""])).unwrap();
    assert!(core["resources"].as_array().unwrap().contains(&json!("configmaps")), "{core}");
}

/// What cannot be read, does not compile or is not there keeps the server from starting.
fn faults(folder: &Path, server: &Path) {
    let broken = POLICIES.replace("object.spec.replicas <=", "object.spec.replicas + 'a' <=");
    let broken = broken.replace("int(params.data.most)\"", "1 +\"");
    for (text, reason) in [
        (broken.as_str(), "does not compile"),
        ("kind: [", "problems in the admission policies"),
        ("", "no ValidatingAdmissionPolicy"),
    ] {
        std::fs::write(folder.join("policies/all.yaml"), text).unwrap();
        let ended = Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
            .current_dir(server)
            .args(["run", "--config", "bollwerk.yaml", "--tls", "tls", "--listen", "127.0.0.1:0"])
            .args(["--listen-health", "127.0.0.1:0", "--kubeconfig", "nowhere"])
            .output()
            .unwrap();
        let error = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(2) && error.contains(reason), "{reason}: {error}");
    }
}
