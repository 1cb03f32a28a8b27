//! Roles learned from a large log, judged by upstream's authorizer: they allow all that was seen,
//! and none of their rules can be left out.
#![expect(clippy::expect_used, reason = "a helper that fails fails the test")]

#[path = "../../../crates/engine/tests/oracle/mod.rs"]
mod oracle;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use oracle::Oracle;
use program::{Folder, bollwerk};
use serde_json::{Value, json};

/// Events of the log where `BOLLWERK_LEARN` says nothing.
const EVENTS_DEFAULT: usize = 20_000;
const SUBJECTS: u64 = 60;
const NAMESPACES: u64 = 8;
/// Different things that a subject does.
const ACTIONS: u64 = 14;
/// Questions that the oracle is asked at once.
const QUESTIONS: usize = 64;

/// Verb, group, resource, subresource, namespace, name; a path alone in `name` for no resource.
type Action = (&'static str, &'static str, &'static str, &'static str, String, String);

const RESOURCES: &[(&str, &str, &str, bool)] = &[
    ("", "pods", "", true),
    ("", "pods", "log", true),
    ("", "pods", "exec", true),
    ("", "secrets", "", true),
    ("", "configmaps", "", true),
    ("", "nodes", "", false),
    ("", "namespaces", "", false),
    ("apps", "deployments", "", true),
    ("apps", "deployments", "scale", true),
    ("batch", "jobs", "", true),
    ("rbac.authorization.k8s.io", "clusterroles", "", false),
    ("example.org", "widgets", "status", true),
];
const VERBS: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];
const PATHS: &[&str] = &["/metrics", "/healthz", "/version", "/openapi/v3"];

/// Numbers that look random and are the same in every run (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

fn action(numbers: &mut Numbers) -> Action {
    if numbers.below(10) == 0 {
        return ("get", "", "", "", String::new(), numbers.one(PATHS).to_owned());
    }
    let (group, resource, subresource, is_namespaced) = numbers.one(RESOURCES);
    let verb = numbers.one(VERBS);
    let namespace =
        if is_namespaced { format!("team-{}", numbers.below(NAMESPACES)) } else { String::new() };
    let is_named = !matches!(verb, "list" | "watch" | "create") || !subresource.is_empty();
    let name = if is_named { format!("thing-{}", numbers.below(5)) } else { String::new() };
    (verb, group, resource, subresource, namespace, name)
}

fn subject(number: u64) -> (String, Vec<String>) {
    if number.is_multiple_of(3) {
        return (format!("user-{number}"), vec!["system:authenticated".to_owned()]);
    }
    let namespace = format!("team-{}", number % NAMESPACES);
    let groups = ["system:serviceaccounts", "system:authenticated"].map(str::to_owned);
    (format!("system:serviceaccount:{namespace}:app-{number}"), groups.to_vec())
}

fn event(user: &str, groups: &[String], action: &Action) -> Value {
    let (verb, group, resource, subresource, namespace, name) = action;
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "stage": "ResponseComplete",
        "verb": verb, "user": {"username": user, "groups": groups},
        "responseStatus": {"code": 200}, "requestReceivedTimestamp": "2026-11-24T10:00:00Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
    });
    if resource.is_empty() {
        event["requestURI"] = json!(name);
        return event;
    }
    let mut object = json!({"resource": resource, "apiVersion": "v1"});
    for (key, value) in [
        ("apiGroup", *group),
        ("subresource", *subresource),
        ("namespace", namespace.as_str()),
        ("name", name.as_str()),
    ] {
        if !value.is_empty() {
            object[key] = json!(value);
        }
    }
    event["requestURI"] = json!("/api/v1");
    event["objectRef"] = object;
    event
}

fn request(action: &Action) -> Value {
    let (verb, group, resource, subresource, namespace, name) = action;
    if resource.is_empty() {
        return json!({"u": 0, "v": verb, "p": name, "nr": true});
    }
    json!({"u": 0, "v": verb, "g": group, "r": resource, "s": subresource, "ns": namespace,
        "n": name})
}

/// Whether each request of the subject is allowed by these objects.
fn question(objects: &[Value], user: &str, groups: &[String], actions: &BTreeSet<Action>) -> Value {
    let of = |kind: &str| objects.iter().filter(|it| it["kind"] == kind).collect::<Vec<_>>();
    json!({
        "verb": "rbac-authorize",
        "policy": {"roles": of("Role"), "roleBindings": of("RoleBinding"),
            "clusterRoles": of("ClusterRole"), "clusterRoleBindings": of("ClusterRoleBinding")},
        "users": [{"name": user, "groups": groups}],
        "requests": actions.iter().map(request).collect::<Vec<_>>(),
    })
}

/// Whether a binding names the user, by its name or as a service account.
fn is_bound(binding: &Value, user: &str) -> bool {
    binding["subjects"].as_array().into_iter().flatten().any(|subject| {
        let text = |key: &str| subject[key].as_str().unwrap_or_default();
        let (name, namespace) = (text("name"), text("namespace"));
        name == user || format!("system:serviceaccount:{namespace}:{name}") == user
    })
}

/// What was written for a user: its bindings and their roles.
fn of_user(objects: &[Value], user: &str) -> Vec<Value> {
    let bindings: Vec<&Value> = objects.iter().filter(|it| is_bound(it, user)).collect();
    let is_role = |object: &&Value| {
        bindings.iter().any(|binding| {
            let role = &binding["roleRef"];
            let is_near = object["kind"] == "ClusterRole"
                || object["metadata"]["namespace"] == binding["metadata"]["namespace"];
            role["kind"] == object["kind"] && role["name"] == object["metadata"]["name"] && is_near
        })
    };
    let roles = objects.iter().filter(is_role);
    roles.chain(bindings.iter().copied()).cloned().collect()
}

fn documents(text: &str) -> Vec<Value> {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let values = stream.documents().map(|document| {
        let mut json = String::new();
        document.map_err(drop).expect("readable").root().write_json(&mut json);
        serde_json::from_str::<Value>(&json).expect("JSON")
    });
    values.filter(|value| value["kind"].is_string()).collect()
}

#[test]
fn learned_roles_allow_what_was_seen_and_no_rule_can_go() {
    let Some(mut oracle) = Oracle::start() else { return };
    let events = std::env::var("BOLLWERK_LEARN")
        .map_or(EVENTS_DEFAULT, |text| text.parse().expect("BOLLWERK_LEARN is a number"));
    let mut numbers = Numbers(5);
    let pools: Vec<Vec<Action>> =
        (0..SUBJECTS).map(|_| (0..ACTIONS).map(|_| action(&mut numbers)).collect()).collect();
    let mut log = String::new();
    let mut seen: BTreeMap<u64, BTreeSet<Action>> = BTreeMap::new();
    for _ in 0..events {
        let number = numbers.below(SUBJECTS);
        let pool = &pools[number as usize];
        let action = &pool[numbers.below(ACTIONS) as usize];
        let (user, groups) = subject(number);
        let _ = writeln!(log, "{}", event(&user, &groups, action));
        seen.entry(number).or_default().insert(action.clone());
    }
    let folder = Folder::new(&[("audit.log", &log)]);
    drop(log);
    let (code, out, error) = bollwerk(folder.path(), &["access", "learn", "audit.log"], "");
    assert_eq!(code, 0, "{error}");
    let objects = documents(&out);
    let (mut rules, mut requests) = (0, 0);
    for (number, actions) in &seen {
        let (user, groups) = subject(*number);
        let own = of_user(&objects, &user);
        let whole = oracle.ask(&[question(&own, &user, &groups, actions)]).remove(0);
        assert_eq!(whole["allowed"], "1".repeat(actions.len()), "{user}: {own:?}");
        requests += actions.len();
        let smaller = without_one_rule(&own);
        rules += smaller.len();
        for some in smaller.chunks(QUESTIONS) {
            let questions: Vec<Value> =
                some.iter().map(|own| question(own, &user, &groups, actions)).collect();
            for (own, said) in some.iter().zip(oracle.ask(&questions)) {
                let allowed = said["allowed"].as_str().expect("verdicts");
                assert!(allowed.contains('0'), "{user}: a rule is not needed beside {own:?}");
            }
        }
    }
    println!("{events} events, {requests} different requests allowed, {rules} rules all needed");
    assert!(rules > 100, "{rules}");
}

/// The objects once for each rule, without it.
fn without_one_rule(objects: &[Value]) -> Vec<Vec<Value>> {
    let mut found = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let count = object["rules"].as_array().map_or(0, Vec::len);
        for rule in 0..count {
            let mut smaller = objects.to_vec();
            if let Some(rules) = smaller[at]["rules"].as_array_mut() {
                rules.remove(rule);
            }
            found.push(smaller);
        }
    }
    found
}
