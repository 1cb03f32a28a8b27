//! Roles learned from audit logs: enough for what was seen, and applied as any manifest.

mod program;

use program::{Folder, bollwerk};
use serde_json::{Value, json};

/// An event of the API server.
fn event(user: &str, groups: &[&str], verb: &str, object: &Value) -> String {
    let event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "stage": "ResponseComplete",
        "verb": verb, "user": {"username": user, "groups": groups}, "objectRef": object,
        "responseStatus": {"code": 200}, "requestReceivedTimestamp": "2026-11-24T10:00:00Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
    });
    format!("{event}\n")
}

fn pods(namespace: &str) -> Value {
    json!({"resource": "pods", "namespace": namespace, "apiVersion": "v1"})
}

const ACCOUNT: &str = "system:serviceaccount:shop:web";

const TODAY: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web-admin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wide}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: wide}
rules:
- {apiGroups: [''], resources: [pods], verbs: [get, list, delete]}
- {apiGroups: [''], resources: [secrets], verbs: ['*']}
";

fn log() -> String {
    [
        event(ACCOUNT, &["system:serviceaccounts"], "list", &pods("shop")),
        event(ACCOUNT, &["system:serviceaccounts"], "get", &pods("data")),
        event("alice", &["devs"], "create", &pods("shop")),
        event("bob", &["devs"], "get", &pods("shop")),
        event("system:kube-scheduler", &[], "list", &pods("")),
    ]
    .concat()
}

#[test]
fn what_is_written_allows_what_was_seen() {
    let folder = Folder::new(&[("audit.log", &log())]);
    let (code, out, error) = bollwerk(folder.path(), &["access", "learn", "audit.log"], "");
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("5 events, from 2026-11-24T10:00:00Z"), "{error}");
    folder.write("roles.yaml", &out);
    let can = |subject: &str, verb: &str, namespace: &str| {
        let question = ["access", "can", subject, verb, "pods", "-n", namespace];
        let inputs = ["--manifests=roles.yaml", "--complete", "--no-bootstrap-roles"];
        bollwerk(folder.path(), &[question.as_slice(), &inputs].concat(), "").0
    };
    assert_eq!(can("ServiceAccount:shop:web", "list", "shop"), 0);
    assert_eq!(can("ServiceAccount:shop:web", "watch", "data"), 0, "reads go together");
    assert_eq!(can("ServiceAccount:shop:web", "delete", "shop"), 1);
    assert_eq!(can("ServiceAccount:shop:web", "get", "payments"), 1);
    assert!(!out.contains("kube-scheduler"), "{out}");
    let (code, out, _) = bollwerk(folder.path(), &["scan", "roles.yaml", "--no-config"], "");
    assert_eq!(code, 0, "{out}");
}

#[test]
fn groups_subjects_and_files() {
    let folder = Folder::new(&[("audit.log", &log())]);
    let run = |arguments: &[&str]| {
        let base = ["access", "learn", "audit.log"];
        bollwerk(folder.path(), &[&base, arguments].concat(), "")
    };
    let (_, out, _) = run(&["--per-group"]);
    assert!(out.contains("- kind: Group\n  name: devs\n"), "{out}");
    assert!(!out.contains("name: alice"), "{out}");
    let (_, out, _) = run(&["--subject=User:alice", "--exact-verbs"]);
    assert!(out.contains("verbs: [create]") && !out.contains("bob"), "{out}");
    let (code, _, error) = run(&["--subject=User:nobody"]);
    assert_eq!(code, 2);
    assert!(error.contains("nothing that User:nobody did"), "{error}");
    let (code, _, _) = run(&["--output=roles"]);
    assert_eq!(code, 0);
    assert_eq!(std::fs::read_dir(folder.path().join("roles")).unwrap().count(), 3);
    let (_, out, _) = run(&["--cluster-above=1", "--subject=ServiceAccount:shop:web"]);
    assert!(out.contains("kind: ClusterRole\n"), "{out}");
}

#[test]
fn rights_that_were_never_used_are_told() {
    let folder = Folder::new(&[("audit.log", &log()), ("today.yaml", TODAY)]);
    let arguments = ["access", "learn", "audit.log", "--manifests=today.yaml"];
    let (code, _, error) = bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 0);
    assert!(error.contains("holds 2 rules today, 1 of them never used"), "{error}");
    assert!(error.contains("never used: * on secrets  wide by web-admin"), "{error}");
    assert!(error.contains("never used: delete on pods  wide by web-admin"), "{error}");
    let json = [arguments.as_slice(), &["--format=json"]].concat();
    let (_, out, _) = bollwerk(folder.path(), &json, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    let schema =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/bollwerk.access-learn.v1.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap();
    let mut subjects = report["subjects"].as_array().unwrap().iter();
    let account = subjects.find(|it| it["kind"] == "ServiceAccount").unwrap();
    assert_eq!(account["held"][0]["unusedVerbs"], json!(["delete"]));
}

#[test]
fn lines_that_cannot_be_read_are_told() {
    let text = format!("{}{{\"kind\":\"Event\",\"verb\n\u{1b}[31mnoise\n", log());
    let folder = Folder::new(&[("audit.log", &text)]);
    let (code, _, error) = bollwerk(folder.path(), &["access", "learn", "audit.log"], "");
    assert_eq!(code, 3);
    assert!(error.contains("2 lines cannot be read\n  audit.log:6 is cut off\n"), "{error}");
    let (code, _, error) = bollwerk(folder.path(), &["access", "learn", "missing.log"], "");
    assert_eq!(code, 2);
    assert!(error.contains("cannot read the audit log missing.log"), "{error}");
}
