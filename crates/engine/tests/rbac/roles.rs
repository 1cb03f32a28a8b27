//! Random sets of roles and requests that are adversarial about everything RBAC compares.

use engine::rbac::{
    Groups, Identity, LabelSelector, PolicyRule, Request, ResourceRequest, Role, Rules, Source,
};
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

    pub(crate) fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX generator; the high bits are the random ones.
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.state >> 33) as usize) % end
    }

    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of the list, the first ones more often.
    pub(crate) fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
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

    /// Requests of some as others, in the form of the oracle.
    pub(crate) fn impersonation(&mut self, requests: u64, legacy: bool) -> Value {
        let mut policy = self.policy();
        for role in policy["clusterRoles"].as_array_mut().expect("a list") {
            for _ in 0..=self.below(4) {
                let rule = self.impersonation_rule();
                role["rules"].as_array_mut().expect("a list").push(rule);
            }
        }
        let users: Vec<Value> = (0..8)
            .map(|_| {
                let mut user =
                    json!({"name": self.pick(&USERS), "groups": self.some(&MEMBERSHIPS, 3)});
                if self.one_in(2) {
                    user["name"] = json!("system:serviceaccount:one:robot");
                    let nodes = if self.one_in(5) { vec!["n1", "n2"] } else { vec!["n1"] };
                    user["extra"] = json!({"authentication.kubernetes.io/node-name": nodes});
                }
                user
            })
            .collect();
        let requests: Vec<Value> = (0..requests)
            .map(|_| {
                let verb = self.pick(&["list", "get", "create"]);
                let mut request = json!({
                    "u": self.below(users.len()), "v": verb, "g": "", "r": "pods",
                    "ns": self.pick(&["", "one"]), "n": self.pick(&["", "a"]),
                });
                if self.one_in(8) {
                    request =
                        json!({"u": self.below(users.len()), "v": "get", "nr": true, "p": "/api"});
                }
                request["as"] = self.impersonated();
                request
            })
            .collect();
        json!({
            "verb": "rbac-impersonation",
            "policy": policy,
            "users": users,
            "requests": requests,
            "legacy": legacy,
        })
    }

    fn impersonation_rule(&mut self) -> Value {
        let verbs = [
            "impersonate",
            "impersonate:user-info",
            "impersonate:serviceaccount",
            "impersonate:arbitrary-node",
            "impersonate:associated-node",
            "impersonate-on:user-info:list",
            "impersonate-on:serviceaccount:list",
            "impersonate-on:arbitrary-node:get",
            "impersonate-on:associated-node:get",
            "impersonate-on:user-info:get",
            "*",
        ];
        let resources = [
            "users",
            "groups",
            "serviceaccounts",
            "uids",
            "userextras/a.io/x",
            "userextras/*",
            "*/a.io/x",
            "userextras",
            "nodes",
            "pods",
            "*",
        ];
        let count = 1 + self.below(5);
        let verbs: Vec<&str> = (0..count).map(|_| verbs[self.below(verbs.len())]).collect();
        let count = 1 + self.below(5);
        let resources: Vec<&str> =
            (0..count).map(|_| resources[self.below(resources.len())]).collect();
        let groups = match self.below(4) {
            0 => json!(["*"]),
            1 => json!([""]),
            _ => json!(["", "authentication.k8s.io"]),
        };
        let mut rule = json!({"verbs": verbs, "apiGroups": groups, "resources": resources});
        if self.one_in(4) {
            let names = ["alice", "robot", "n1", "devs", "ops", "*", "1", "v"];
            let count = 1 + self.below(6);
            let names: Vec<&str> = (0..count).map(|_| names[self.below(names.len())]).collect();
            rule["resourceNames"] = json!(names);
        }
        if self.one_in(4) {
            rule["nonResourceURLs"] = json!(["/api*"]);
        }
        rule
    }

    fn impersonated(&mut self) -> Value {
        let names = [
            "alice",
            "system:serviceaccount:one:robot",
            "system:node:n1",
            "system:node:n2",
            "system:anonymous",
            "",
            "system:node:N_1",
            "system:serviceaccount:One:robot",
            "system:serviceaccount:one:a:b",
        ];
        let mut wanted = json!({"name": self.pick(&names), "groups": []});
        if self.one_in(4) {
            let pool = [
                "devs",
                "ops",
                "a",
                "b",
                "system:authenticated",
                "system:unauthenticated",
                "system:masters",
                "",
            ];
            wanted["groups"] = json!(self.some(&pool, 6));
        }
        // Without any header nobody is impersonated.
        if self.one_in(6) || wanted["name"] == "" {
            wanted["uid"] = json!("1");
        }
        if self.one_in(5) {
            let keys = ["a.io/x", "b.io/y", "plain", "a.io/X", "-a/x", "a.io/", "a.io/\u{e4}"];
            let count = 1 + self.below(4);
            let mut extra = json!({});
            for _ in 0..count {
                let values = match self.below(5) {
                    0 => json!(["v", "w", "v", "x"]),
                    1 => json!([]),
                    2 => json!([""]),
                    _ => json!(["v"]),
                };
                extra[self.pick(&keys)] = values;
            }
            wanted["extra"] = extra;
        }
        wanted
    }

    /// Roles and bindings that users want to write, in the form of the oracle.
    pub(crate) fn writes(&mut self, writes: u64) -> Value {
        let mut question = self.question(0);
        for key in ["clusterRoles", "roles"] {
            let roles = question["policy"][key].as_array_mut().expect("a list");
            for role in roles {
                let verbs = self.some(&["bind", "escalate", "get", "*"], 3);
                let groups = [json!(["*"]), json!(["rbac.authorization.k8s.io"]), json!([""])];
                let resources = self.some(&["roles", "clusterroles", "pods", "*"], 3);
                let mut rule = json!({
                    "verbs": verbs,
                    "apiGroups": groups[self.below(3)],
                    "resources": resources,
                });
                if self.one_in(2) {
                    rule["resourceNames"] = json!(self.some(&["r0", "r1", "r2", ""], 3));
                }
                if self.one_in(10) {
                    rule = json!({"verbs": ["*"], "nonResourceURLs": ["*"], "apiGroups": ["*"],
                        "resources": ["*"]});
                }
                role["rules"].as_array_mut().expect("a list").push(rule);
            }
        }
        let policy = question["policy"].clone();
        let rules: Vec<Value> = ["roles", "clusterRoles"]
            .iter()
            .flat_map(|key| policy[key].as_array().expect("a list"))
            .flat_map(|role| role["rules"].as_array().expect("a list"))
            .cloned()
            .collect();
        let users = question["users"].as_array().map_or(0, Vec::len);
        let writes: Vec<Value> = (0..writes).map(|_| self.write(users, &rules)).collect();
        question["writes"] = json!(writes);
        question["verb"] = json!("rbac-escalation");
        question
    }

    fn write(&mut self, users: usize, rules: &[Value]) -> Value {
        let kinds = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];
        let kind = kinds[self.below(4)];
        let mut metadata = json!({"name": self.pick(&["r0", "r1", "r2", "new"])});
        let mut namespace = "";
        if !kind.starts_with("Cluster") {
            namespace = self.pick(&["one", "two"]);
            metadata["namespace"] = json!(namespace);
        }
        let mut object;
        if kind.ends_with("Binding") {
            object = self.binding(0, namespace);
        } else {
            let count = self.below(3);
            let rules: Vec<&Value> =
                (0..count).filter_map(|_| rules.get(self.below(rules.len().max(1)))).collect();
            object = json!({"metadata": metadata.clone(), "rules": rules});
            if kind == "ClusterRole" && self.one_in(6) {
                let selectors = vec![json!({"matchLabels": {"a": "b"}}); self.below(2)];
                object["aggregationRule"] = json!({"clusterRoleSelectors": selectors});
            }
        }
        object["metadata"] = metadata.clone();
        let mut write = json!({"u": self.below(users), "kind": kind, "object": object});
        if self.one_in(2) {
            metadata["labels"] = json!({"of": "the old one"});
            write["old"] = json!({"metadata": metadata});
        }
        write
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

/// A user of a question, with exactly the groups it has there.
pub(crate) fn identity(user: &Value) -> Identity {
    let groups = user["groups"].as_array().into_iter().flatten();
    let groups = groups.map(|group| group.as_str().expect("a text").to_owned()).collect();
    let mut identity =
        Identity::exactly(user["name"].as_str().expect("a name"), Groups::Known(groups));
    user["uid"].as_str().unwrap_or_default().clone_into(&mut identity.uid);
    for (key, values) in user["extra"].as_object().into_iter().flatten() {
        let values = values.as_array().into_iter().flatten();
        let values = values.map(|value| value.as_str().expect("a text").to_owned()).collect();
        identity.extra.insert(key.clone(), values);
    }
    identity
}

/// A request of a question.
pub(crate) fn request(request: &Value) -> Request<'_> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    if request["nr"] == true {
        return Request::path(text("v"), text("p"));
    }
    Request::Resource(ResourceRequest {
        verb: text("v"),
        api_group: text("g"),
        resource: text("r"),
        subresource: text("s"),
        namespace: text("ns"),
        name: text("n"),
        fields: &[],
    })
}

/// A role from its JSON.
pub(crate) fn role(json: &Value) -> Role {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let rules = json["rules"].as_array().into_iter().flatten().map(rule).collect();
    let selectors = json["aggregationRule"]["clusterRoleSelectors"].as_array();
    Role {
        namespace: text(&json["metadata"]["namespace"]),
        name: text(&json["metadata"]["name"]).expect("a name"),
        labels: Vec::new(),
        rules: Rules::Known(rules),
        aggregates: selectors.map(|list| vec![LabelSelector::default(); list.len()]),
        source: Source::Value(0),
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
    snapshot_of(objects)
}

/// A snapshot of objects, read from their text.
pub(crate) fn snapshot_of(objects: Vec<Value>) -> (Snapshot, WorldId) {
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
