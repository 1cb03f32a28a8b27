//! Policies and objects of our own making.

use serde_json::{Value, json};

/// `splitmix64`, so that every run tries the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// Variables by name: later ones may use earlier ones.
const VARIABLES: &[(&str, &str)] = &[
    ("containers", "object.?spec.containers.orValue([])"),
    ("privileged", "variables.containers.filter(c, c.?securityContext.?privileged.orValue(false))"),
    ("registries", "variables.containers.map(c, c.image.split('/')[0])"),
    ("limit", "params.?data.?limit.orValue('1')"),
    ("allowed", "params.data.registries.split(',')"),
    ("broken", "object.spec.nothing.here"),
    ("uncompiled", "object.spec +"),
    ("name", "object.metadata.name"),
    (
        "may",
        "authorizer.group('').resource('pods').namespace(request.namespace).check('get').allowed()",
    ),
    ("costly", "lists.range(1000).map(i, lists.range(1000).map(j, i * j).sum()).sum()"),
];

const VALIDATIONS: &[&str] = &[
    "object.spec.replicas <= 5",
    "variables.privileged.size() == 0",
    "variables.containers.all(c, has(c.resources) && has(c.resources.limits))",
    "variables.containers.all(c, c.image.contains('@sha256:'))",
    "variables.containers.all(c, !c.image.endsWith(':latest'))",
    "variables.registries.all(r, r in ['registry.example', 'docker.io'])",
    "variables.registries.all(r, r in variables.allowed)",
    "variables.containers.all(c, c.?resources.?limits[?'memory'].hasValue())",
    "variables.containers.all(c, quantity(c.resources.limits['cpu']).isLessThan(quantity(variables.limit)))",
    "has(object.metadata.labels) && 'team' in object.metadata.labels",
    "object.metadata.?labels[?'team'].orValue('none') != 'none'",
    "object.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "format.dns1123Label().validate(object.metadata.name).hasValue() == false",
    "!has(object.spec.hostNetwork) || object.spec.hostNetwork == false",
    "!object.spec.?hostPID.orValue(false)",
    "object.spec.?securityContext.?runAsNonRoot.orValue(false) || variables.containers.all(c, c.?securityContext.?runAsNonRoot.orValue(false))",
    "request.operation == 'CREATE'",
    "request.userInfo.username != 'mallory'",
    "request.userInfo.groups.exists(g, g == 'devs')",
    "request.namespace == object.metadata.namespace && request.name == object.metadata.name",
    "request.kind.kind == 'Pod' || request.resource.resource == 'deployments'",
    "namespaceObject.metadata.labels.env == 'prod'",
    "namespaceObject.metadata.name != 'kube-system'",
    "oldObject == null",
    "oldObject != null && oldObject.metadata.name == object.metadata.name",
    "variables.may",
    "authorizer.requestResource.check('get').allowed()",
    "authorizer.path('/healthz').check('get').allowed()",
    "authorizer.group('apps').resource('deployments').check('create').allowed() == false",
    "authorizer.serviceAccount('team', 'default').group('').resource('pods').check('get').allowed()",
    "params.data.limit == '2'",
    "params != null",
    "has(params.data.registries)",
    "variables.broken == 1",
    "variables.uncompiled == 1",
    "variables.nothing",
    "variables.name.startsWith('w') || variables.broken == 1",
    "variables.broken == 1 || variables.name.startsWith('w')",
    "object.spec.volumes.all(v, !has(v.hostPath))",
    "!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))",
    "object.spec.volumes.exists(v, v.?emptyDir.hasValue())",
    "variables.containers.map(c, c.ports).size() > 0",
    "variables.containers.all(c, !has(c.ports) || c.ports.all(p, p.containerPort > 1024))",
    "variables.containers.all(c, c.name.size() < 10 && c.image.size() < 64)",
    "variables.containers.all(c, !has(c.env) || c.env.all(e, !e.name.matches('(?i)password')))",
    "sets.contains(['ALL', 'KILL'], variables.containers.map(c, c.?securityContext.?capabilities.?drop.orValue([])).flatten())",
    "object.metadata.annotations.all(k, v, k != v)",
    "object.spec.containers[0].name == 'a' && object.spec.containers[1].image != ''",
    "variables.containers.exists_one(c, c.name == 'a')",
    "int(object.metadata.labels['count']) > 3",
    "duration('1h') < duration(object.metadata.annotations['ttl'])",
    "timestamp(object.metadata.annotations['until']) > timestamp('2024-01-01T00:00:00Z')",
    "object.spec.priority / object.spec.zero == 1",
    "variables.costly > 0",
    "lists.range(100).all(i, lists.range(100).all(j, i + j >= 0))",
    "object.spec.template.spec.containers.size() > 0",
    "object.?spec.?template.?spec.?containers.orValue([1]).size() == 1",
    "ip(object.spec.hostIP).family() == 4",
    "semver(object.metadata.labels['version']).major() >= 1",
    "url(object.metadata.annotations['url']).getHost() == 'example.com'",
    "object.spec.x",
    "object.spec ==",
    "request.undefined == 1",
    "'a' + 1 == 'a1'",
    "true",
    "1 == 2",
    "dyn(1)",
    "object",
];

const MESSAGES: &[&str] = &["", "", "not allowed here", "  padded  ", "two\nlines"];

const MESSAGE_EXPRESSIONS: &[&str] = &[
    "",
    "",
    "",
    "'object ' + object.metadata.name + ' is refused'",
    "'%s has %d containers'.format([object.metadata.name, variables.containers.size()])",
    "object.metadata.missing + 'x'",
    "variables.name",
    "'  ' + '  '",
    "'a\\nb'",
    "variables.containers.map(c, c.name).join(', ')",
    "1",
    "'limit ' + params.data.limit",
    "string(authorizer.path('/').check('get').allowed())",
];

const CONDITIONS: &[&str] = &[
    "request.userInfo.username != 'system:admin'",
    "object.kind == 'Pod'",
    "has(object.metadata.labels.team)",
    "object.metadata.labels.team == 'blue'",
    "variables.containers.size() > 0",
    "object.spec.nothing == 1",
    "!('skip' in object.metadata.?annotations.orValue({}))",
    "namespaceObject == null",
    "authorizer.group('').resource('pods').check('get').allowed() || true",
];

const ANNOTATIONS: &[&str] = &[
    "'seen ' + object.metadata.name",
    "object.metadata.name == 'web' ? 'web' : ''",
    "variables.containers.map(c, c.image).join(' ')",
    "object.spec.nothing",
    "string(object.spec.nothing)",
    "null",
    "string(variables.containers.size())",
    "1",
];

/// The policy of a number.
pub(crate) fn policy(number: u64) -> Value {
    let mut random = Random(number.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut variables = Vec::new();
    for (name, expression) in VARIABLES {
        if random.below(8) > 0 {
            variables.push(json!({"name": name, "expression": expression}));
        }
    }
    let mut validations = Vec::new();
    for _ in 0..=random.below(4) {
        // Every validation is met, in turn.
        let expression = match validations.len() {
            0 => VALIDATIONS[number as usize % VALIDATIONS.len()],
            _ => random.pick(VALIDATIONS),
        };
        let mut validation = json!({"expression": expression});
        let message = random.pick(MESSAGES);
        if !message.is_empty() {
            validation["message"] = json!(message);
        }
        let message_expression = random.pick(MESSAGE_EXPRESSIONS);
        if !message_expression.is_empty() {
            validation["messageExpression"] = json!(message_expression);
        }
        if random.below(3) == 0 {
            validation["reason"] = json!("Forbidden");
        }
        validations.push(validation);
    }
    let mut conditions = Vec::new();
    for index in 0..random.below(3) {
        conditions
            .push(json!({"name": format!("c{index}"), "expression": random.pick(CONDITIONS)}));
    }
    let mut annotations = Vec::new();
    for index in 0..random.below(3) {
        annotations
            .push(json!({"key": format!("k{index}"), "valueExpression": random.pick(ANNOTATIONS)}));
    }
    let mut spec = json!({
        "failurePolicy": random.pick(&["Fail", "Fail", "Ignore"]),
        "matchConstraints": {"resourceRules": [{"apiGroups": ["*"], "apiVersions": ["*"],
            "operations": ["*"], "resources": ["*"]}]},
        "variables": variables,
        "validations": validations,
        "matchConditions": conditions,
        "auditAnnotations": annotations,
    });
    if random.below(4) > 0 {
        spec["paramKind"] = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    }
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": format!("p{number}")}, "spec": spec})
}

/// Requests: objects, parameters, namespaces and users.
pub(crate) fn cases() -> Vec<Value> {
    let params = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "limits", "namespace": "team"},
        "data": {"limit": "2", "registries": "registry.example,quay.io"}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "team", "labels": {"env": "prod", "kubernetes.io/metadata.name": "team"}}});
    let mut cases = Vec::new();
    for (index, object) in objects().into_iter().enumerate() {
        let user = ["alice", "mallory", "bob"][index % 3];
        cases.push(json!({
            "object": object, "operation": "CREATE",
            "params": if index % 4 == 3 { Value::Null } else { params.clone() },
            "namespace": namespace,
            "user": {"name": user, "groups": ["devs"]},
        }));
    }
    cases
}

fn pod(name: &str, metadata: &Value, spec: &Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "team"}, "spec": spec});
    for (key, value) in metadata.as_object().into_iter().flatten() {
        object["metadata"][key] = value.clone();
    }
    object
}

fn objects() -> Vec<Value> {
    let plain = json!({"name": "a", "image": "registry.example/a:1.0"});
    let strict = json!({"name": "a", "image": "registry.example/a@sha256:00",
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}},
        "securityContext": {"runAsNonRoot": true, "privileged": false,
            "capabilities": {"drop": ["ALL"]}}});
    let wild = json!({"name": "a-very-long-name", "image": "nginx:latest",
        "ports": [{"containerPort": 80, "hostPort": 80}],
        "env": [{"name": "DB_PASSWORD", "value": "x"}],
        "resources": {"limits": {"cpu": "4"}},
        "securityContext": {"privileged": true, "capabilities": {"drop": ["KILL", "NET_RAW"]}}});
    let full = json!({
        "labels": {"team": "blue", "count": "7", "version": "1.2.3"},
        "annotations": {"ttl": "2h", "until": "2025-06-01T00:00:00Z", "url": "https://example.com/x"},
    });
    let odd =
        json!({"labels": {"count": "many", "version": "one"}, "annotations": {"skip": "skip"}});
    vec![
        pod("web", &full, &json!({"containers": [strict]})),
        pod("web", &json!({}), &json!({"containers": [plain]})),
        pod(
            "Web_1",
            &odd,
            &json!({"containers": [wild], "hostNetwork": true, "hostPID": true,
            "volumes": [{"name": "root", "hostPath": {"path": "/"}}]}),
        ),
        pod(
            "two",
            &json!({"labels": {"team": "red"}}),
            &json!({"containers": [plain, strict],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "securityContext": {"runAsNonRoot": true}}),
        ),
        pod(
            "x",
            &json!({"annotations": {"ttl": "soon", "until": "tomorrow", "url": "://"}}),
            &json!({"containers": [wild, plain], "priority": 5}),
        ),
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": "team", "labels": {"team": "blue"}},
            "spec": {"replicas": 9, "selector": {"matchLabels": {"app": "shop"}},
                "template": {"metadata": {"labels": {"app": "shop"}},
                    "spec": {"containers": [plain]}}}}),
        json!({"apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {"name": "w", "namespace": "team", "labels": {"count": "4"}},
            "spec": {"replicas": 3, "x": true, "containers": [plain], "volumes": [],
                "hostIP": "10.0.0.1", "priority": 4, "zero": 0, "ratio": 1.5}}),
        json!({"apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {"name": "v", "namespace": "team"},
            "spec": {"replicas": "three", "containers": [{"name": 1, "image": ["x"]}],
                "hostIP": "::1"}}),
    ]
}
