//! Nobody sees an object that Kubernetes would not list for them: every route of the API, asked
//! by nobody, by somebody without rights, by a reader of one namespace and by an administrator,
//! beside a real API server.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod server;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use control_plane::ControlPlane;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use server::Server;

/// A word that is in all that one namespace, and the cluster itself, hold.
const HIDDEN: &str = "canary-hidden";
/// The same of the namespace that the reader may read.
const VISIBLE: &str = "canary-visible";

fn deployment(namespace: &str, word: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": format!("{word}-deployment"), "namespace": namespace,
        "annotations": {"bollwerk.io/owner": format!("{word}-owner")}},
    "spec": {
        "selector": {"matchLabels": {"app": word}},
        "template": {"metadata": {"labels": {"app": word}}, "spec": {"containers": [{
            "name": format!("{word}-container"), "image": format!("{word}-image"),
            "securityContext": {"privileged": true},
        }]}},
    }})
}

fn account(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace}})
}

fn binding(namespace: Option<&str>, role: &str, account: &str) -> Value {
    let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": format!("{account}-{role}"), "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": "accounts"}]})
}

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

struct Asker {
    client: Client,
    address: String,
    token: Option<String>,
}

impl Asker {
    /// Status and text of an answer.
    fn ask(&self, path: &str, form: &str) -> (u16, String) {
        loop {
            let mut request = self.client.get(format!("{}{path}", self.address));
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            let answer = request.header("accept", form).send().unwrap();
            if answer.status() != 429 {
                return (answer.status().as_u16(), answer.text().unwrap());
            }
            // It is asked more than one user may.
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn data(&self, path: &str) -> Value {
        let (status, text) = self.ask(&format!("/api/v1{path}"), "application/json");
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn except(&self, namespace: &str) -> u16 {
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
        let exception = json!({"control": "privileged-container", "kind": "Deployment",
            "namespace": namespace, "name": "it", "reason": "tried", "owner": "me",
            "until": jiff::tz::Offset::UTC.to_datetime(until).date().to_string()});
        loop {
            let request = self.client.post(format!("{}/api/v1/exceptions", self.address));
            let request = request.header("content-type", "application/json");
            let answer = request
                .bearer_auth(self.token.as_deref().unwrap_or_default())
                .body(exception.to_string())
                .send()
                .unwrap();
            if answer.status() != 429 {
                return answer.status().as_u16();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The paths of the API, parameters filled in with what they could name.
fn paths(admin: &Asker) -> Vec<String> {
    let document = admin.data("/openapi.json");
    let findings = admin.data("/findings?limit=500");
    let mut fingerprints = BTreeSet::new();
    for finding in findings["findings"].as_array().unwrap() {
        if finding.to_string().contains("canary") {
            fingerprints.insert(finding["fingerprint"].as_str().unwrap().to_owned());
        }
    }
    assert!(fingerprints.len() > 10);
    let filters = [
        "",
        "?limit=500",
        "?namespace=canary-hidden",
        "?q=canary",
        "?kind=ClusterRole",
        "?state=open,excepted,fixed",
        "?verb=get&resource=secrets",
        "?to=secrets",
        "?state=all",
    ];
    let mut paths = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods["get"].is_null() {
            continue;
        }
        let path = path.strip_prefix("/api/v1").unwrap();
        if path.contains("{fingerprint}") {
            paths.extend(fingerprints.iter().map(|it| path.replace("{fingerprint}", it)));
        } else if path.contains('{') {
            let (stem, _) = path.split_once('{').unwrap();
            let names = ["cis-1.12", "privileged-container", "CVE-2024-0001", "sha256:00"];
            paths.extend(names.iter().map(|name| format!("{stem}{name}")));
        } else {
            paths.extend(filters.iter().map(|filter| format!("{path}{filter}")));
        }
    }
    assert!(paths.len() > 100, "{paths:?}");
    paths
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
    let token = |plane: &mut ControlPlane, name: &str| {
        let path = format!("/api/v1/namespaces/accounts/serviceaccounts/{name}/token");
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {}});
        let answer = plane.ask("POST", &path, &request);
        Some(answer.body["status"]["token"].as_str().unwrap().to_owned())
    };
    let server = start(&plane);
    let authority = std::fs::read(server.folder.join("tls/ca.crt")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    let client = Client::builder()
        .tls_certs_only([authority])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let asker = |token| Asker {
        client: client.clone(),
        address: format!("https://{}", server.interface),
        token,
    };
    let anonymous = asker(None);
    let [nobody, reader, admin] =
        ["nobody", "reader", "admin"].map(|name| asker(token(&mut plane, name)));
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
