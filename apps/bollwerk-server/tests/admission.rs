//! The webhook on a real API server: what it admits, warns of and refuses is what `scan` says.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod server;

use std::collections::BTreeSet;

use analyze::{Check, catalog};
use bollwerk::config::Settings;
use collect::manifests::Input;
use control_plane::{Answer, ControlPlane};
use model::{DigestKey, Finding, Severity};
use serde_json::{Value, json};
use server::Server;

/// What is refused and warned of; `privileged-container` also while nobody answers.
const CONFIG: &str = "\
version: 1
admission:
  exemptNamespaces: [spared]
  rules:
    - controls: [privileged-container]
      action: enforce
      unavailable: deny
    - severity: high
      action: enforce
    - severity: medium
      action: warn
";

/// The namespace of all objects.
const NAMESPACE: &str = "checked";

/// The manifests on the pages of all controls about pods, as objects of one namespace.
fn objects() -> Vec<Value> {
    let mut found = Vec::new();
    let about_pods = catalog::all().filter(|control| matches!(control.check, Check::Pod(_)));
    for control in about_pods {
        let sections = ["Bad", "Good"];
        let examples = sections.iter().flat_map(|name| catalog::examples(control.page, name));
        for example in examples.filter(|example| example.words.is_empty()) {
            let text = example.manifest();
            let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
            for document in stream.documents() {
                let mut json = String::new();
                document.ok().unwrap().root().write_json(&mut json);
                let mut object: Value = serde_json::from_str(&json).unwrap();
                let number = found.len();
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    metadata.insert("name".to_owned(), format!("example-{number}").into());
                    metadata.insert("namespace".to_owned(), NAMESPACE.into());
                    found.push(object);
                }
            }
        }
    }
    found
}

/// What `scan` finds in an object that stands beside its namespace.
fn scanned(settings: &Settings, namespace: &Value, object: &Value) -> Vec<Finding> {
    let text = format!("{namespace}\n---\n{object}");
    let inputs = vec![Input::Text(text.into_bytes())];
    let key = DigestKey::new(&[1; 32]);
    let now = jiff::Timestamp::now();
    let (snapshot, sources) = bollwerk::assess::collect(inputs, settings, now, key);
    let assessment = bollwerk::assess::judge(snapshot, &sources, settings, false);
    let name = object["metadata"]["name"].as_str().unwrap();
    let is_of_it = |finding: &Finding| {
        finding.object.is_some_and(|id| assessment.snapshot.object(id).name == name)
    };
    assessment.findings.iter().filter(|it| is_of_it(it)).cloned().collect()
}

fn names(findings: &[Finding], is_wanted: impl Fn(Severity) -> bool) -> BTreeSet<String> {
    // What asks the network is asked of the whole cluster, not of what is not in it yet.
    let is_asked =
        |finding: &&Finding| catalog::at_admission().any(|control| control.name == finding.control);
    let wanted = findings.iter().filter(is_asked).filter(|finding| is_wanted(finding.severity));
    wanted.map(|finding| finding.control.to_owned()).collect()
}

/// The controls that lines of an answer begin with, behind `mark`.
fn told<'a>(lines: impl Iterator<Item = &'a str>, mark: &str) -> BTreeSet<String> {
    let name = |line: &'a str| line.strip_prefix(mark)?.split_whitespace().next();
    lines.filter_map(name).map(|name| name.trim_end_matches(':').to_owned()).collect()
}

fn namespace(plane: &mut ControlPlane, name: &str) -> Value {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    assert_eq!(plane.create(&object, false).unwrap().status, 201);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": name}});
    plane.create(&account, false).unwrap();
    object
}

/// Waits until the API server answers so to the object: it takes a moment to ask a new webhook, or
/// not to ask an old one.
fn until(plane: &mut ControlPlane, object: &Value, status: u64) {
    let answers = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        plane.create(object, true).unwrap().status == status
    });
    assert!(answers, "{status} is never answered");
}

/// A pod with a container that may do all.
fn privileged(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "privileged", "namespace": namespace},
        "spec": {"containers": [{"name": "it", "image": "it",
            "securityContext": {"privileged": true}}]}})
}

#[test]
fn what_is_admitted_is_what_scan_says() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let beside = namespace(&mut plane, NAMESPACE);
    namespace(&mut plane, "spared");
    let mut settings = Settings::new();
    settings.take(CONFIG, "bollwerk.yaml").unwrap();
    // What the API server takes without us: an example need not be whole.
    let is_taken = |plane: &mut ControlPlane, object: &Value| {
        plane.create(object, true).is_some_and(|answer| answer.status == 201)
    };
    let objects: Vec<Value> =
        objects().into_iter().filter(|object| is_taken(&mut plane, object)).collect();
    assert!(objects.len() >= 60, "{} objects", objects.len());

    let mut server = Server::start(CONFIG, &plane.kubeconfig);
    server.install(&mut plane);
    until(&mut plane, &privileged(NAMESPACE), 403);
    let (mut refused, mut warned) = (0, 0);
    let mut differences = Vec::new();
    for object in &objects {
        let findings = scanned(&settings, &beside, object);
        let answer = plane.create(object, true).unwrap();
        let mut enforced = names(&findings, |severity| severity >= Severity::High);
        let message = answer.body["message"].as_str().unwrap_or_default();
        if message.contains("closed.admission") {
            // The webhook that refuses speaks, for the rules that are its own.
            enforced.retain(|name| name == "privileged-container");
        } else {
            enforced.remove("privileged-container");
        }
        let lines = answer.warnings.iter().map(String::as_str);
        let said = (told(message.lines(), "- "), told(lines, "299 - \"bollwerk: "));
        let expected = (enforced, names(&findings, |severity| severity == Severity::Medium));
        refused += usize::from(answer.status == 403);
        warned += usize::from(!said.1.is_empty());
        // Of two webhooks that refuse, the API server may not wait for the warnings of one.
        let is_same = said.0 == expected.0 && (said.1 == expected.1 || answer.status == 403);
        if !is_same || (answer.status == 403) == expected.0.is_empty() {
            differences.push(format!("{object}\n  expected {expected:?}\n  said {said:?}"));
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
    assert!(refused >= 15 && warned >= 100, "{refused} {warned}");

    audit_annotations(&mut plane);
    exemptions_and_updates(&mut plane);
    failures(&mut plane, &mut server);
}

/// What is audited alone stands in the API server's log.
fn audit_annotations(plane: &mut ControlPlane) {
    let answer = plane.create(&privileged(NAMESPACE), true).unwrap();
    assert_eq!(answer.status, 403, "{answer:?}");
    let log = plane.kubeconfig.parent().unwrap().join("audit.log");
    let is_there = || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.contains("closed.admission.bollwerk.io/refused") && text.contains("/audited")
    };
    assert!((0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        is_there()
    }));
}

fn exemptions_and_updates(plane: &mut ControlPlane) {
    for name in ["kube-system", "spared"] {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": name}});
        plane.create(&account, false).unwrap();
        let answer = plane.create(&privileged(name), false).unwrap();
        assert_eq!((answer.status, answer.warnings.len()), (201, 0), "{answer:?}");
    }
    // An update is judged by what it adds: a Namespace that spares nobody has an old pod.
    let path = "/api/v1/namespaces/spared/pods/privileged";
    let labelled = json!({"metadata": {"labels": {"a": "b"}}});
    assert_eq!(plane.ask("PATCH", path, &labelled).status, 200);
}

/// Without a server, what the rules say of it holds.
fn failures(plane: &mut ControlPlane, server: &mut Server) {
    let plain = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "plain", "namespace": NAMESPACE},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"hostNetwork": true, "containers": [{"name": "it", "image": "it"}]}}}});
    server.kill();
    let answer = plane.create(&plain, true).unwrap();
    let message = answer.body["message"].as_str().unwrap_or_default().to_owned();
    assert!(answer.status == 500 && message.contains("closed.admission.bollwerk.io"), "{answer:?}");
    // Without a rule that stops changes, they go through unjudged.
    let open = CONFIG.replace("unavailable: deny", "unavailable: allow");
    server.configure(&open);
    server.install(plane);
    until(plane, &plain, 201);
    let answer = plane.create(&plain, true).unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    server.restart();
    until(plane, &plain, 403);
    let answer: Answer = plane.create(&plain, true).unwrap();
    assert_eq!(answer.status, 403, "{answer:?}");
    let message = answer.body["message"].as_str().unwrap();
    for part in
        ["host-network", "spec.template.spec.hostNetwork (true)", "to mend it", "bollwerk.yaml:"]
    {
        assert!(message.contains(part), "{part}: {message}");
    }
}
