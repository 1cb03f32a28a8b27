//! Policies and bindings of our own making.

use serde_json::{Value, json};

use crate::cluster::ONLY;
use crate::expressions;

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

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// What the engine's own policies do not ask: operations, versions, options, parameters of other
/// kinds.
const VALIDATIONS: &[&str] = &[
    "request.operation != 'DELETE' || oldObject.metadata.name == request.name",
    "request.operation == 'DELETE' || object.metadata.name == request.name",
    "oldObject == null || object == null || oldObject.spec.replicas <= object.spec.replicas",
    "oldObject == null || object.metadata.labels == oldObject.metadata.labels",
    "has(oldObject.metadata) && has(object.metadata)",
    "request.dryRun",
    "request.options.dryRun == ['All']",
    "request.options.kind.startsWith('Create')",
    "has(request.options.fieldManager)",
    "has(request.subResource) || request.resource.version == 'v1'",
    "request.kind == request.requestKind && request.resource == request.requestResource",
    "request.kind.group + '/' + request.kind.version != 'example.com/v2'",
    "request.userInfo.groups == ['devs', 'system:authenticated']",
    "'guests' in request.userInfo.groups",
    "has(request.userInfo.uid) || has(request.userInfo.extra)",
    "request.namespace == 'team' || request.name == 'fresh'",
    "namespaceObject == null || namespaceObject.metadata.?labels[?'tier'].orValue('') == 'front'",
    "namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == request.namespace",
    "has(namespaceObject.status.phase) && namespaceObject.status.phase == 'Active'",
    "params == null || params.data.limit > '3'",
    "int(params.data.limit) >= 4",
    "params.data.most == 4 && params.data.deep.flag",
    "has(params.metadata.namespace) && params.metadata.namespace == request.namespace",
    "params.kind in ['ConfigMap', 'Allowance']",
    "params.apiVersion == 'v1' || has(params.data.deep)",
    "authorizer.group('apps').resource('deployments').namespace('team').name('web').check('scale').allowed()",
    "authorizer.group('').resource('pods').namespace('team').check('get').reason() == ''",
    "authorizer.serviceAccount('other', 'default').group('').resource('pods').namespace('team').check('get').allowed()",
    "authorizer.requestResource.check('update').allowed() && !authorizer.requestResource.check('list').allowed()",
    "object.spec.restartPolicy == 'Always' && object.spec.dnsPolicy == 'ClusterFirst'",
    "!has(object.spec.hostPID)",
    "has(object.spec.hostNetwork) == false",
    "object.spec.?serviceAccountName.orValue('none') == 'default'",
    "object.spec.?volumes.orValue([]).size() == 1",
    "object.spec.?tolerations.orValue([]).size() == 2",
    "object.spec.containers.all(c, c.imagePullPolicy == 'IfNotPresent')",
    "object.spec.containers.all(c, has(c.resources.requests))",
    "object.spec.containers.all(c, c.?resources.?limits.?memory.orValue('1Gi') == '1Gi')",
    "object.spec.containers.all(c, has(c.env) == false || c.env.all(e, has(e.value)))",
    "object.spec.strategy.type == 'RollingUpdate' && object.spec.revisionHistoryLimit == 10",
    "object.spec.template.spec.securityContext == {}",
    "has(object.metadata.creationTimestamp) && has(object.metadata.uid)",
    "has(object.metadata.managedFields)",
    "has(object.status)",
    "object.spec.minReplicas == 1",
    "has(object.spec.metrics) && object.spec.metrics[0].resource.target.averageUtilization == 80",
    "object.spec.type == 'ClusterIP' && object.spec.sessionAffinity == 'None'",
    "object.data.all(k, v, v != '')",
    "has(object.data.empty) && object.data.empty == ''",
    "has(object.spec.nothing) || has(object.spec.empty) || has(object.spec.no)",
    "object.spec.finalizers == ['kubernetes']",
    "object.spec.ratio > 1.0 && type(object.spec.ratio) == double",
    "has(object.immutable)",
];

const MESSAGE_EXPRESSIONS: &[&str] = &[
    "'by ' + request.userInfo.username + ' on ' + request.operation",
    "'limit ' + params.data.limit + ' in ' + request.namespace",
    "oldObject.metadata.name + ' was there'",
    "'resource %s of %s'.format([request.resource.resource, request.kind.kind])",
];

/// The policy of a number, and its bindings. Expressions may not compile.
pub(crate) fn policy(number: u64) -> (Value, Vec<Value>) {
    let mut random = Random(number.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(11));
    let mut policy = expressions::policy(number);
    let validations = policy["spec"]["validations"].as_array_mut().unwrap();
    for validation in &mut *validations {
        // The API server takes no message of two lines.
        if validation["message"].as_str().is_some_and(|message| message.contains('\n')) {
            validation["message"] = "one line".into();
        }
    }
    for turn in 0..=random.below(3) {
        // Every validation is met, in turn.
        let expression = match turn {
            0 => VALIDATIONS[number as usize % VALIDATIONS.len()],
            _ => random.pick(VALIDATIONS),
        };
        let mut validation = json!({"expression": expression});
        if random.one_in(3) {
            validation["messageExpression"] = random.pick(MESSAGE_EXPRESSIONS).into();
        }
        if random.one_in(2) {
            let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
            validation["reason"] = random.pick(&reasons).into();
        }
        validations.push(validation);
    }
    let spec = &mut policy["spec"];
    // The API server takes no variables of the policy there, though its validator knows them.
    let conditions = spec["matchConditions"].as_array_mut().unwrap();
    conditions.retain(|it| !it["expression"].as_str().unwrap().contains("variables."));
    spec["matchConstraints"] = constraints(&mut random, true);
    let kind = param_kind(&mut random);
    match &kind {
        Some(kind) => spec["paramKind"] = kind.clone(),
        None => drop(spec.as_object_mut().unwrap().remove("paramKind")),
    }
    let bindings = ["a", "b"].map(|which| binding(&mut random, number, which, kind.as_ref()));
    (policy, bindings.to_vec())
}

fn param_kind(random: &mut Random) -> Option<Value> {
    let own = |kind: &str| Some(json!({"apiVersion": "example.com/v1", "kind": kind}));
    match random.below(8) {
        0..3 => None,
        3..6 => Some(json!({"apiVersion": "v1", "kind": "ConfigMap"})),
        6 => own("Allowance"),
        _ => own("Limit"),
    }
}

fn rule(random: &mut Random) -> Value {
    let (groups, resources): (&[&str], &[&str]) = random.pick(&[
        (&["*"][..], &["*"][..]),
        (&["*"], &["*/*"]),
        (&[""], &["pods", "configmaps"]),
        (&["apps"], &["deployments", "statefulsets"]),
        (&["", "apps"], &["*"]),
        (&["autoscaling"], &["horizontalpodautoscalers"]),
        (&["example.com"], &["widgets"]),
        (&["example.com"], &["*"]),
        (&[""], &["namespaces", "services"]),
        (&["*"], &["pods/status", "deployments"]),
    ]);
    let versions: &[&str] = random.pick(&[&["*"][..], &["v1"], &["v2"], &["v1", "v2"], &["v9"]]);
    let operations: &[&str] =
        random.pick(&[&["*"][..], &["CREATE"], &["CREATE", "UPDATE"], &["UPDATE", "DELETE"]]);
    let mut rule = json!({"apiGroups": groups, "apiVersions": versions, "operations": operations,
        "resources": resources});
    if random.one_in(4) {
        rule["scope"] = random.pick(&["Namespaced", "Cluster", "*"]).into();
    }
    if random.one_in(6) {
        rule["resourceNames"] = random.pick(&[json!(["web", "w"]), json!(["shop"])]);
    }
    rule
}

fn constraints(random: &mut Random, is_policy: bool) -> Value {
    let mut found = json!({});
    // Most policies are about most requests, or little would be evaluated.
    let everything = json!({"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"],
        "resources": ["*"]});
    if is_policy || random.one_in(4) {
        let mut rules = vec![rule(random)];
        if is_policy && random.one_in(2) {
            rules.push(everything);
        }
        found["resourceRules"] = rules.into();
    }
    if random.one_in(5) {
        found["excludeResourceRules"] = json!([rule(random)]);
    }
    if random.one_in(5) {
        found["namespaceSelector"] = random.pick(&[
            json!({"matchLabels": {"env": "prod"}}),
            json!({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["dev"]}]}),
            json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
            json!({"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In",
                "values": ["team", "fresh"]}]}),
        ]);
    }
    if is_policy && random.one_in(6) {
        found["objectSelector"] = random.pick(&[
            json!({"matchLabels": {"team": "blue"}}),
            json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}),
            json!({"matchExpressions": [{"key": "count", "operator": "NotIn", "values": ["4"]}]}),
        ]);
    }
    if random.one_in(2) {
        found["matchPolicy"] = random.pick(&["Exact", "Equivalent"]).into();
    }
    found
}

fn binding(random: &mut Random, number: u64, which: &str, kind: Option<&Value>) -> Value {
    let actions: &[&str] = match which {
        "a" => random.pick(&[&["Deny"][..], &["Deny"], &["Deny", "Audit"], &["Audit"]]),
        _ => random.pick(&[&["Warn"][..], &["Warn"], &["Warn", "Audit"]]),
    };
    let mut constraints = constraints(random, false);
    constraints["objectSelector"] = json!({"matchLabels": {ONLY: format!("p{number}")}});
    let mut binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": format!("p{number}-{which}")},
        "spec": {"policyName": format!("p{number}"), "validationActions": actions,
            "matchResources": constraints},
    });
    if kind.is_some() && !random.one_in(8) {
        binding["spec"]["paramRef"] = reference(random, kind);
    }
    binding
}

fn reference(random: &mut Random, kind: Option<&Value>) -> Value {
    let missing = random.pick(&["Allow", "Deny"]);
    let mut found = json!({"parameterNotFoundAction": missing});
    match random.below(6) {
        0 => found["selector"] = json!({"matchLabels": {"use": "params"}}),
        1 => found["selector"] = json!({}),
        2 => found["name"] = "nowhere".into(),
        _ => found["name"] = "limits".into(),
    }
    let is_cluster = kind.is_some_and(|kind| kind["kind"] == "Limit");
    // A namespace where there is none is a mistake the API server tells of with each request.
    if random.below(3) > usize::from(is_cluster) {
        found["namespace"] = random.pick(&["team", "team", "bare"]).into();
    }
    found
}
