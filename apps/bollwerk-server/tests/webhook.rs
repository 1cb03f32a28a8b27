//! The webhook asked by whoever: odd, huge, slow and broken reviews, and a certificate that
//! changes while it runs. Beside it the manifests that install it.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod fake_api;
mod server;

use std::process::Command;
use std::time::Duration;

use bollwerk::config::Settings;
use collect::manifests::Input;
use fake_api::{FakeApi, Served};
use model::{DigestKey, Severity};
use reqwest::blocking::Client;
use serde_json::{Value, json};
use server::Server;

const CONFIG: &str = "\
version: 1
admission:
  rules:
    - severity: high
      action: enforce
";

/// One namespace, and nothing else.
fn api(folder: &std::path::Path) -> FakeApi {
    let items = |_, out: &mut String| out.push_str(r#"{"metadata":{"name":"shop"}}"#);
    let namespaces = Served {
        group: "",
        version: "v1",
        name: "namespaces",
        kind: "Namespace",
        count: 1,
        items: Box::new(items),
    };
    FakeApi::start(vec![namespaces], folder)
}

fn client(server: &Server) -> Client {
    let authority = std::fs::read(server.folder.join("tls/ca.crt")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    Client::builder().tls_certs_only([authority]).timeout(Duration::from_secs(20)).build().unwrap()
}

fn review(object: &Value) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "namespace": "shop", "operation": "CREATE", "userInfo": {"username": "it"},
        "object": object}})
}

fn privileged() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it", "namespace": "shop"},
        "spec": {"containers": [{"name": "it", "image": "it",
            "securityContext": {"privileged": true}}]}})
}

/// The status and body of an answer to this text.
fn post(client: &Client, server: &Server, body: impl Into<Vec<u8>>) -> (u16, String) {
    let url = format!("https://{}/admission/open", server.address);
    let answer = client.post(url).body(body.into()).send().unwrap();
    (answer.status().as_u16(), answer.text().unwrap())
}

#[test]
fn whatever_comes_is_answered() {
    let folder = std::env::temp_dir().join(format!("bollwerk-webhook-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let api = api(&folder);
    let mut server = Server::start(CONFIG, &api.kubeconfig);
    let client = client(&server);

    let (status, text) = post(&client, &server, review(&privileged()).to_string());
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &answer["response"]["allowed"]), (200, &json!(false)));
    assert_eq!(answer["response"]["uid"], "1");

    broken(&client, &server);
    large(&client, &server);
    updates(&client, &server);
    slow(&server);
    certificate(&client, &server);

    // After all of it, it answers as before.
    let (status, again) = post(&client, &server, review(&privileged()).to_string());
    assert_eq!((status, again), (200, text));
    server.kill();
}

/// What is no review gets a status that makes the API server do as it was configured.
fn broken(client: &Client, server: &Server) {
    let whole = review(&privileged());
    let with = |path: &[&str], value: Value| {
        let mut changed = whole.clone();
        let mut at = &mut changed;
        for key in path {
            at = &mut at[*key];
        }
        *at = value;
        changed.to_string()
    };
    let cases = [
        (String::new(), "it is empty"),
        ("{".to_owned(), "cannot be read"),
        ("[]".to_owned(), "no AdmissionReview"),
        (with(&["kind"], json!("Pod")), "no AdmissionReview"),
        (with(&["apiVersion"], json!("admission.k8s.io/v1beta1")), "must be admission.k8s.io/v1"),
        (with(&["request"], Value::Null), "no `request`"),
        (with(&["request", "uid"], json!(7)), "no `uid`"),
        (with(&["request", "operation"], json!("EAT")), "`operation` is not known"),
        (with(&["request", "object"], json!("text")), "no `object`"),
        ("[".repeat(100_000), "cannot be read"),
    ];
    for (text, reason) in cases {
        let (status, said) = post(client, server, text.clone());
        let start: String = text.chars().take(60).collect();
        assert!(status == 400 && said.contains(reason), "{start}: {status} {said}");
    }
    let (status, said) = post(client, server, vec![0xff, 0xfe, b'{']);
    assert!(status == 400 && said.contains("UTF-8"), "{status} {said}");
}

/// An object as large as etcd takes is judged; what is larger than any is refused.
fn large(client: &Client, server: &Server) {
    let mut object = privileged();
    let variable = |number: usize| json!({"name": format!("A{number}"), "value": "x".repeat(90)});
    let many: Vec<Value> = (0..12_000).map(variable).collect();
    object["spec"]["containers"][0]["env"] = many.into();
    let text = review(&object).to_string();
    assert!(text.len() > 1_400_000, "{}", text.len());
    let (status, said) = post(client, server, text);
    assert!(status == 200 && said.contains("privileged-container"), "{status} {said}");
    // It says so, and hangs up on whoever goes on sending.
    let url = format!("https://{}/admission/open", server.address);
    let answer = client.post(url).body(vec![b' '; 17 << 20]).send();
    assert!(answer.is_err() || answer.is_ok_and(|it| it.status().as_u16() == 413));
}

/// An update is judged by what it adds.
fn updates(client: &Client, server: &Server) {
    let update = |old: &Value, new: &Value| {
        let mut changed = review(new);
        changed["request"]["operation"] = "UPDATE".into();
        changed["request"]["oldObject"] = old.clone();
        let (status, text) = post(client, server, changed.to_string());
        assert_eq!(status, 200);
        serde_json::from_str::<Value>(&text).unwrap()["response"].clone()
    };
    let old = privileged();
    let mut new = old.clone();
    new["spec"]["containers"][0]["image"] = "other".into();
    let said = update(&old, &new);
    assert_eq!(said["allowed"], true, "{said}");
    assert!(said["warnings"].to_string().contains("(as before)"), "{said}");
    // A fault beside the old one refuses, and is named alone.
    new["spec"]["hostPID"] = true.into();
    let said = update(&old, &new);
    let message = said["status"]["message"].as_str().unwrap();
    assert!(message.contains("host-pid") && !message.contains("privileged-container"), "{said}");
    // Metadata alone is not judged.
    let mut labelled = old.clone();
    labelled["metadata"]["labels"] = json!({"a": "b"});
    assert_eq!(update(&old, &labelled), json!({"uid": "1", "allowed": true}));
}

/// Somebody who sends a byte now and then, or nothing, is hung up on.
fn slow(server: &Server) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&[0x16]).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    let mut stream = std::net::TcpStream::connect(&server.health).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    stream.read_to_end(&mut rest).unwrap();
}

/// A new certificate is taken while it runs; a broken one is not.
fn certificate(client: &Client, server: &Server) {
    let asked = |client: &Client| {
        client.post(format!("https://{}/admission/open", server.address)).body("{").send().is_ok()
    };
    std::fs::write(server.folder.join("tls/tls.key"), "broken").unwrap();
    std::thread::sleep(Duration::from_secs(6));
    assert!(asked(client));
    server.certify();
    let new = self::client(server);
    assert!((0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        asked(&new)
    }));
    // Who trusts the old authority alone, does not trust the new certificate: go back for the rest.
    let fresh =
        Client::builder().tls_certs_only([]).timeout(Duration::from_secs(5)).build().unwrap();
    assert!(!asked(&fresh));
}

/// What installs it has no finding that matters, and asks for no right to change anything.
#[test]
fn the_manifests_are_as_strict_as_their_judge() {
    let folder = std::env::temp_dir().join(format!("bollwerk-install-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bollwerk.yaml"), CONFIG).unwrap();
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_bollwerk-server");
        let done = Command::new(program).current_dir(&folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    run(&["certificate", "--name", "bollwerk.bollwerk.svc", "--output", "tls"]);
    let image = format!("registry.example/bollwerk-server:1@sha256:{}", "a".repeat(64));
    let manifests = ["manifests", "--config", "bollwerk.yaml", "--tls", "tls", "--image", &image];
    let text = run(&manifests);
    for verb in ["create", "update", "patch", "delete", "secrets"] {
        let role = text.split("---\n").find(|it| it.contains("kind: ClusterRole\n")).unwrap();
        assert!(!role.contains(verb), "{verb}");
    }
    strict(text);
    // With a database the replicas show the interface, and may hold a Lease and nothing else.
    let shared = run(&[&manifests[..], &["--postgres-secret", "database"]].concat());
    let role = shared.split("---\n").find(|it| it.contains("kind: Role\n")).unwrap();
    assert!(role.contains("leases") && role.contains("bollwerk-server"), "{role}");
    for part in ["--lease=bollwerk/bollwerk-server", "BOLLWERK_STORE", "name: database", "5432"] {
        assert!(shared.contains(part), "{part}");
    }
    strict(shared);
    let _ = std::fs::remove_dir_all(&folder);
}

/// Nothing that bollwerk itself would say something of.
fn strict(text: String) {
    let settings = Settings::new();
    let inputs = vec![Input::Text(text.into_bytes())];
    let key = DigestKey::new(&[1; 32]);
    let (snapshot, sources) =
        bollwerk::assess::collect(inputs, &settings, jiff::Timestamp::now(), key);
    let said = bollwerk::assess::judge(snapshot, &sources, &settings, false);
    let is_bad = |finding: &&model::Finding| {
        // The key of the certificate is in the Secret on purpose: it is applied and not kept.
        finding.severity >= Severity::Medium && finding.control != "secret-data-committed"
    };
    let bad: Vec<_> = said.findings.iter().filter(is_bad).collect();
    assert!(bad.is_empty() && said.gaps.is_empty(), "{bad:#?} {:?}", said.gaps);
}
