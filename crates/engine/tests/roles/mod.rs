//! Random sets of roles and requests that are adversarial about everything RBAC compares.

use engine::rbac::PolicyRule;
use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};
use serde_json::{Value, json};

/// A seeded source: the same seed gives the same roles and requests.
pub(crate) struct Generator {
    state: u64,
}

const VERBS: [&str; 15] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "delete",
    "deletecollection",
    "impersonate",
    "escalate",
    "bind",
    "*",
    "",
    "GET",
    "impersonate-on:user-info:list",
    "get*",
];
const GROUPS: [&str; 7] = ["", "apps", "batch", "*", "Apps", "core", "rbac.authorization.k8s.io"];
const RESOURCES: [&str; 24] = [
    "pods",
    "pods/exec",
    "pods/*",
    "*/*",
    "*/exec",
    "*/scale",
    "*",
    "deployments",
    "deployments/scale",
    "secrets",
    "",
    "pods/",
    "/exec",
    "*/",
    "**",
    "Pods",
    "pods/exec/x",
    "*/exec/x",
    "pods*",
    "*s",
    "nodes/proxy",
    "*/*/x",
    "a/b",
    "b",
];
const REQUESTED: [&str; 11] =
    ["pods", "deployments", "secrets", "nodes", "*", "", "Pods", "**", "pods/exec", "a", "a/b"];
const SUBRESOURCES: [&str; 8] = ["", "exec", "scale", "proxy", "*", "exec/x", "x", "b"];
const NAMES: [&str; 7] = ["", "a", "b", "*", "A", "a.b", "x/y"];
const URLS: [&str; 15] = [
    "*", "/*", "/api*", "/api/*", "/api/**", "/a*b", "/healthz", "", "/api", "**", "/*/v1",
    "/api/*/*", "/api/v1", "api*", "/API",
];
const PATHS: [&str; 11] =
    ["/api", "/api/", "/api/v1", "/healthz", "/", "", "/a*b", "*", "/*/v1", "/apis", "/api/*/x"];
const NAMESPACES: [&str; 5] = ["", "one", "two", "One", "three"];
const USERS: [&str; 9] = [
    "alice",
    "bob",
    "Alice",
    "*",
    "",
    "system:anonymous",
    "system:serviceaccount:one:robot",
    "system:serviceaccount:two:robot",
    "system:serviceaccount:one:a:b",
];
const MEMBERSHIPS: [&str; 8] = [
    "devs",
    "ops",
    "*",
    "",
    "system:authenticated",
    "system:serviceaccounts",
    "system:serviceaccounts:one",
    "system:nodes",
];
const ACCOUNTS: [&str; 5] = ["robot", "b", "a:b", "", "*"];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX generator; the high bits are the random ones.
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.state >> 33) as usize) % end
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of the list, the first ones more often.
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        let end = if self.one_in(2) { from.len() } else { from.len().min(4) };
        from[self.below(end)]
    }

    /// A few of the list, seldom none.
    fn some(&mut self, from: &[&str], most: usize) -> Vec<String> {
        let count = if self.one_in(12) { 0 } else { 1 + self.below(most) };
        (0..count).map(|_| self.pick(from).to_owned()).collect()
    }

    pub(crate) fn namespace(&mut self) -> &'static str {
        self.pick(&NAMESPACES)
    }

    fn rule(&mut self) -> Value {
        let mut rule = json!({"verbs": self.some(&VERBS, 4)});
        if self.one_in(4) {
            rule["nonResourceURLs"] = json!(self.some(&URLS, 3));
        }
        if !self.one_in(5) {
            rule["apiGroups"] = json!(self.some(&GROUPS, 3));
            rule["resources"] = json!(self.some(&RESOURCES, 4));
        }
        if self.one_in(3) {
            rule["resourceNames"] = json!(self.some(&NAMES, 3));
        }
        rule
    }

    fn rules(&mut self) -> Vec<Value> {
        // Some roles are large enough to be looked up by their resources.
        let count = if self.one_in(8) { 17 + self.below(20) } else { self.below(4) };
        (0..count).map(|_| self.rule()).collect()
    }

    /// Rules of an owner and rules to compare with them, related more often than not.
    pub(crate) fn pair(&mut self) -> Value {
        let count = 1 + self.below(5);
        let owner: Vec<Value> = (0..count).map(|_| self.rule()).collect();
        let count = self.below(3);
        let mut rules: Vec<Value> = (0..count)
            .map(|_| {
                if self.one_in(3) {
                    return self.rule();
                }
                let mut rule = owner[self.below(owner.len())].clone();
                for (key, pool) in [
                    ("verbs", &VERBS[..]),
                    ("apiGroups", &GROUPS[..]),
                    ("resources", &RESOURCES[..]),
                    ("resourceNames", &NAMES[..]),
                    ("nonResourceURLs", &URLS[..]),
                ] {
                    if self.one_in(6) && rule.get(key).is_some() {
                        rule[key] = json!(self.some(pool, 2));
                    }
                }
                rule
            })
            .collect();
        if self.one_in(10) {
            rules.push(self.rule());
        }
        json!({"owner": owner, "rules": rules})
    }

    fn subject(&mut self) -> Value {
        match self.below(8) {
            0..=2 => json!({"kind": "User", "name": self.pick(&USERS)}),
            3..=4 => json!({"kind": "Group", "name": self.pick(&MEMBERSHIPS)}),
            5 => {
                json!({"kind": self.pick(&["user", "Robot", "", "serviceaccount"]), "name": self.pick(&USERS)})
            }
            _ => {
                let namespace = self.pick(&["", "one", "two"]);
                let name = self.pick(&ACCOUNTS);
                json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
            }
        }
    }

    fn binding(&mut self, number: usize, namespace: &str) -> Value {
        let kind = self.pick(&["ClusterRole", "Role", "ClusterRole", "Role", "role", ""]);
        // Some of the names are of no role.
        let name = format!("r{}", self.below(7));
        let count = 1 + self.below(4);
        let subjects: Vec<Value> = (0..count).map(|_| self.subject()).collect();
        json!({
            "metadata": {"name": format!("b{number}"), "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": subjects,
        })
    }

    /// Roles and bindings, in the form of the oracle.
    fn policy(&mut self) -> Value {
        let mut policy = json!({
            "roles": [], "clusterRoles": [], "roleBindings": [], "clusterRoleBindings": [],
        });
        let mut add =
            |key: &str, value: Value| policy[key].as_array_mut().expect("a list").push(value);
        for number in 0..6 {
            if !self.one_in(4) {
                let metadata = json!({"name": format!("r{number}")});
                add("clusterRoles", json!({"metadata": metadata, "rules": self.rules()}));
            }
            for namespace in ["one", "two"] {
                if self.one_in(2) {
                    let metadata = json!({"name": format!("r{number}"), "namespace": namespace});
                    add("roles", json!({"metadata": metadata, "rules": self.rules()}));
                }
            }
        }
        for number in 0..2 + self.below(8) {
            add("clusterRoleBindings", self.binding(number, ""));
        }
        for number in 0..self.below(16) {
            let namespace = self.pick(&["one", "two", "One"]);
            add("roleBindings", self.binding(number, namespace));
        }
        policy
    }

    /// A policy, users and requests, in the form of the oracle.
    pub(crate) fn question(&mut self, requests: u64) -> Value {
        let policy = self.policy();
        let users: Vec<Value> = (0..12)
            .map(|_| {
                let mut groups = self.some(&MEMBERSHIPS, 3);
                if self.one_in(20) {
                    groups.push("system:masters".to_owned());
                }
                json!({"name": self.pick(&USERS), "groups": groups})
            })
            .collect();
        let rules: Vec<Value> = ["roles", "clusterRoles"]
            .iter()
            .flat_map(|key| policy[key].as_array().expect("a list"))
            .flat_map(|role| role["rules"].as_array().expect("a list"))
            .cloned()
            .collect();
        let requests: Vec<Value> =
            (0..requests).map(|_| self.request(users.len(), &rules)).collect();
        json!({"policy": policy, "users": users, "requests": requests})
    }

    /// A request out of nothing, or one close to what a rule allows.
    fn request(&mut self, users: usize, rules: &[Value]) -> Value {
        let user = self.below(users);
        let mut rule = &Value::Null;
        if !rules.is_empty() && !self.one_in(4) {
            rule = &rules[self.below(rules.len())];
        }
        let verb = self.near(rule, "verbs", &VERBS);
        if self.one_in(6) || rule.get("resources").is_none() && rule.is_object() {
            let path = self.near(rule, "nonResourceURLs", &PATHS);
            let path = match self.below(4) {
                0 => path.replace('*', "x"),
                1 => path.trim_end_matches('*').to_owned(),
                2 => format!("{path}x"),
                _ => path,
            };
            return json!({"u": user, "v": verb, "nr": true, "p": path});
        }
        let resource = self.near(rule, "resources", &REQUESTED);
        let (resource, subresource) = match resource.split_once('/') {
            Some((resource, subresource)) => (resource.to_owned(), subresource.to_owned()),
            None => (resource, self.pick(&SUBRESOURCES).to_owned()),
        };
        let mut or_other = |text: String, pool: &[&str]| {
            if self.one_in(5) { self.pick(pool).to_owned() } else { text }
        };
        let resource = or_other(resource, &REQUESTED);
        let subresource = or_other(subresource, &SUBRESOURCES);
        json!({
            "u": user,
            "v": verb,
            "g": self.near(rule, "apiGroups", &GROUPS),
            "r": resource,
            "s": subresource,
            "ns": self.pick(&NAMESPACES),
            "n": self.near(rule, "resourceNames", &NAMES),
        })
    }

    /// A text of a rule's list, or now and then any other.
    fn near(&mut self, rule: &Value, key: &str, pool: &[&str]) -> String {
        let list = rule[key].as_array().map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() || self.one_in(8) {
            return self.pick(pool).to_owned();
        }
        list[self.below(list.len())].as_str().expect("a text").to_owned()
    }
}

/// A rule from its JSON.
pub(crate) fn rule(json: &Value) -> PolicyRule {
    let list = |key: &str| {
        let texts = json[key].as_array().into_iter().flatten();
        texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    PolicyRule {
        verbs: list("verbs"),
        api_groups: list("apiGroups"),
        resources: list("resources"),
        resource_names: list("resourceNames"),
        non_resource_urls: list("nonResourceURLs"),
    }
}

/// A snapshot of a policy's objects, read from their text.
pub(crate) fn snapshot(policy: &Value) -> (Snapshot, WorldId) {
    let kinds = [
        ("roles", "Role"),
        ("clusterRoles", "ClusterRole"),
        ("roleBindings", "RoleBinding"),
        ("clusterRoleBindings", "ClusterRoleBinding"),
    ];
    let mut objects = Vec::new();
    for (key, kind) in kinds {
        for object in policy[key].as_array().into_iter().flatten() {
            let mut object = object.clone();
            object["apiVersion"] = json!("rbac.authorization.k8s.io/v1");
            object["kind"] = json!(kind);
            objects.push(object);
        }
    }
    let now = "2026-11-24T00:00:00Z".parse().expect("a time");
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, now);
    let mut part = Part::new();
    for (number, object) in (0..).zip(objects) {
        let text = object.to_string();
        let stream = yaml::Stream::json(&text, &yaml::Limits::default());
        let document = stream.documents().next().expect("one document").expect("readable");
        let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
        part.insert(document.root(), &Redactions::default(), WorldId(0), origin, None);
    }
    snapshot.add(part);
    (snapshot, WorldId(0))
}
