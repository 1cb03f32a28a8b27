//! `bollwerk access`: answers, exit codes and proofs over small manifests, as a user gets them.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::path::Path;

use program::{Folder, bollwerk, examples};
use serde_json::Value;

/// A reader role for two users, a group and a service account, a view of a namespace, a binding to
/// a role that is not there, and anonymous access.
const POLICY: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods, pods/log], verbs: [get, list]}
- {apiGroups: [""], resources: [secrets], resourceNames: [db], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: User, name: alice}
- {kind: User, name: bob}
- {kind: Group, name: devs}
- {kind: ServiceAccount, name: cart}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dangling, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
subjects: [{kind: User, name: dave}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: metrics}
rules:
- {nonResourceURLs: ["/metrics*"], verbs: [get]}
- {apiGroups: [example.com], resources: [widgets], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metrics}
subjects: [{kind: Group, name: "system:unauthenticated"}]
"#;

const MEMBERS: &str = "user,group\nalice,devs\nfrank,devs\nbob,ops\n";

fn folder() -> Folder {
    Folder::new(&[("policy/a.yaml", POLICY), ("members.csv", MEMBERS)])
}

fn access(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    bollwerk(folder, &[&["access"], arguments].concat(), "")
}

/// The output as JSON, after it was held against its schema.
fn json(folder: &Path, name: &str, arguments: &[&str]) -> (i32, Value) {
    let (code, out, error) = access(folder, &[&[name], arguments, &["--format", "json"]].concat());
    let value: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    let schema = std::fs::read(schema.join(format!("bollwerk.access-{name}.v1.json"))).unwrap();
    let schema = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    (code, value)
}

#[test]
fn can_answers_with_its_exit_code() {
    let folder = folder();
    let cases: &[(&str, i32, &str)] = &[
        ("User:alice get pods -n shop", 0, "yes: User:alice may get pods in shop"),
        ("User:alice get pods/log web -n shop", 0, "pods/log web in shop"),
        ("ServiceAccount:shop:cart list pods -n shop", 0, "names ServiceAccount:shop:cart"),
        ("ServiceAccount:shop:cart list pods", 1, "but only in namespace shop"),
        ("ServiceAccount:shop:cart delete pods -n shop", 1, "but not the verb delete"),
        ("ServiceAccount:shop:cart get secrets db -n shop", 0, "policy/a.yaml:7"),
        ("ServiceAccount:shop:cart get secrets -n shop", 1, "only for objects it names"),
        ("ServiceAccount:shop:none get pods -n shop", 1, "may not"),
        ("Group:devs get pods -n shop", 0, "names Group:devs"),
        ("Group:system:unauthenticated get /metrics/x", 0, "system:unauthenticated"),
        ("Group:system:masters delete nodes", 0, "whatever RBAC says"),
        ("User:frank get pods -n shop", 3, "members of Group:devs may"),
        ("User:frank get pods -n shop --groups members.csv", 0, "names Group:devs"),
        ("User:bob delete pods -n shop --groups members.csv", 1, "but not the verb delete"),
        ("User:dave get pods -n shop", 3, "Role shop/gone, which was not seen"),
        ("Group:system:unauthenticated list widgets.example.com", 0, "yes"),
    ];
    for (question, expected, said) in cases {
        let words: Vec<&str> = question.split(' ').collect();
        let arguments = [&["can"], words.as_slice(), &["--manifests=policy"]].concat();
        let (code, out, error) = access(folder.path(), &arguments);
        assert_eq!(code, *expected, "{question}\n{out}{error}");
        assert!(out.contains(said), "{question}\n{out}");
        let arguments = [words.as_slice(), &["--manifests=policy"]].concat();
        let (code, answer) = json(folder.path(), "can", &arguments);
        assert_eq!(code, *expected, "{question}");
        let word = ["yes", "no", "", "unknown"][usize::try_from(code).unwrap()];
        assert_eq!(answer["answer"], word);
    }
    let (_, answer) =
        json(folder.path(), "can", &["User:alice", "get", "pods", "-nshop", "--manifests=policy"]);
    let grant = &answer["proof"]["grant"];
    assert_eq!(grant["binding"]["name"], "readers");
    assert_eq!(
        (grant["binding"]["line"].as_u64(), grant["rule"]["line"].as_u64()),
        (Some(14), Some(6))
    );
    assert_eq!(grant["rule"]["resources"], serde_json::json!(["pods", "pods/log"]));
}

#[test]
fn wrong_questions_are_refused_with_what_is_right() {
    let folder = folder();
    let cases: &[(&[&str], &str)] = &[
        (&["User:alice", "get", "po"], "write `pods`"),
        (&["User:alice", "get", "pod/exec"], "write `pods/exec`"),
        (&["User:alice", "get", "deploy"], "write `deployments.apps`"),
        (&["User:alice", "get", "pods/*"], "no wildcard to RBAC"),
        (&["alice", "get", "pods"], "`User:NAME`"),
        (&["User:alice", "get", "nodes", "-n", "shop"], "live in no namespace"),
        (&["User:alice", "get", "/healthz", "-n", "shop"], "neither a name nor a namespace"),
        (&["User:alice", "get", "pods", "--groups", "policy/a.yaml"], "policy/a.yaml:1:1: "),
        (&["User:alice", "get", "pods", "--manifests", "members.csv"], "holds 2 clusters"),
        (&["User:alice", "get", "pods", "--world", "other"], "no cluster `other`"),
    ];
    for (words, said) in cases {
        let arguments = [&["can"], *words, &["--manifests", "policy"]].concat();
        let (code, _, error) = access(folder.path(), &arguments);
        assert_eq!(code, 2, "{words:?} {error}");
        assert!(error.contains(said), "{words:?} {error}");
    }
    let unknown = ["can", "Group:devs", "get", "secretz", "-n", "shop", "--manifests", "policy"];
    let (code, _, error) = access(folder.path(), &[&unknown[..], &["--complete"]].concat());
    assert_eq!(code, 1);
    assert!(error.contains("warning: no API server has a resource `secretz`"), "{error}");
}

#[test]
fn what_is_missing_changes_the_answer() {
    let folder = folder();
    let question = ["can", "User:dave", "get", "pods", "-nshop", "--manifests=policy"];
    let members = ["--groups=members.csv", "--complete"];
    // The file does not name dave: his groups stay unknown, and devs may.
    let (code, out, _) = access(folder.path(), &[&question[..], &members].concat());
    assert!(code == 3 && out.contains("Group:devs") && !out.contains("gone"), "{out}");
    let version = ["can", "Group:devs", "get", "/version", "--manifests=policy"];
    assert_eq!(access(folder.path(), &version).0, 0);
    let (code, ..) = access(folder.path(), &[&version[..], &["--no-bootstrap-roles"]].concat());
    assert_eq!(code, 1);
    folder.write("policy/broken.yaml", "kind: [\n");
    let no = ["can", "Group:devs", "delete", "pods", "-nshop", "--manifests=policy"];
    let (code, out, error) = access(folder.path(), &no);
    assert!(code == 3 && out.contains("could not be read"), "{out}");
    assert!(error.contains("not assessed: policy/broken.yaml"), "{error}");
    let (code, ..) = access(folder.path(), &[&no[..], &["--accept-gap=syntax"]].concat());
    assert_eq!(code, 1);
}

#[test]
fn who_can_lists_subjects_and_members() {
    let folder = folder();
    let arguments = ["get", "secrets", "db", "--manifests=policy", "--complete"];
    let (code, list) =
        json(folder.path(), "who-can", &[&arguments[..], &["--groups=members.csv"]].concat());
    assert_eq!(code, 0);
    let holders = list["holders"].as_array().unwrap();
    let of = |name: &str| holders.iter().find(|holder| holder["subject"] == name).unwrap();
    assert_eq!(of("User:alice")["namespaces"], serde_json::json!(["shop"]));
    assert_eq!(of("Group:devs")["members"], serde_json::json!(["alice", "frank"]));
    assert_eq!(of("Group:system:masters")["cluster"], true);
    assert!(holders.iter().all(|holder| holder["subject"] != "User:dave"));
    let (code, out, _) =
        access(folder.path(), &["who-can", "list", "pods", "-nshop", "--manifests=policy"]);
    assert!(code == 3 && out.starts_with("4 subjects may list pods in shop"), "{out}");
    assert!(out.contains("ServiceAccount:shop:cart  namespace shop\n"), "{out}");
    assert!(out.contains("Role shop/gone, which was not seen"), "{out}");
    let (_, out, _) = access(folder.path(), &["who-can", "get", "/metrics", "--manifests=policy"]);
    assert!(out.contains("Group:system:unauthenticated  the whole cluster"), "{out}");
}

#[test]
fn of_lists_rights_by_scope() {
    let folder = folder();
    let (code, held) =
        json(folder.path(), "of", &["ServiceAccount:shop:cart", "--manifests=policy"]);
    assert_eq!((code, held["isComplete"].as_bool()), (0, Some(true)));
    let scopes = held["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 1);
    assert_eq!(scopes[0]["rights"].as_array().unwrap().len(), 5);
    let (code, out, _) = access(folder.path(), &["of", "User:alice", "--manifests=policy"]);
    assert!(code == 3 && out.contains("its groups are decided outside"), "{out}");
    assert!(out.contains("! get        secrets db  reads credentials"), "{out}");
    assert!(!out.contains("/healthz"), "{out}");
    let (_, out, _) = access(folder.path(), &["of", "User:alice", "--all", "--manifests=policy"]);
    assert!(out.contains("/healthz"), "{out}");
}

#[test]
fn a_changed_builtin_role_is_not_hidden() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: \
                system:basic-user\n  labels: {kubernetes.io/bootstrapping: rbac-defaults}\nrules:\n\
                - {apiGroups: [''], resources: [secrets], verbs: [get]}\n";
    let folder = Folder::new(&[("a.yaml", role)]);
    let (_, out, _) = access(folder.path(), &["of", "ServiceAccount:a:b", "--manifests=a.yaml"]);
    assert!(out.contains("reads credentials"), "{out}");
    let (_, out, _) = access(folder.path(), &["matrix", "--manifests=a.yaml"]);
    assert!(out.contains("Group:system:authenticated"), "{out}");
    let (_, out, _) = access(folder.path(), &["who-can", "get", "secrets", "--manifests=a.yaml"]);
    assert!(out.contains("Group:system:authenticated"), "{out}");
}

#[test]
fn the_shop_as_documented() {
    let shop = examples();
    let folder = Folder::new(&[]);
    let manifests = format!("--manifests={}", shop.display());
    let cases = [
        ("ServiceAccount:ops:ci-runner", "delete", "nodes", 0),
        ("ServiceAccount:ops:node-agent", "get", "nodes/proxy", 0),
        ("ServiceAccount:ops:node-agent", "get", "secrets", 1),
        ("ServiceAccount:ops:dashboard", "list", "pods", 1),
    ];
    for (subject, verb, resource, expected) in cases {
        let (code, out, _) = access(folder.path(), &["can", subject, verb, resource, &manifests]);
        assert_eq!(code, expected, "{out}");
    }
    let (code, table) = json(folder.path(), "matrix", &[&manifests]);
    assert_eq!(code, 0);
    let rows = table["rows"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["subject"].as_str().unwrap()).collect();
    assert_eq!(names, ["ServiceAccount:ops:ci-runner", "ServiceAccount:ops:node-agent"]);
    assert_eq!(rows[0]["permissions"].as_object().unwrap().len(), 11);
    let permissions = rows[1]["permissions"].as_object().unwrap();
    assert_eq!(permissions.keys().collect::<Vec<_>>(), ["node"]);
    let (_, out, _) = access(folder.path(), &["matrix", &manifests]);
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn matrix_by_namespace_and_verb() {
    let folder = folder();
    let base = ["matrix", "--manifests=policy", "--complete", "--format=csv"];
    let (code, out, _) = access(folder.path(), &[&base[..], &["--verbs=get"]].concat());
    let expected = "subject,node,secrets\nUser:alice,,shop\nUser:bob,,shop\nGroup:devs,,shop\n\
                    ServiceAccount:shop:cart,,shop\n";
    assert_eq!((code, out.as_str()), (0, expected));
    let (_, out, _) = access(folder.path(), &[&base[..], &["-nother"]].concat());
    assert_eq!(out.lines().count(), 1, "{out}");
    let (code, _, error) = access(folder.path(), &[&base[..], &["--verbs=fly"]].concat());
    assert!(code == 2 && error.contains("no dangerous permission"), "{error}");
}

#[test]
fn groups_cluster_equal_users() {
    let folder = folder();
    folder.write(
        "policy/carol.yaml",
        &POLICY
            .split("---")
            .take(2)
            .collect::<Vec<_>>()
            .join("---")
            .replace("reader", "wide")
            .replace("pods/log]", "pods/log, pods/status]")
            .replace("- {kind: User, name: alice}\n", "")
            .replace("bob", "carol"),
    );
    let (code, told) = json(folder.path(), "groups", &["--manifests=policy", "--complete"]);
    assert_eq!(code, 0);
    assert_eq!(told["bindingsToUsers"].as_array().unwrap().len(), 3);
    let equals = &told["equals"][0]["members"];
    assert_eq!(*equals, serde_json::json!(["User:alice", "User:bob"]));
    let similar = &told["similar"][0];
    assert_eq!(similar["percentInCommon"], 71);
    assert_eq!(similar["sides"][1]["members"], serde_json::json!(["User:carol"]));
    assert_eq!(similar["sides"][1]["wouldLose"][0]["rights"].as_array().unwrap().len(), 2);
    assert_eq!(access(folder.path(), &["groups", "--manifests=policy"]).0, 3);
}

#[test]
fn diff_tells_rights_and_not_texts() {
    let folder = Folder::new(&[("old/a.yaml", POLICY)]);
    let wider = POLICY.replace("resourceNames: [db], ", "").replace("name: bob", "name: erin");
    folder.write("new/a.yaml", &wider);
    let split = POLICY.replace(
        "- {apiGroups: [\"\"], resources: [pods, pods/log], verbs: [get, list]}",
        "- {apiGroups: [\"\"], resources: [pods], verbs: [list, get]}\n\
         - {apiGroups: [\"\"], resources: [pods/log], verbs: [get, list]}",
    );
    folder.write("split/a.yaml", &split);
    let (code, told) = json(folder.path(), "diff", &["old", "new", "--complete"]);
    assert_eq!(code, 1);
    let subjects = told["subjects"].as_array().unwrap();
    let of = |name: &str| subjects.iter().find(|it| it["subject"] == name).unwrap();
    assert_eq!(of("User:alice")["granted"][0]["rights"][0]["resource"], "secrets");
    assert_eq!(of("User:alice")["revoked"].as_array().unwrap().len(), 0);
    assert_eq!(of("User:bob")["revoked"][0]["rights"].as_array().unwrap().len(), 5);
    assert_eq!(of("User:erin")["granted"][0]["rights"].as_array().unwrap().len(), 5);
    let (code, out, _) = access(folder.path(), &["diff", "old", "split", "--complete"]);
    assert_eq!((code, out.as_str()), (0, "Nobody may do more or less than before.\n"));
    assert_eq!(access(folder.path(), &["diff", "old", "split"]).0, 3);
    let arguments = ["snapshot", "save", "old", "--output", "old.snapshot"];
    assert_eq!(bollwerk(folder.path(), &arguments, "").0, 0);
    let (code, ..) = access(folder.path(), &["diff", "old.snapshot", "new"]);
    assert_eq!(code, 1);
}

#[test]
fn hostile_names_steer_no_terminal() {
    let evil = "\\e[2J\\u202e\\n";
    let policy = POLICY.replace("name: alice", &format!("name: \"{evil}\""));
    let policy =
        policy.replace("metadata: {name: readers", &format!("metadata: {{name: \"{evil}\""));
    let folder = Folder::new(&[("policy/a.yaml", &policy)]);
    folder.write("old/a.yaml", POLICY);
    let runs: &[&[&str]] = &[
        &["who-can", "list", "pods", "--manifests=policy"],
        &["can", "User:bob", "list", "pods", "-nshop", "--manifests=policy"],
        &["of", "User:bob", "--manifests=policy"],
        &["of", "User:\u{1b}[2J", "--manifests=policy"],
        &["can", "User:a", "\u{1b}[2J", "\u{1b}[2J", "--manifests=policy"],
        &["matrix", "--manifests=policy"],
        &["matrix", "--manifests=policy", "--format=csv"],
        &["groups", "--manifests=policy"],
        &["diff", "old", "policy"],
    ];
    for arguments in runs {
        let (_, out, error) = access(folder.path(), arguments);
        let is_steered = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
        assert!(!out.contains(is_steered), "{arguments:?} {out}");
        assert!(!error.contains(is_steered), "{arguments:?} {error}");
        assert!(!out.is_empty(), "{arguments:?} {error}");
    }
}

#[test]
fn a_hundred_thousand_bindings_to_one_subject() {
    let binding = |number: usize| {
        format!(
            "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"RoleBinding\",\
             \"metadata\":{{\"name\":\"b\",\"namespace\":\"n{number}\"}},\"roleRef\":{{\"apiGroup\":\
             \"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"view\"}},\
             \"subjects\":[{{\"kind\":\"User\",\"name\":\"alice\"}}]}}"
        )
    };
    let items: Vec<String> = (0..100_000).map(binding).collect();
    let list =
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}", items.join(","));
    let folder = Folder::new(&[("all.json", &list)]);
    let manifests = "--manifests=all.json";
    let (code, ..) =
        access(folder.path(), &["can", "User:alice", "get", "pods", "-nn5", manifests]);
    assert_eq!(code, 0);
    let (_, out, error) = access(folder.path(), &["of", "User:alice", manifests]);
    assert!(out.contains("In 100000 namespaces: n0, n1, "), "{out}{error}");
    let (_, out, _) = access(folder.path(), &["who-can", "get", "pods", manifests]);
    assert!(out.contains("100000 namespaces"), "{out}");
    let (_, out, _) = access(folder.path(), &["matrix", manifests]);
    assert!(out.contains("nobody"), "{out}");
}
