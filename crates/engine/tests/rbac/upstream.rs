//! Our authorization against upstream's: the same bootstrap policy, the same verdicts, the same
//! subjects, the same rules that are not covered.

use std::collections::BTreeSet;

use crate::oracle::Oracle;
use crate::roles::{Generator, identity, request, snapshot};
use crate::{CLOSED, PIPELINE, size};
use engine::rbac::{
    Answer, Authorizer, Coverage, Groups, Holder, Identity, Policy, PolicyRule, Request, Role,
    Rules, SubjectKind, Unknown, covers,
};
use model::KubernetesVersion;
use serde_json::{Value, json};

/// Requests judged where `BOLLWERK_REQUESTS` says nothing, and per set of roles.
const REQUESTS_DEFAULT: u64 = 100_000;
const REQUESTS_PER_POLICY: u64 = 1_000;
/// Pairs of rules compared where `BOLLWERK_COVERS` says nothing, and per question.
const COVERS_DEFAULT: u64 = 20_000;
const COVERS_PER_QUESTION: u64 = 500;

#[test]
fn bootstrap_policy_is_upstreams() {
    let Some(mut oracle) = Oracle::start() else { return };
    let theirs = oracle.ask(&[json!({"verb": "rbac-bootstrap"})]).remove(0);
    let Policy { roles, bindings, .. } = Policy::bootstrap();
    let ours: BTreeSet<String> = roles.iter().map(role_json).map(|it| it.to_string()).collect();
    let list = |key: &str| theirs[key].as_array().expect("a list").clone();
    let upstream: BTreeSet<String> = [("roles", "Role"), ("clusterRoles", "ClusterRole")]
        .into_iter()
        .flat_map(|(key, kind)| {
            list(key).into_iter().map(move |role| tidy(&role, kind).to_string())
        })
        .collect();
    assert_eq!(ours, upstream);
    let ours: BTreeSet<String> = bindings
        .iter()
        .map(|binding| {
            let kind =
                if binding.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
            let subjects: Vec<Value> = (binding.subjects.iter())
                .map(|it| json!([it.kind.name(), it.namespace, it.name]))
                .collect();
            let role = [&binding.role_ref.kind, &binding.role_ref.name];
            json!([kind, binding.namespace, binding.name, role, subjects]).to_string()
        })
        .collect();
    let upstream: BTreeSet<String> =
        [("roleBindings", "RoleBinding"), ("clusterRoleBindings", "ClusterRoleBinding")]
            .into_iter()
            .flat_map(|(key, kind)| {
                list(key).into_iter().map(move |it| {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let subjects: Vec<Value> = (it["subjects"].as_array().into_iter().flatten())
                        .map(|it| json!([it["kind"], text(&it["namespace"]), it["name"]]))
                        .collect();
                    let role = [&it["roleRef"]["kind"], &it["roleRef"]["name"]];
                    let metadata = &it["metadata"];
                    json!([kind, metadata["namespace"], metadata["name"], role, subjects])
                        .to_string()
                })
            })
            .collect();
    assert_eq!(ours, upstream);
    assert_eq!((roles.len(), bindings.len()), (roles.len().max(70), bindings.len().max(50)));
}

fn role_json(role: &Role) -> Value {
    let labels: serde_json::Map<String, Value> =
        role.labels.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let Rules::Known(rules) = &role.rules else { panic!("a table has rules") };
    let rules: Vec<Value> = rules.iter().map(rule_json).collect();
    let selectors: Option<Vec<String>> = role.aggregates.as_ref().map(|selectors| {
        selectors.iter().map(|selector| format!("{:?}", selector.requirements)).collect()
    });
    let kind = if role.namespace.is_some() { "Role" } else { "ClusterRole" };
    json!([kind, role.namespace, role.name, labels, rules, selectors])
}

/// Upstream's role in the form of [`role_json`].
fn tidy(role: &Value, kind: &str) -> Value {
    let metadata = &role["metadata"];
    let rules: Vec<Value> = role["rules"].as_array().into_iter().flatten().cloned().collect();
    let selectors = role["aggregationRule"]["clusterRoleSelectors"].as_array().map(|selectors| {
        selectors
            .iter()
            .map(|selector| {
                let labels = selector["matchLabels"].as_object().expect("labels");
                let requirements: Vec<_> = labels
                    .iter()
                    .map(|(key, value)| {
                        let value = value.as_str().expect("a text").to_owned();
                        engine::rbac::Requirement::In(key.clone(), vec![value])
                    })
                    .collect();
                format!("{requirements:?}")
            })
            .collect::<Vec<_>>()
    });
    json!([kind, metadata["namespace"], metadata["name"], metadata["labels"], rules, selectors])
}

/// A rule as Kubernetes writes it.
fn rule_json(rule: &PolicyRule) -> Value {
    let mut json = json!({"verbs": rule.verbs});
    for (key, list) in [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("nonResourceURLs", &rule.non_resource_urls),
    ] {
        if !list.is_empty() {
            json[key] = json!(list);
        }
    }
    json
}

#[test]
fn random_requests_are_judged_as_upstream_judges_them() {
    let Some(mut oracle) = Oracle::start() else { return };
    let requests = size("BOLLWERK_REQUESTS", REQUESTS_DEFAULT);
    let mut generator = Generator::new(0x5bac);
    let mut differences = Vec::new();
    let (mut judged, mut allowed) = (0, 0);
    while judged < requests {
        let left = (requests - judged).div_ceil(REQUESTS_PER_POLICY).min(PIPELINE);
        let questions: Vec<Value> = (0..left)
            .map(|_| {
                let mut question = generator.question(REQUESTS_PER_POLICY);
                question["verb"] = json!("rbac-authorize");
                question
            })
            .collect();
        let answers = oracle.ask(&questions);
        for (question, theirs) in questions.iter().zip(&answers) {
            let theirs = theirs["allowed"].as_str().unwrap_or_else(|| panic!("{theirs}"));
            let ours = verdicts(question);
            let list = question["requests"].as_array().expect("requests");
            for ((one, ours), theirs) in list.iter().zip(ours).zip(theirs.bytes()) {
                judged += 1;
                allowed += u64::from(theirs == b'1');
                if ours != (theirs == b'1') {
                    let user = &question["users"][one["u"].as_u64().expect("a user") as usize];
                    differences
                        .push(format!("{one} of {user}: ours {ours}\n{}", question["policy"]));
                }
            }
        }
    }
    println!("{judged} requests judged, {allowed} allowed, {} differ", differences.len());
    let shown = differences.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {judged} differ:\n{shown}", differences.len());
    assert!(allowed * 20 > judged && allowed * 20 < judged * 19, "{allowed} of {judged} allowed");
}

/// Whether each request of a question is allowed. A proof has to be one, and the same identity
/// without its groups has to be told which group it needs.
fn verdicts(question: &Value) -> Vec<bool> {
    let authorizer = authorizer(&question["policy"]);
    let users = question["users"].as_array().expect("users");
    let identities: Vec<Identity> = users.iter().map(identity).collect();
    let requests = question["requests"].as_array().expect("requests");
    requests
        .iter()
        .map(|one| {
            let identity = &identities[one["u"].as_u64().expect("a user") as usize];
            let request = request(one);
            match authorizer.can(identity, &request) {
                Answer::Allowed(proof) => {
                    check_proof(&authorizer, identity, &request, proof);
                    true
                }
                Answer::Denied(_) => false,
                Answer::Unknown(unknown) => panic!("{one} is unknown: {unknown:?}"),
            }
        })
        .collect()
}

fn authorizer(policy: &Value) -> Authorizer {
    let (snapshot, world) = snapshot(policy);
    let authorizer = Authorizer::of(&snapshot, world, CLOSED);
    assert!(authorizer.gaps().is_empty(), "{:?}", authorizer.gaps());
    authorizer
}

/// The binding names the identity, refers to the role, and the role has that rule, which alone
/// allows the request.
fn check_proof(
    authorizer: &Authorizer,
    identity: &Identity,
    request: &Request<'_>,
    proof: engine::rbac::Proof,
) {
    let engine::rbac::Proof::Grant(grant) = proof else {
        assert!(identity.groups.certain().iter().any(|group| group == "system:masters"));
        return;
    };
    let binding = authorizer.binding(grant.binding);
    assert_eq!(binding.role_name, authorizer.role(grant.role).name);
    let subject =
        authorizer.subjects(grant.binding).nth(grant.subject as usize).expect("a subject");
    let named = match subject.kind {
        SubjectKind::User => subject.name == identity.name,
        SubjectKind::Group => identity.groups.certain().contains(&subject.name),
        SubjectKind::ServiceAccount => identity.name.ends_with(&format!(":{}", subject.name)),
        SubjectKind::Other => false,
    };
    assert!(named, "{subject:?} is {identity:?}");
    let rule = authorizer.rule(grant.origin, grant.rule).expect("a rule");
    let alone = Policy {
        roles: vec![Role {
            namespace: None,
            name: "alone".to_owned(),
            labels: Vec::new(),
            rules: Rules::Known(vec![rule]),
            aggregates: None,
            source: engine::rbac::Source::Value(0),
        }],
        bindings: vec![engine::rbac::Binding {
            namespace: None,
            name: "alone".to_owned(),
            role_ref: engine::rbac::RoleRef {
                kind: "ClusterRole".to_owned(),
                name: "alone".to_owned(),
            },
            subjects: vec![engine::rbac::Subject {
                kind: SubjectKind::User,
                name: "x".to_owned(),
                namespace: String::new(),
            }],
            source: engine::rbac::Source::Value(0),
        }],
        service_accounts: Vec::new(),
    };
    let alone = Authorizer::new(alone, KubernetesVersion::NEWEST, CLOSED);
    let answer = alone.can(&Identity::exactly("x", Groups::Known(Vec::new())), request);
    assert!(matches!(answer, Answer::Allowed(_)), "{grant:?}: {request}");
}

#[test]
fn subjects_are_those_upstream_locates() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut generator = Generator::new(0x0005_ab1e);
    let questions: Vec<Value> = (0..size("BOLLWERK_REQUESTS", REQUESTS_DEFAULT) / 5_000)
        .map(|_| {
            let mut question = generator.question(100);
            question["verb"] = json!("rbac-subjects");
            name_namespaces(&mut question["policy"]);
            question
        })
        .collect();
    let mut located = 0;
    for questions in questions.chunks(PIPELINE as usize) {
        for (question, theirs) in questions.iter().zip(oracle.ask(questions)) {
            let authorizer = authorizer(&question["policy"]);
            let requests = question["requests"].as_array().expect("requests");
            let theirs = theirs["subjects"].as_array().expect("subjects");
            for (one, theirs) in requests.iter().zip(theirs) {
                let request = request(one);
                let found = authorizer.who_can(&request);
                assert!(found.unknown.is_empty());
                let ours: BTreeSet<String> = found.holders.iter().map(holder_name).collect();
                let theirs: BTreeSet<String> = (theirs.as_array().expect("a list").iter())
                    .filter(|subject| subject["name"] != "system:masters")
                    .filter_map(subject_name)
                    .collect();
                let ours: BTreeSet<String> =
                    ours.into_iter().filter(|it| it != "Group system:masters").collect();
                assert_eq!(ours, theirs, "{one} {}", question["policy"]);
                located += ours.len();
            }
        }
    }
    assert!(located > 0);
}

fn holder_name((holder, _): &(Holder<'_>, engine::rbac::Grant)) -> String {
    match holder {
        Holder::Group(name) => format!("Group {name}"),
        Holder::User(name) => format!("User {name}"),
        Holder::ServiceAccount { namespace, name } => {
            format!("User system:serviceaccount:{namespace}:{name}")
        }
    }
}

/// Writes out the namespace of service accounts: upstream lists subjects without their binding, so
/// that one could not tell what an empty namespace stands for.
fn name_namespaces(policy: &mut Value) {
    for key in ["roleBindings", "clusterRoleBindings"] {
        for binding in policy[key].as_array_mut().into_iter().flatten() {
            for subject in binding["subjects"].as_array_mut().into_iter().flatten() {
                if subject["kind"] == "ServiceAccount" && subject["namespace"] == "" {
                    subject["namespace"] = json!("one");
                }
            }
        }
    }
}

fn subject_name(subject: &Value) -> Option<String> {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    match text("kind") {
        kind @ ("User" | "Group") => Some(format!("{kind} {}", text("name"))),
        "ServiceAccount" => {
            let (namespace, name) = (text("namespace"), text("name"));
            Some(format!("User system:serviceaccount:{namespace}:{name}"))
        }
        _ => None,
    }
}

#[test]
fn rules_cover_each_other_as_upstream_says() {
    let Some(mut oracle) = Oracle::start() else { return };
    let pairs = size("BOLLWERK_COVERS", COVERS_DEFAULT);
    let mut generator = Generator::new(0xc0e5);
    let (mut compared, mut covered) = (0, 0);
    while compared < pairs {
        let questions: Vec<Value> = (0..PIPELINE)
            .map(|_| {
                let pairs: Vec<Value> =
                    (0..COVERS_PER_QUESTION).map(|_| generator.pair()).collect();
                json!({"verb": "rbac-covers", "pairs": pairs})
            })
            .collect();
        for (question, theirs) in questions.iter().zip(oracle.ask(&questions)) {
            let theirs = theirs["missing"].as_array().unwrap_or_else(|| panic!("{theirs}"));
            for (pair, theirs) in question["pairs"].as_array().expect("pairs").iter().zip(theirs) {
                let rules = |key: &str| -> Vec<PolicyRule> {
                    pair[key].as_array().expect("rules").iter().map(crate::roles::rule).collect()
                };
                let ours = match covers(&rules("owner"), &rules("rules")) {
                    Coverage::Covered => Vec::new(),
                    Coverage::Missing(missing) => missing.iter().map(rule_json).collect(),
                    Coverage::TooLarge => panic!("too large: {pair}"),
                };
                let theirs = theirs.as_array().expect("a list");
                assert_eq!(&ours, theirs, "{pair}");
                compared += 1;
                covered += u64::from(theirs.is_empty());
            }
        }
    }
    println!("{compared} pairs compared, {covered} covered, 0 differ");
    assert!(covered * 10 > compared && covered * 10 < compared * 9, "{covered} of {compared}");
}

#[test]
fn permissions_are_the_rules_upstream_resolves() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut generator = Generator::new(0x9e5);
    let questions: Vec<Value> = (0..60)
        .map(|_| {
            let mut question = generator.question(1);
            question["verb"] = json!("rbac-rules-for");
            question["namespace"] = json!(generator.namespace());
            question
        })
        .collect();
    for (question, theirs) in questions.iter().zip(oracle.ask(&questions)) {
        let authorizer = authorizer(&question["policy"]);
        let namespace = question["namespace"].as_str().expect("a namespace");
        let users = question["users"].as_array().expect("users").iter();
        for (user, theirs) in users.zip(theirs["rules"].as_array().expect("rules")) {
            let held = authorizer.permissions_of(&identity(user));
            let ours: BTreeSet<String> = (held.permissions.iter())
                .filter(|held| {
                    let scope = authorizer.binding(held.grant.binding).namespace;
                    scope.is_none_or(|scope| scope == namespace)
                })
                .map(|held| {
                    let rule = authorizer.rule(held.grant.origin, held.grant.rule);
                    rule_json(&rule.expect("a rule")).to_string()
                })
                .collect();
            let theirs: BTreeSet<String> = (theirs.as_array().into_iter().flatten())
                .map(|rule| rule_json(&crate::roles::rule(rule)).to_string())
                .collect();
            assert_eq!(ours, theirs, "{user} in {namespace}: {}", question["policy"]);
        }
    }
}

#[test]
fn unknown_groups_are_named() {
    let mut generator = Generator::new(0x6e0);
    let mut named = 0;
    for _ in 0..50 {
        let question = generator.question(200);
        let authorizer = authorizer(&question["policy"]);
        for one in question["requests"].as_array().expect("requests") {
            let known = identity(&question["users"][one["u"].as_u64().expect("a user") as usize]);
            if !known.groups.certain().iter().any(|group| group == "system:masters") {
                named += u64::from(group_is_named(&authorizer, &known, &request(one)));
            }
        }
    }
    assert!(named > 200, "{named}");
}

/// Whether the answer without groups hangs on groups. It has to name one of the identity's own
/// exactly where the identity is allowed.
fn group_is_named(authorizer: &Authorizer, known: &Identity, request: &Request<'_>) -> bool {
    let is_allowed = matches!(authorizer.can(known, request), Answer::Allowed(_));
    let unknown = Identity::exactly(known.name.clone(), Groups::Unknown(Vec::new()));
    match authorizer.can(&unknown, request) {
        Answer::Allowed(_) => assert!(is_allowed, "{request}"),
        Answer::Denied(_) => assert!(!is_allowed, "{request}"),
        Answer::Unknown(reasons) => {
            let is_member = reasons.iter().any(|reason| match reason {
                Unknown::Group { group, .. } => known.groups.certain().contains(group),
                other => panic!("{other:?}"),
            });
            assert_eq!(is_member, is_allowed, "{request}: {reasons:?}");
            return true;
        }
    }
    false
}
