//! The Helm chart, rendered by Helm's own library: as strict as its judge, the same as what
//! `manifests` prints, taken by a real API server, and refused where values are wrong.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod fake_api;
#[path = "../../../crates/engine/tests/oracle/mod.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "another program is asked by it here")]
mod oracle;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bollwerk::config::Settings;
use collect::manifests::Input;
use control_plane::ControlPlane;
use fake_api::FakeApi;
use model::{DigestKey, Severity};
use oracle::Oracle;
use serde_json::{Value, json};
use server::Server;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Helm. None where the test has to skip.
fn helm() -> Option<Oracle> {
    Oracle::named("BOLLWERK_HELM")
}

/// What Helm makes of these values, while these Secrets stand in the cluster: its files, or why
/// it refuses.
fn rendered(
    helm: &mut Oracle,
    values: &str,
    there: &[Value],
) -> Result<BTreeMap<String, String>, String> {
    let chart = root().join("charts/bollwerk");
    let question =
        json!({"chart": chart, "values": values, "namespace": "bollwerk", "there": there});
    let said = helm.ask(&[question]).remove(0);
    match said["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(serde_json::from_value(said["files"].clone()).unwrap()),
    }
}

/// The manifests of the files, as one text.
fn manifests(files: &BTreeMap<String, String>) -> String {
    let templates = files.iter().filter(|(name, _)| !name.ends_with("NOTES.txt"));
    templates.map(|(_, text)| format!("---\n{text}\n")).collect()
}

fn objects(text: &str) -> Vec<Value> {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let value = |document: Result<yaml::Document<'_>, _>| {
        let mut json = String::new();
        document.ok().unwrap().root().write_json(&mut json);
        serde_json::from_str(&json).unwrap()
    };
    stream.documents().map(value).filter(|value: &Value| value["kind"].is_string()).collect()
}

fn find<'o>(objects: &'o [Value], kind: &str, name: &str) -> &'o Value {
    let is_it = |it: &&Value| it["kind"] == kind && it["metadata"]["name"] == name;
    objects.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// All value files: the defaults, and those beside the chart.
fn all_values() -> Vec<(String, String)> {
    let mut found = vec![("defaults".to_owned(), String::new())];
    for entry in std::fs::read_dir(root().join("charts/bollwerk/ci")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        found.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    assert!(found.len() > 5, "{}", found.len());
    found
}

#[test]
fn the_chart_is_as_strict_as_its_judge() {
    let Some(mut helm) = helm() else { return };
    for (name, values) in all_values() {
        let text = manifests(&rendered(&mut helm, &values, &[]).unwrap());
        let settings = Settings::new();
        let (snapshot, sources) = bollwerk::assess::collect(
            vec![Input::Text(text.into_bytes())],
            &settings,
            jiff::Timestamp::now(),
            DigestKey::new(&[1; 32]),
        );
        let said = bollwerk::assess::judge(snapshot, &sources, &settings, false);
        let bad: Vec<_> =
            said.findings.iter().filter(|it| it.severity >= Severity::Medium).collect();
        assert!(bad.is_empty() && said.gaps.is_empty(), "{name}: {bad:#?} {:?}", said.gaps);
        // What is excused is excused by name: the key that is made, and a webhook that fails open.
        let excused = ["secret-data-committed", "webhook-fails-open"];
        let other = said.hidden.iter().find(|(it, _)| !excused.contains(&it.control));
        assert!(other.is_none(), "{name}: {other:#?}");
    }
}

#[test]
fn an_api_server_takes_it() {
    let Some(mut helm) = helm() else { return };
    let Some(mut plane) = ControlPlane::start() else { return };
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bollwerk"}});
    assert_eq!(plane.create(&namespace, false).unwrap().status, 201);
    for (name, values) in all_values() {
        for object in objects(&manifests(&rendered(&mut helm, &values, &[]).unwrap())) {
            let is_defined_elsewhere = object["apiVersion"] == "monitoring.coreos.com/v1";
            match plane.create(&object, true) {
                None => assert!(is_defined_elsewhere, "{name}: {}", object["kind"]),
                Some(answer) => {
                    let (status, body) = (answer.status, &answer.body);
                    assert_eq!(status, 201, "{name}: {} {body}", object["kind"]);
                    assert!(answer.warnings.is_empty(), "{name}: {:?}", answer.warnings);
                }
            }
        }
    }
}

/// What both say, without what Helm adds to tell releases and parts apart.
fn common(mut object: Value) -> Value {
    const ADDED: &[&str] = &[
        "app.kubernetes.io/component",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/version",
        "helm.sh/chart",
        "checksum/config",
        "imagePullPolicy",
    ];
    match &mut object {
        Value::Object(map) => {
            map.retain(|key, _| !ADDED.contains(&key.as_str()));
            for value in map.values_mut() {
                *value = common(value.take());
            }
            map.retain(|key, value| key != "annotations" || *value != json!({}));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = common(item.take())),
        _ => {}
    }
    object
}

#[test]
fn it_says_what_manifests_prints() {
    let Some(mut helm) = helm() else { return };
    let folder = std::env::temp_dir().join(format!("bollwerk-chart-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = "admission:\n  exemptNamespaces:\n  - istio-system\n  - team-*\n  rules:\n  - \
                  action: enforce\n    severity: high\n    unavailable: deny\nversion: 1\n";
    std::fs::write(folder.join("bollwerk.yaml"), config).unwrap();
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_bollwerk-server");
        let done = Command::new(program).current_dir(&folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    run(&["certificate", "--name", "bollwerk.bollwerk.svc", "--output", "tls"]);
    let image = format!("registry.example/it:1@sha256:{}", "a".repeat(64));
    let printed = ["manifests", "--config", "bollwerk.yaml", "--tls", "tls", "--image", &image];
    let printed = objects(&run(&printed));
    let authority = std::fs::read_to_string(folder.join("tls/ca.crt")).unwrap();
    let values = json!({
        "image": {"repository": "registry.example/it", "tag": "1",
            "digest": format!("sha256:{}", "a".repeat(64))},
        "config": objects_of_config(config),
        "certificate": {"secretName": "bollwerk-tls", "authority": authority},
        "server": {"enabled": false},
    });
    let rendered = objects(&manifests(&rendered(&mut helm, &values.to_string(), &[]).unwrap()));
    // Helm makes no namespace, and the certificate is given.
    let is_both = |it: &&Value| it["kind"] != "Namespace" && it["kind"] != "Secret";
    let mut count = 0;
    for ours in printed.iter().filter(is_both) {
        let (kind, name) = (ours["kind"].as_str().unwrap(), &ours["metadata"]["name"]);
        let theirs = find(&rendered, kind, name.as_str().unwrap());
        assert_eq!(common(theirs.clone()), common(ours.clone()), "{kind}");
        count += 1;
    }
    assert_eq!(count, rendered.len(), "the chart makes more");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The one document of a text that names no kind.
fn objects_of_config(text: &str) -> Value {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut json = String::new();
    stream.documents().next().unwrap().ok().unwrap().root().write_json(&mut json);
    serde_json::from_str(&json).unwrap()
}

#[test]
fn further_clusters_are_mounted_and_named() {
    let Some(mut helm) = helm() else { return };
    let values = json!({"server": {"enabled": true, "clusters": [
        {"name": "east", "secret": "bollwerk-east"},
        {"name": "lab", "secret": "bollwerk-lab", "context": "admin@lab"},
    ]}});
    let rendered = objects(&manifests(&rendered(&mut helm, &values.to_string(), &[]).unwrap()));
    let set = find(&rendered, "StatefulSet", "bollwerk-server");
    let pod = &set["spec"]["template"]["spec"];
    let arguments = pod["containers"][0]["args"].to_string();
    for argument in [
        "\"--also=east=/etc/bollwerk-clusters/east/kubeconfig\"",
        "\"--also=lab=/etc/bollwerk-clusters/lab/kubeconfig:admin@lab\"",
    ] {
        assert!(arguments.contains(argument), "{arguments}");
    }
    let is_there = |list: &Value, wanted: Value| list.as_array().unwrap().contains(&wanted);
    assert!(is_there(
        &pod["containers"][0]["volumeMounts"],
        json!({"name": "cluster-1", "mountPath": "/etc/bollwerk-clusters/lab", "readOnly": true})
    ));
    let secret = json!({"secretName": "bollwerk-lab", "defaultMode": 288});
    assert!(is_there(&pod["volumes"], json!({"name": "cluster-1", "secret": secret})));
}

#[test]
fn wrong_values_are_refused() {
    let Some(mut helm) = helm() else { return };
    let cases = [
        ("replicas: 2", "replicas"),
        ("webhook: {replicas: 0}", "replicas"),
        ("webhook: {replicas: two}", "replicas"),
        ("webhook: {resources: null}", "resources"),
        ("webhook: {resources: {limits: {memory: lots}}}", "memory"),
        ("image: {repository: \"\"}", "repository"),
        ("image: {digest: sha256:12}", "digest"),
        ("image: {pullPolicy: Sometimes}", "pullPolicy"),
        ("config: {version: 2}", "version"),
        ("config: {version: 1, admission: {rules: [{action: deny}]}}", "action"),
        ("certificate: {secretName: given}", "certificate"),
        ("certificate: {authority: text}", "authority"),
        ("certificate: {days: 0}", "days"),
        ("server: {enabled: \"yes\"}", "enabled"),
        ("server: {store: {postgres: it}}", "store"),
        ("server: {clusters: [{name: east}]}", "secret"),
        ("server: {clusters: [{name: \"a=b\", secret: it}]}", "name"),
        // A SQLite file has one writer.
        ("server: {replicas: 2}", "replicas"),
        ("server: {replicas: 11, store: {postgresSecret: it}}", "replicas"),
        ("networkPolicy: {egressPorts: [70000]}", "egressPorts"),
        ("monitoring: {alerts: true}", "monitoring"),
    ];
    for (values, word) in cases {
        let error = rendered(&mut helm, values, &[]).expect_err(values);
        assert!(error.contains("schema") && error.contains(word), "{values}: {error}");
    }
}

/// By default there is an interface over a volume of its own; with PostgreSQL several servers share
/// the database, and may hold one Lease and nothing else.
#[test]
fn the_server_comes_by_itself() {
    let Some(mut helm) = helm() else { return };
    let plain = objects(&manifests(&rendered(&mut helm, "", &[]).unwrap()));
    let server = find(&plain, "StatefulSet", "bollwerk-server");
    assert_eq!((&server["spec"]["replicas"], claims(server)), (&json!(1), 1));
    let arguments = server["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert!(arguments.contains("--store=sqlite:/var/lib/bollwerk/bollwerk.db"), "{arguments}");
    assert!(arguments.contains("--listen-interface="), "{arguments}");
    assert!(plain.iter().all(|it| it["kind"] != "Role"));
    let webhook = find(&plain, "Deployment", "bollwerk");
    assert!(!webhook.to_string().contains("BOLLWERK_STORE"));

    let values = std::fs::read_to_string(root().join("charts/bollwerk/ci/postgres-values.yaml"));
    let shared = objects(&manifests(&rendered(&mut helm, &values.unwrap(), &[]).unwrap()));
    let server = find(&shared, "StatefulSet", "bollwerk-server");
    assert_eq!((&server["spec"]["replicas"], claims(server)), (&json!(2), 0));
    let arguments = server["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert!(arguments.contains("--lease=bollwerk/bollwerk-server"), "{arguments}");
    assert_eq!(
        find(&shared, "PodDisruptionBudget", "bollwerk-server")["spec"]["maxUnavailable"],
        1
    );
    let role = find(&shared, "Role", "bollwerk-server");
    assert_eq!(role["metadata"]["namespace"], "bollwerk");
    assert_eq!(role["rules"], json!(admission::webhook::lease_rules("bollwerk-server")));
    let bound = find(&shared, "RoleBinding", "bollwerk-server");
    assert_eq!(bound["subjects"][0]["name"], "bollwerk-server");
    // Whoever answers reviews knows the images that were scanned, and reaches the database.
    for (kind, name) in [("Deployment", "bollwerk"), ("StatefulSet", "bollwerk-server")] {
        let workload = find(&shared, kind, name);
        let variable = &workload["spec"]["template"]["spec"]["containers"][0]["env"][0];
        assert_eq!(variable["name"], "BOLLWERK_STORE", "{name}");
        let policy = find(&shared, "NetworkPolicy", name);
        assert!(policy["spec"]["egress"][0].to_string().contains("6432"), "{policy}");
    }
}

fn claims(workload: &Value) -> usize {
    workload["spec"]["volumeClaimTemplates"].as_array().map_or(0, Vec::len)
}

/// The certificate is made once and kept; the server takes it, and the webhook trusts it.
#[test]
fn the_certificate_stays() {
    let Some(mut helm) = helm() else { return };
    let first = objects(&manifests(&rendered(&mut helm, "", &[]).unwrap()));
    let secret = find(&first, "Secret", "bollwerk-tls").clone();
    let again =
        objects(&manifests(&rendered(&mut helm, "", std::slice::from_ref(&secret)).unwrap()));
    let webhook = |all: &[Value]| {
        let found = find(all, "ValidatingWebhookConfiguration", "bollwerk");
        found["webhooks"][0]["clientConfig"]["caBundle"].clone()
    };
    assert_eq!(find(&again, "Secret", "bollwerk-tls")["data"], secret["data"]);
    assert_eq!(
        (webhook(&first), webhook(&again)),
        (secret["data"]["ca.crt"].clone(), webhook(&first))
    );
    // Half of one is none.
    let mut half = secret.clone();
    half["data"].as_object_mut().unwrap().remove("tls.key");
    let other = objects(&manifests(&rendered(&mut helm, "", &[half]).unwrap()));
    assert_ne!(find(&other, "Secret", "bollwerk-tls")["data"]["ca.crt"], secret["data"]["ca.crt"]);

    let folder = std::env::temp_dir().join(format!("bollwerk-chart-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let api = FakeApi::start(Vec::new(), &folder);
    let mut server = Server::start("version: 1\n", &api.kubeconfig);
    server.kill();
    let plain = |name: &str| {
        use base64::Engine;
        let text = secret["data"][name].as_str().unwrap();
        base64::prelude::BASE64_STANDARD.decode(text).unwrap()
    };
    for name in ["ca.crt", "tls.crt", "tls.key"] {
        std::fs::write(server.folder.join("tls").join(name), plain(name)).unwrap();
    }
    server.restart();
    let address: std::net::SocketAddr = server.address.parse().unwrap();
    for name in ["bollwerk.bollwerk.svc", "bollwerk-server.bollwerk.svc.cluster.local"] {
        let client = reqwest::blocking::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&plain("ca.crt")).unwrap()])
            .resolve(name, address)
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let url = format!("https://{name}:{}/admission/open", address.port());
        assert_eq!(client.post(url).body("{").send().unwrap().status().as_u16(), 400);
    }
    server.kill();
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_notes_say_what_matters() {
    let Some(mut helm) = helm() else { return };
    let mut notes = |values: &str| {
        let files = rendered(&mut helm, values, &[]).unwrap();
        files["bollwerk/templates/NOTES.txt"].clone()
    };
    let plain = notes("");
    assert!(plain.contains("Nothing is refused yet") && plain.contains("certificate.secretName"));
    let strict = std::fs::read_to_string(root().join("charts/bollwerk/ci/strict-values.yaml"));
    assert!(notes(&strict.unwrap()).contains("unavailable: deny"));
    assert!(notes("webhook: {replicas: 1}").contains("One replica alone"));
}

/// The description of the image keeps the rules that bollwerk has for others.
#[test]
fn the_containerfile_has_no_finding() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Containerfile");
    let text = std::fs::read_to_string(file).unwrap();
    let file = dockerfile::Dockerfile::parse(&text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let found = dockerfile::judge(&file);
    let found: Vec<_> = found.iter().map(|it| (it.rule.id, it.line, &it.message)).collect();
    assert!(found.is_empty(), "{found:?}");
}
