//! What stands in the cluster before any policy does, and who asks.

use serde_json::{Value, json};

use crate::control_plane::{Answer, Asker, ControlPlane};

/// Who asks, and as a member of which groups.
pub(crate) const USERS: &[(&str, &[&str])] =
    &[("alice", &["devs"]), ("mallory", &["devs", "guests"]), ("carol", &["devs", "ops"])];

/// Label by which the bindings of a policy are about objects of its own alone.
pub(crate) const ONLY: &str = "only";

fn meta(name: &str, namespace: &str, labels: &Value) -> Value {
    let mut metadata = json!({"name": name, "labels": labels});
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    metadata
}

fn namespaces() -> Vec<Value> {
    let one = |name: &str, labels: Value| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": meta(name, "", &labels)});
    vec![
        one("team", json!({"env": "prod", "tier": "front"})),
        one("other", json!({"env": "dev"})),
        one("bare", json!({})),
    ]
}

fn accounts() -> Vec<Value> {
    let of = |namespace: &str| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": namespace}})
    };
    ["team", "other", "bare"].map(of).to_vec()
}

/// Who may ask at all, and what else `authorizer` knows of them.
pub(crate) fn rights() -> Vec<Value> {
    let group = "rbac.authorization.k8s.io";
    let version = format!("{group}/v1");
    let reference = |kind: &str, name: &str| json!({"apiGroup": group, "kind": kind, "name": name});
    vec![
        json!({"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": "writers"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"],
                "verbs": ["create", "update", "patch", "delete"]}]}),
        json!({"apiVersion": version, "kind": "ClusterRoleBinding",
            "metadata": {"name": "writers"}, "roleRef": reference("ClusterRole", "writers"),
            "subjects": [reference("Group", "devs")]}),
        json!({"apiVersion": version, "kind": "Role",
            "metadata": {"name": "reader", "namespace": "team"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
                {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"],
                    "verbs": ["scale", "get"]}]}),
        json!({"apiVersion": version, "kind": "RoleBinding",
            "metadata": {"name": "reader", "namespace": "team"},
            "roleRef": reference("Role", "reader"), "subjects": [reference("User", "alice"),
                {"kind": "ServiceAccount", "name": "default", "namespace": "other"}]}),
    ]
}

fn definition(kind: &str, plural: &str, scope: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(place, name)| {
            json!({"name": name, "served": true, "storage": place == 0,
                "schema": {"openAPIV3Schema": {"type": "object",
                    "x-kubernetes-preserve-unknown-fields": true}}})
        })
        .collect();
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.example.com")},
        "spec": {"group": "example.com", "scope": scope, "versions": versions,
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural,
                "singular": kind.to_lowercase()}}})
}

pub(crate) fn definitions() -> Vec<Value> {
    vec![
        definition("Widget", "widgets", "Namespaced", &["v1", "v2"]),
        definition("Allowance", "allowances", "Namespaced", &["v1"]),
        definition("Limit", "limits", "Cluster", &["v1"]),
    ]
}

/// Objects that policies read as parameters.
pub(crate) fn parameters() -> Vec<Value> {
    let params = json!({"use": "params"});
    let map = |name: &str, namespace: &str, labels: &Value, limit: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name, namespace, labels),
            "data": {"limit": limit, "registries": "registry.example,quay.io"}})
    };
    let own = |kind: &str, name: &str, namespace: &str, limit: &str| {
        json!({"apiVersion": "example.com/v1", "kind": kind,
            "metadata": meta(name, namespace, &params),
            "data": {"limit": limit, "most": 4, "deep": {"flag": true}}})
    };
    vec![
        map("limits", "team", &params, "2"),
        map("limits", "other", &json!({}), "7"),
        map("more", "team", &params, "3"),
        own("Allowance", "limits", "team", "5"),
        own("Allowance", "spare", "bare", "9"),
        own("Limit", "limits", "", "4"),
        own("Limit", "tight", "", "1"),
    ]
}

fn deployment(name: &str, namespace: &str, labels: &Value, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": meta(name, namespace, labels),
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "a", "image": "registry.example/a:1.0"}]}}}})
}

fn widget(version: &str, name: &str, namespace: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("example.com/{version}"), "kind": "Widget",
        "metadata": meta(name, namespace, &json!({"count": "4"})), "spec": spec})
}

/// What is stored, to be changed and deleted.
pub(crate) fn stored() -> Vec<Value> {
    let blue = json!({"team": "blue"});
    vec![
        deployment("web", "team", &blue, 3),
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": meta("settings", "other", &blue), "data": {"level": "info"}}),
        widget("v1", "gear", "team", &json!({"replicas": 3, "zero": 0, "priority": 1})),
    ]
}

fn pods() -> Vec<Value> {
    let plain = json!({"name": "a", "image": "registry.example/a:1.0"});
    let strict = json!({"name": "a", "image": "registry.example/a@sha256:00",
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}},
        "securityContext": {"runAsNonRoot": true, "privileged": false,
            "capabilities": {"drop": ["ALL"]}}});
    let wild = json!({"name": "a-very-long-name", "image": "nginx:latest",
        "ports": [{"containerPort": 80, "hostPort": 80}],
        "env": [{"name": "DB_PASSWORD", "value": ""}],
        "resources": {"limits": {"cpu": "4"}},
        "securityContext": {"privileged": true, "capabilities": {"drop": ["KILL", "NET_RAW"]}}});
    let pod = |name: &str, namespace: &str, labels: &Value, spec: Value| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta(name, namespace, labels),
            "spec": spec})
    };
    let full = json!({"team": "blue", "count": "7", "version": "1.2.3"});
    let odd = json!({"count": "many", "version": "one"});
    let mut annotated = pod("web", "team", &full, json!({"containers": [strict]}));
    annotated["metadata"]["annotations"] = json!({"ttl": "2h", "until": "2025-06-01T00:00:00Z",
        "url": "https://example.com/x", "skip": "no"});
    vec![
        annotated,
        pod("plain", "bare", &json!({}), json!({"containers": [plain], "hostPID": false})),
        pod(
            "wild",
            "other",
            &odd,
            json!({"containers": [wild], "hostNetwork": true, "hostPID": true, "volumes": [
                {"name": "root", "hostPath": {"path": "/"}}, {"name": "tmp", "emptyDir": {}}]}),
        ),
        pod(
            "two",
            "team",
            &json!({"team": "red"}),
            json!({"initContainers": [strict], "containers": [{"name": "b", "image": "quay.io/b"}],
                "automountServiceAccountToken": false, "securityContext": {"runAsNonRoot": true}}),
        ),
    ]
}

fn others() -> Vec<Value> {
    let scaler = |version: &str, spec: Value| {
        json!({"apiVersion": format!("autoscaling/{version}"), "kind": "HorizontalPodAutoscaler",
            "metadata": meta("web", "team", &json!({})), "spec": spec})
    };
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    vec![
        deployment("shop", "team", &json!({"team": "blue"}), 9),
        deployment("shop", "bare", &json!({"team": "none"}), 2),
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": meta("web", "team", &json!({"team": "blue"})),
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": meta("made", "team", &json!({})), "data": {"limit": "x", "empty": ""}}),
        scaler("v2", json!({"scaleTargetRef": target, "maxReplicas": 8})),
        scaler("v1", json!({"scaleTargetRef": target, "maxReplicas": 3})),
        widget(
            "v1",
            "w",
            "team",
            &json!({"replicas": 3, "x": true, "priority": 4, "zero": 0,
            "containers": [{"name": "a", "image": "nginx"}], "volumes": [], "hostIP": "10.0.0.1",
            "ratio": 1.5, "empty": {}, "no": false}),
        ),
        widget(
            "v2",
            "v",
            "other",
            &json!({"replicas": "three",
            "containers": [{"name": 1, "image": ["x"]}], "hostIP": "::1"}),
        ),
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": meta("fresh", "", &json!({"env": "prod", "team": "blue"}))}),
        json!({"apiVersion": "example.com/v1", "kind": "Limit",
            "metadata": meta("made", "", &json!({"team": "blue"})), "spec": {"replicas": 4}}),
    ]
}

/// A request that policies are asked about.
pub(crate) struct Case {
    pub(crate) operation: &'static str,
    /// The object as it is sent, or that is deleted.
    pub(crate) object: Value,
    /// As it is stored.
    pub(crate) old: Value,
    /// As the API server would have it.
    pub(crate) seen: Value,
    pub(crate) user: usize,
}

/// All requests, with the objects as the API server has them while no policy is there yet.
pub(crate) fn cases(plane: &mut ControlPlane) -> Vec<Case> {
    let mut cases = Vec::new();
    for object in pods().into_iter().chain(others()) {
        let user = cases.len() % USERS.len();
        let (operation, old, seen) = ("CREATE", Value::Null, Value::Null);
        let mut case = Case { operation, object, old, seen, user };
        let answer = ask(plane, &case, "");
        assert_eq!(answer.status, 201, "{answer:?}");
        case.seen = answer.body;
        cases.push(case);
    }
    for object in stored() {
        let path = path(plane, &object);
        let old = plane.ask("GET", &path, &Value::Null).body;
        let mut object = old.clone();
        object["metadata"]["labels"] = json!({"team": "red", "count": "9"});
        if object["kind"] == "ConfigMap" {
            object["data"]["level"] = "debug".into();
        } else {
            object["spec"]["replicas"] = 6.into();
        }
        let user = cases.len() % USERS.len();
        let mut case = Case { operation: "UPDATE", object, old, seen: Value::Null, user };
        let answer = ask(plane, &case, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        case.seen = answer.body;
        cases.push(case);
    }
    cases
}

/// The path of an object.
pub(crate) fn path(plane: &mut ControlPlane, object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let (plural, _) = plane.resource(&version, &text(&object["kind"])).unwrap();
    let root = if version.contains('/') { "/apis/" } else { "/api/" };
    let metadata = &object["metadata"];
    let namespace = metadata["namespace"].as_str();
    let namespace = namespace.map(|it| format!("/namespaces/{it}")).unwrap_or_default();
    format!("{root}{version}{namespace}/{plural}/{}", text(&metadata["name"]))
}

/// Asks as the case's user, as a dry run. `only` says of which policy's bindings; `probe` stands
/// in the audit log.
pub(crate) fn ask_about(plane: &mut ControlPlane, case: &Case, only: &str, probe: &str) -> Answer {
    let mut object = case.object.clone();
    if !only.is_empty() && case.operation != "DELETE" {
        object["metadata"]["labels"][ONLY] = only.into();
    }
    let (name, groups) = USERS[case.user];
    let asker = Asker { user: name, groups, ..Asker::default() };
    let path = path(plane, &object);
    let (method, path) = match case.operation {
        "CREATE" => ("POST", path.rsplit_once('/').unwrap().0.to_owned()),
        "UPDATE" => ("PUT", path),
        _ => ("DELETE", path),
    };
    let body = if method == "DELETE" { &Value::Null } else { &object };
    plane.ask_as(method, &format!("{path}?dryRun=All&probe={probe}"), body, &asker)
}

fn ask(plane: &mut ControlPlane, case: &Case, only: &str) -> Answer {
    ask_about(plane, case, only, "none")
}

/// Makes all that has to stand there before policies do.
pub(crate) fn settle(plane: &mut ControlPlane) {
    for definition in definitions() {
        plane.serve(&definition);
    }
    let all = namespaces().into_iter().chain(accounts()).chain(rights()).chain(parameters());
    for object in all.chain(stored()) {
        let answer = plane.create(&object, false).unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}
