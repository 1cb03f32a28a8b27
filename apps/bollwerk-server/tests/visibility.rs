//! Nobody sees an object that Kubernetes would not list for them: every route of the API, asked
//! by nobody, by somebody without rights, by a reader of one namespace and by an administrator,
//! beside a real API server.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod asking;
#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod server;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use asking::{Asker, account, binding, deployment, paths};
use control_plane::ControlPlane;
use serde_json::{Value, json};
use server::Server;

/// A word that is in all that one namespace, and the cluster itself, hold.
const HIDDEN: &str = "canary-hidden";
/// The same of the namespace that the reader may read.
const VISIBLE: &str = "canary-visible";

/// What the cluster holds.
fn objects() -> Vec<Value> {
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let role = |name: &str, rules: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name}, "rules": rules})
    };
    // Not `view`: its rules are those of others, which a controller adds that does not run here.
    let reads = json!([
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
        {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get"]},
    ]);
    let excepts =
        json!([{"apiGroups": ["bollwerk.io"], "resources": ["exceptions"], "verbs": ["create"]}]);
    vec![
        namespace("accounts"),
        namespace("seen"),
        namespace(HIDDEN),
        deployment("seen", VISIBLE),
        deployment(HIDDEN, HIDDEN),
        role(
            &format!("{HIDDEN}-role"),
            json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]),
        ),
        role("reads", reads),
        role("excepts", excepts),
        account("accounts", "nobody"),
        account("accounts", "reader"),
        account("accounts", "admin"),
        binding(Some("seen"), "reads", "reader"),
        binding(Some("seen"), "excepts", "reader"),
        binding(None, "cluster-admin", "admin"),
    ]
}

fn start(plane: &ControlPlane) -> Server {
    // What a cloud says of the cluster is for those alone who see all of it.
    let export = std::env::temp_dir().join(format!("bollwerk-export-{}.json", std::process::id()));
    let cluster = json!({"type": "Microsoft.ContainerService/managedClusters", "name": HIDDEN,
        "properties": {"enableRBAC": false}});
    std::fs::write(&export, cluster.to_string()).unwrap();
    let export = export.to_str().unwrap();
    let more =
        ["--listen-interface", "127.0.0.1:0", "--store", "sqlite:bollwerk.db", "--arm", export];
    Server::start_with("version: 1\n", &plane.kubeconfig, &more)
}

#[test]
fn nobody_sees_what_kubernetes_does_not_list_for_them() {
    let Some(mut plane) = ControlPlane::start() else { return };
    for object in objects() {
        let answer = plane.create(&object, false).unwrap();
        assert_eq!(answer.status, 201, "{object}: {answer:?}");
    }
    let server = start(&plane);
    let client = asking::client(&server);
    let asker = |token| Asker {
        client: client.clone(),
        address: format!("https://{}", server.interface),
        token,
        of: None,
    };
    let anonymous = asker(None);
    let [nobody, reader, admin] =
        ["nobody", "reader", "admin"].map(|name| asker(Some(asking::token(&mut plane, name))));
    let began = Instant::now();
    while admin.data("/findings?q=canary")["total"].as_u64().unwrap() < 10 {
        assert!(began.elapsed() < Duration::from_mins(1), "nothing is judged");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for path in paths(&admin) {
        let api = format!("/api/v1{path}");
        let (status, _) = anonymous.ask(&api, "application/json");
        assert_eq!(status, 401, "{path}");
        for who in [&nobody, &reader] {
            for (place, form) in [(&api, "application/json"), (&path, "text/html")] {
                let (status, text) = who.ask(place, form);
                assert!(matches!(status, 200 | 403 | 404), "{place}: {status} {text}");
                // A page repeats its own address.
                let text = if path.contains(HIDDEN) { text.replace(&path, "") } else { text };
                let text = text.replace("namespace=canary-hidden", "");
                // A filter shows what was chosen, whether or not there is such a thing.
                let chosen = "<option value=\"canary-hidden\" selected>canary-hidden</option>";
                let rest = text.replace(chosen, "").replace("value=\"canary-hidden\"", "");
                let is_question = path.starts_with("/network?") || path.starts_with("/access?");
                assert!(is_question || !rest.contains(HIDDEN), "{place}: {rest}");
            }
        }
        let (_, text) = admin.ask(&api, "application/json");
        told.extend([VISIBLE, HIDDEN].into_iter().filter(|word| text.contains(*word)));
    }
    assert_eq!(told.len(), 2, "the administrator does not see them");
    let of_cloud = admin.data("/findings?kind=ManagedCluster");
    assert!(of_cloud["total"].as_u64().unwrap() > 3, "{of_cloud}");
    // The reader sees what is theirs.
    for path in ["/findings", "/workloads", "/overview"] {
        let (status, text) = reader.ask(&format!("/api/v1{path}"), "application/json");
        assert!(status == 200 && text.contains(VISIBLE), "{path}: {text}");
        let (status, text) = nobody.ask(&format!("/api/v1{path}"), "application/json");
        assert!(status == 200 && !text.contains(VISIBLE), "{path}: {text}");
    }
    assert_eq!(nobody.data("/findings")["total"], 0);
    rights_are_the_api_servers(&mut plane, &admin, &[("nobody", &nobody), ("reader", &reader)]);
    // Exceptions need a right of their own, where they hold.
    assert_eq!((nobody.except("seen"), anonymous.except("seen")), (403, 401));
    assert_eq!((reader.except("seen"), reader.except(HIDDEN), reader.except("")), (201, 403, 403));
    assert_eq!(admin.except(HIDDEN), 201);
    assert_eq!(reader.data("/exceptions")["exceptions"].as_array().unwrap().len(), 1);
    assert_eq!(admin.data("/exceptions")["exceptions"].as_array().unwrap().len(), 2);
}

/// Findings of a kind in a namespace are shown exactly where the API server lets the kind be
/// listed.
fn rights_are_the_api_servers(plane: &mut ControlPlane, admin: &Asker, askers: &[(&str, &Asker)]) {
    let all = admin.data("/findings?limit=500");
    let mut places = BTreeSet::new();
    for finding in all["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        places.insert((text("group"), text("kind"), text("namespace")));
    }
    let mut allowed_somewhere = 0;
    for (group, kind, namespace) in places {
        let resource = format!("{}s", kind.to_lowercase());
        for (name, asker) in askers {
            let review = json!({"apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview", "spec": {
                    "user": format!("system:serviceaccount:accounts:{name}"),
                    "groups": ["system:serviceaccounts", "system:serviceaccounts:accounts",
                        "system:authenticated"],
                    "resourceAttributes": {"verb": "list", "group": group, "resource": resource,
                        "namespace": namespace}}});
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            let answer = plane.ask("POST", path, &review);
            let is_allowed = answer.body["status"]["allowed"] == true;
            let shown = asker.data("/findings?limit=500");
            let is_shown = shown["findings"].as_array().unwrap().iter().any(|it| {
                it["kind"] == kind.as_str()
                    && it["group"] == group.as_str()
                    && it["namespace"].as_str().unwrap_or_default() == namespace
            });
            assert_eq!(is_shown, is_allowed, "{name}: {group} {kind} {namespace}");
            allowed_somewhere += usize::from(is_allowed);
        }
    }
    assert!(allowed_somewhere > 0, "nobody is allowed anything: the test tests nothing");
}
