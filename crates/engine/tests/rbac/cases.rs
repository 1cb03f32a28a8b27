//! The rules of authorization, case by case.

use std::fmt::Write as _;

use engine::rbac::{
    Answer, Assumptions, Authorizer, Escalation, FieldRequirement, Groups, Holder, Identity,
    Impersonated, Impersonation, Mode, NodeGrant, Nodes, Part, Proof, Request, RoleRef, Seen,
    Source, Transport, Unknown, connect_verbs, kubelet_subresources,
};
use model::{KubernetesVersion, Origin, Path, Redactions, Snapshot, WorldId};

use crate::CLOSED;

/// A cluster from its manifests.
fn snapshot(text: &str) -> Snapshot {
    let now = "2026-11-24T00:00:00Z".parse().expect("a time");
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, now);
    let mut part = model::Part::new();
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    for (number, document) in (0..).zip(stream.documents()) {
        let document = document.expect("readable");
        let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
        part.insert(document.root(), &Redactions::default(), WorldId(0), origin, None);
    }
    snapshot.add(part);
    snapshot
}

fn authorizer(text: &str, assumptions: Assumptions) -> Authorizer {
    Authorizer::of(&snapshot(text), WorldId(0), assumptions)
}

/// A ClusterRole with one rule, in flow style.
fn cluster_role(name: &str, rule: &str) -> String {
    format!(
        "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
         metadata: {{name: {name}}}, rules: [{{{rule}}}]}}\n"
    )
}

/// A binding of a role to subjects; without a namespace one of the whole cluster.
fn bind(name: &str, namespace: &str, role: &str, subjects: &str) -> String {
    let kind = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
    let (role_kind, role) = role.split_once('/').unwrap_or(("ClusterRole", role));
    format!(
        "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, \
         metadata: {{name: {name}, namespace: '{namespace}'}}, \
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role_kind}, name: {role}}}, \
         subjects: [{subjects}]}}\n"
    )
}

const ALICE: &str = "{kind: User, name: alice}";

fn alice() -> Identity {
    Identity::user("alice", Groups::Known(Vec::new()))
}

fn is_allowed(authorizer: &Authorizer, identity: &Identity, request: &Request<'_>) -> bool {
    match authorizer.can(identity, request) {
        Answer::Allowed(_) => true,
        Answer::Denied(_) => false,
        Answer::Unknown(unknown) => panic!("{request}: {unknown:?}"),
    }
}

/// A rule, then verb, resource or path, and name of a request, and whether the rule allows it.
type Case = (&'static str, &'static str, &'static str, &'static str, bool);

const CASES: [Case; 26] = [
    // Stars stand alone, letters have a case, an empty list matches nothing.
    ("verbs: ['*'], apiGroups: [''], resources: [pods]", "x", "pods", "", true),
    ("verbs: [get*], apiGroups: [''], resources: [pods]", "get", "pods", "", false),
    ("verbs: [Get], apiGroups: [''], resources: [pods]", "get", "pods", "", false),
    ("verbs: [get], apiGroups: [], resources: [pods]", "get", "pods", "", false),
    ("verbs: [get], resources: [pods]", "get", "pods", "", false),
    ("verbs: [get], apiGroups: ['*'], resources: [pods]", "get", "pods.x.io", "", true),
    // Subresources.
    ("verbs: [get], apiGroups: [''], resources: ['*']", "get", "pods/exec", "", true),
    ("verbs: [get], apiGroups: [''], resources: [pods]", "get", "pods/exec", "", false),
    ("verbs: [get], apiGroups: [''], resources: [pods/exec]", "get", "pods/exec", "", true),
    ("verbs: [get], apiGroups: [''], resources: ['pods/*']", "get", "pods/exec", "", false),
    ("verbs: [get], apiGroups: [''], resources: ['*/*']", "get", "pods/exec", "", false),
    (
        "verbs: [get], apiGroups: [apps], resources: ['*/scale']",
        "get",
        "deployments.apps/scale",
        "",
        true,
    ),
    (
        "verbs: [get], apiGroups: [apps], resources: ['*/scale']",
        "get",
        "deployments.apps",
        "",
        false,
    ),
    // Names: not known for most `create`, all of them for a plain `list`.
    (
        "verbs: ['*'], apiGroups: [''], resources: [secrets], resourceNames: [a]",
        "get",
        "secrets",
        "a",
        true,
    ),
    (
        "verbs: ['*'], apiGroups: [''], resources: [secrets], resourceNames: [b]",
        "get",
        "secrets",
        "a",
        false,
    ),
    (
        "verbs: ['*'], apiGroups: [''], resources: [secrets], resourceNames: [a]",
        "create",
        "secrets",
        "",
        false,
    ),
    (
        "verbs: ['*'], apiGroups: [''], resources: [secrets], resourceNames: [a]",
        "list",
        "secrets",
        "",
        false,
    ),
    (
        "verbs: ['*'], apiGroups: [''], resources: [secrets], resourceNames: ['*']",
        "get",
        "secrets",
        "a",
        false,
    ),
    (
        "verbs: [create], apiGroups: [''], resources: [pods/exec], resourceNames: [a]",
        "create",
        "pods/exec",
        "a",
        true,
    ),
    // Paths: trailing stars alone are stars.
    ("verbs: [get], nonResourceURLs: ['*']", "get", "/metrics", "", true),
    ("verbs: [get], nonResourceURLs: [/api/*]", "get", "/api/v1", "", true),
    ("verbs: [get], nonResourceURLs: [/api/*]", "get", "/api", "", false),
    ("verbs: [get], nonResourceURLs: ['/api**']", "get", "/apis", "", true),
    ("verbs: [get], nonResourceURLs: [/*/v1]", "get", "/api/v1", "", false),
    ("verbs: [get], apiGroups: ['*'], resources: ['*']", "get", "/metrics", "", false),
    ("verbs: [get], nonResourceURLs: ['*']", "get", "pods", "", false),
];

#[test]
fn a_rule_matches_or_not() {
    for (rule, verb, what, name, expected) in CASES {
        let text = cluster_role("r", rule) + &bind("b", "", "r", ALICE);
        let authorizer = authorizer(&text, CLOSED);
        let request = if what.starts_with('/') {
            Request::path(verb, what)
        } else {
            Request::resource(verb, what, "ns").named(name)
        };
        assert_eq!(is_allowed(&authorizer, &alice(), &request), expected, "{rule}: {request}");
    }
}

#[test]
fn two_rules_do_not_add_up() {
    let rules = cluster_role("a", "verbs: [get], apiGroups: [''], resources: [pods]")
        + &cluster_role("b", "verbs: [delete], apiGroups: [''], resources: [secrets]");
    let text = rules + &bind("a", "", "a", ALICE) + &bind("b", "", "b", ALICE);
    let authorizer = authorizer(&text, CLOSED);
    assert!(!is_allowed(&authorizer, &alice(), &Request::resource("delete", "pods", "ns")));
}

#[test]
fn a_field_selector_on_the_name_is_a_name() {
    let rule = "verbs: [list], apiGroups: [''], resources: [secrets], resourceNames: [a]";
    let authorizer = authorizer(&(cluster_role("r", rule) + &bind("b", "ns", "r", ALICE)), CLOSED);
    for (field, value, expected) in
        [("metadata.name", "a", true), ("metadata.name", "b", false), ("type", "a", false)]
    {
        let fields = [FieldRequirement { field, value }];
        let request = Request::resource("list", "secrets", "ns").selecting(&fields);
        assert_eq!(is_allowed(&authorizer, &alice(), &request), expected, "{field}={value}");
    }
}

#[test]
fn a_binding_holds_where_it_stands() {
    let role = cluster_role("r", "verbs: [get], apiGroups: [''], resources: [nodes, namespaces]");
    let local = authorizer(&(role.clone() + &bind("b", "ns", "r", ALICE)), CLOSED);
    let cases = [("nodes", "", false), ("namespaces", "ns", true), ("namespaces", "m", false)];
    for (resource, namespace, expected) in cases {
        let request = Request::resource("get", resource, namespace);
        assert_eq!(is_allowed(&local, &alice(), &request), expected, "{request}");
    }
    let everywhere = authorizer(&(role + &bind("b", "", "r", ALICE)), CLOSED);
    assert!(is_allowed(&everywhere, &alice(), &Request::resource("get", "namespaces", "m")));
}

#[test]
fn subjects_are_named_exactly() {
    let role = cluster_role("r", "verbs: [get], apiGroups: [''], resources: [pods]");
    let robot = Identity::service_account("ns", "robot");
    let cases = [
        ("", "{kind: User, name: 'system:serviceaccount:ns:robot'}", &robot, true),
        ("", "{kind: ServiceAccount, name: robot, namespace: ns}", &robot, true),
        ("", "{kind: ServiceAccount, name: robot}", &robot, false),
        ("ns", "{kind: ServiceAccount, name: robot}", &robot, true),
        ("ns", "{kind: ServiceAccount, name: robot, namespace: m}", &robot, false),
        ("", "{kind: Group, name: 'system:serviceaccounts'}", &robot, true),
        ("", "{kind: Group, name: 'system:serviceaccounts:ns'}", &robot, true),
        ("", "{kind: Group, name: 'system:serviceaccounts:m'}", &robot, false),
        ("", "{kind: Group, name: 'system:authenticated'}", &robot, true),
        ("", "{kind: Group, name: 'system:unauthenticated'}", &robot, false),
        ("", "{kind: User, name: '*'}", &robot, false),
        ("", "{kind: user, name: 'system:serviceaccount:ns:robot'}", &robot, false),
        ("", "{kind: Group, name: 'system:unauthenticated'}", &Identity::anonymous(), true),
        ("", "{kind: Group, name: 'system:authenticated'}", &Identity::anonymous(), false),
        ("", "{kind: Group, name: devs}", &Identity::member_of("devs"), true),
    ];
    for (namespace, subject, identity, expected) in cases {
        let text = role.clone() + &bind("b", namespace, "r", subject);
        let authorizer = authorizer(&text, CLOSED);
        let request = Request::resource("get", "pods", "ns");
        assert_eq!(is_allowed(&authorizer, identity, &request), expected, "{subject}");
    }
}

#[test]
fn masters_may_do_everything() {
    let masters = Identity::user("eve", Groups::Known(vec!["system:masters".to_owned()]));
    let answer = authorizer("", CLOSED).can(&masters, &Request::path("get", "/"));
    assert_eq!(answer, Answer::Allowed(Proof::Masters));
}

#[test]
fn a_missing_role_grants_nothing_where_all_was_seen_and_who_knows_what_elsewhere() {
    let text = bind("b", "ns", "Role/missing", ALICE);
    let request = Request::resource("get", "pods", "ns");
    assert!(!is_allowed(&authorizer(&text, CLOSED), &alice(), &request));
    let part = authorizer(&text, Assumptions { seen: Seen::Part, ..CLOSED });
    let Answer::Unknown(unknown) = part.can(&alice(), &request) else { panic!("not known") };
    assert!(matches!(unknown[..], [Unknown::RoleNotSeen { .. }]), "{unknown:?}");
    assert_eq!(part.who_can(&request).unknown.len(), 1);
    // In another namespace the binding says nothing.
    assert!(!is_allowed(&part, &alice(), &Request::resource("get", "pods", "m")));
}

#[test]
fn a_role_the_api_server_would_refuse_is_a_gap() {
    for (rules, place) in [
        ("[{verbs: get, apiGroups: [''], resources: [pods]}]", "rules[0].verbs"),
        ("[{verbs: [get, 1], apiGroups: [''], resources: [pods]}]", "rules[0].verbs[1]"),
        ("{}", "rules"),
        ("[[]]", "rules[0]"),
    ] {
        let role = format!(
            "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
             metadata: {{name: r}}, rules: {rules}}}\n"
        );
        let authorizer = authorizer(&(role + &bind("b", "", "r", ALICE)), CLOSED);
        let [gap] = authorizer.gaps() else { panic!("one gap: {:?}", authorizer.gaps()) };
        assert!(gap.reason.contains(&format!("`{place}`")), "{}", gap.reason);
        let answer = authorizer.can(&alice(), &Request::resource("get", "pods", "ns"));
        let Answer::Unknown(unknown) = answer else { panic!("{rules}: {answer:?}") };
        assert!(matches!(unknown[..], [Unknown::RoleUnreadable { .. }]), "{unknown:?}");
    }
    let unknown_field =
        cluster_role("r", "verbs: [get], apiGroups: [''], resources: [pods], colour: red");
    let authorizer = authorizer(&(unknown_field + &bind("b", "", "r", ALICE)), CLOSED);
    assert!(is_allowed(&authorizer, &alice(), &Request::resource("get", "pods", "ns")));
}

#[test]
fn two_roles_of_one_name_leave_open_what_only_one_allows() {
    let text = cluster_role("r", "verbs: [get, list], apiGroups: [''], resources: [pods]")
        + &cluster_role("r", "verbs: [get], apiGroups: [''], resources: [pods, secrets]")
        + &bind("b", "", "r", ALICE);
    let authorizer = authorizer(&text, CLOSED);
    for resource in [("list", "pods"), ("get", "secrets")] {
        let answer = authorizer.can(&alice(), &Request::resource(resource.0, resource.1, "ns"));
        let Answer::Unknown(unknown) = answer else { panic!("{resource:?}: {answer:?}") };
        assert!(matches!(unknown[..], [Unknown::Ambiguous(_)]), "{unknown:?}");
    }
    assert!(!is_allowed(&authorizer, &alice(), &Request::resource("delete", "pods", "ns")));
    assert!(is_allowed(&authorizer, &alice(), &Request::resource("get", "pods", "ns")));
}

#[test]
fn aggregated_roles_hold_what_they_select() {
    let part = |name: &str, label: &str, resource: &str| {
        format!(
            "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
             metadata: {{name: {name}, labels: {{{label}}}}}, \
             rules: [{{verbs: [get], apiGroups: [''], resources: [{resource}]}}]}}\n"
        )
    };
    let whole = |name: &str, label: &str, selector: &str| {
        part(name, label, "own").replace(
            "rules:",
            &format!("aggregationRule: {{clusterRoleSelectors: [{selector}]}}, rules:"),
        )
    };
    let text = part("leaf", "to: a", "pods")
        + &part("other", "to: b", "secrets")
        + &whole("b", "to: a", "{matchLabels: {to: b}}")
        + &whole("a", "x: y", "{matchLabels: {to: a}}, {matchExpressions: [{key: to, operator: In, values: [none]}]}")
        + &whole("nothing", "x: y", "{matchLabels: {to: nobody}}")
        + &whole("invalid", "x: y", "{matchExpressions: [{key: to, operator: Near}]}")
        // Both select the other and themselves.
        + &whole("c", "round: round", "{matchLabels: {round: round}}")
        + &whole("d", "round: round", "{matchLabels: {round: round}}");
    let cases = [
        ("a", "pods", true),
        ("a", "secrets", true),
        ("a", "own", false),
        ("b", "secrets", true),
        ("b", "pods", false),
        ("nothing", "own", true),
        ("invalid", "own", true),
        ("invalid", "pods", false),
        ("c", "own", true),
        ("d", "pods", false),
    ];
    for (role, resource, expected) in cases {
        let authorizer = authorizer(&(text.clone() + &bind("b", "", role, ALICE)), CLOSED);
        let request = Request::resource("get", resource, "ns");
        assert_eq!(is_allowed(&authorizer, &alice(), &request), expected, "{role} {resource}");
        let Answer::Allowed(Proof::Grant(grant)) = authorizer.can(&alice(), &request) else {
            continue;
        };
        assert_eq!(authorizer.role(grant.role).name, role);
        let found = authorizer.who_can(&request);
        assert_eq!(found.holders.len(), 1, "{role} {resource}");
        assert_eq!(found.holders[0].0, Holder::User("alice"));
    }
}

#[test]
fn bootstrap_roles_are_there_unless_the_input_has_its_own() {
    let edit = bind("b", "ns", "edit", ALICE);
    let implied = Assumptions { seen: Seen::Everything, ..Assumptions::default() };
    let here = authorizer(&edit, implied);
    let impersonate = Request::resource("impersonate", "serviceaccounts", "ns").named("robot");
    let Answer::Allowed(Proof::Grant(grant)) = here.can(&alice(), &impersonate) else {
        panic!("edit impersonates service accounts");
    };
    assert_eq!(here.role(grant.role).name, "edit");
    assert_eq!(here.role(grant.origin).name, "system:aggregate-to-edit");
    assert_eq!(here.role(grant.role).source, Source::Bootstrap);
    assert!(is_allowed(&here, &alice(), &Request::path("get", "/version")));
    let own = cluster_role("edit", "verbs: [get], apiGroups: [''], resources: [pods]") + &edit;
    assert!(!is_allowed(&authorizer(&own, implied), &alice(), &impersonate));
    assert!(!is_allowed(&authorizer(&edit, CLOSED), &alice(), &impersonate));
}

#[test]
fn nodes_have_what_runs_on_them() {
    let text = "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: ns}, spec: \
                {nodeName: n1, containers: [], volumes: [{name: v, secret: {secretName: s}}]}}\n";
    let world = |assumptions| authorizer(text, assumptions);
    let all = Assumptions { seen: Seen::Everything, ..Assumptions::default() };
    let here = world(all);
    let secret = Request::resource("get", "secrets", "ns").named("s");
    let (n1, n2) = (Identity::node("n1"), Identity::node("n2"));
    assert_eq!(here.can(&n1, &secret), Answer::Allowed(Proof::Node(NodeGrant::Related)));
    assert!(!is_allowed(&here, &n2, &secret));
    let nodes = here.who_can(&secret).nodes;
    assert_eq!(nodes, Nodes::Some(vec![("n1".to_owned(), NodeGrant::Related)]));
    let eviction = Request::resource("create", "pods/eviction", "ns").named("web");
    assert_eq!(here.who_can(&eviction).nodes, Nodes::All(NodeGrant::ByAdmission));
    // A pod that was not seen may run there.
    let answer = world(Assumptions::default()).can(&n2, &secret);
    assert_eq!(answer, Answer::Unknown(vec![Unknown::NodeRelation]));
    // Before 1.32 every node read every pod.
    let pods = Request::resource("list", "pods", "");
    assert!(!is_allowed(&here, &n1, &pods));
    let mut old = snapshot(text);
    old.version = KubernetesVersion::minor(31);
    assert!(is_allowed(&Authorizer::of(&old, WorldId(0), all), &n1, &pods));
}

#[test]
fn constrained_impersonation_comes_with_1_36() {
    let rule = "verbs: ['impersonate:user-info', 'impersonate-on:user-info:list'], \
                apiGroups: ['*'], resources: [users, pods]";
    let text = cluster_role("r", rule) + &bind("b", "", "r", ALICE);
    let (bob, mut snapshot) = (Impersonated::user("bob"), snapshot(&text));
    for (minor, verb, expected) in [(36, "list", true), (36, "get", false), (35, "list", false)] {
        snapshot.version = KubernetesVersion::minor(minor);
        let authorizer = Authorizer::of(&snapshot, WorldId(0), CLOSED);
        let answer =
            authorizer.can_impersonate(&alice(), &bob, &Request::resource(verb, "pods", "ns"));
        match answer {
            Impersonation::Allowed(ways) => {
                assert!(expected, "1.{minor} {verb}");
                assert_eq!(ways[0].mode, Mode::UserInfo);
                assert_eq!(ways[0].proofs.len(), 2);
            }
            Impersonation::Denied(_) => assert!(!expected, "1.{minor} {verb}"),
            Impersonation::Unknown(unknown) => panic!("{unknown:?}"),
        }
    }
}

#[test]
fn versions_change_what_a_connection_needs() {
    let at = KubernetesVersion::minor;
    assert_eq!(connect_verbs(Transport::WebSocket, at(34)), ["get"]);
    assert_eq!(connect_verbs(Transport::WebSocket, at(35)), ["get", "create"]);
    assert_eq!(connect_verbs(Transport::Spdy, at(34)), ["create"]);
    for (path, minor, expected) in [
        ("/pods", 36, &["pods", "proxy"][..]),
        ("/pods/x", 36, &["pods", "proxy"]),
        ("/podsx", 36, &["proxy"]),
        ("/pods", 32, &["proxy"]),
        ("/runningpods/", 36, &["pods", "proxy"]),
        ("/healthz/ping", 36, &["healthz", "proxy"]),
        ("/metrics/cadvisor", 32, &["metrics"]),
        ("/logs/", 36, &["log"]),
        ("/run/ns/web/c", 36, &["proxy"]),
    ] {
        assert_eq!(kubelet_subresources(path, at(minor)), expected, "{path} 1.{minor}");
    }
}

#[test]
fn nobody_binds_more_than_they_hold() {
    let text = cluster_role("small", "verbs: [get], apiGroups: [''], resources: [pods]")
        + &cluster_role("large", "verbs: ['*'], apiGroups: [''], resources: [pods]")
        + &cluster_role(
            "binder",
            "verbs: [bind], apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [large]",
        )
        + &bind("small", "ns", "small", ALICE)
        + &bind("binder", "m", "binder", ALICE);
    let authorizer = authorizer(&text, CLOSED);
    let role = |name: &str| RoleRef { kind: "ClusterRole".to_owned(), name: name.to_owned() };
    assert_eq!(authorizer.may_bind(&alice(), "ns", &role("small")), Escalation::Held);
    assert!(matches!(authorizer.may_bind(&alice(), "", &role("small")), Escalation::Refused(_)));
    let refused = authorizer.may_bind(&alice(), "ns", &role("large"));
    let Escalation::Refused(missing) = refused else { panic!("{refused:?}") };
    assert_eq!(missing[0].verbs, ["*"]);
    let permitted = authorizer.may_bind(&alice(), "m", &role("large"));
    assert!(matches!(permitted, Escalation::Permitted(Proof::Grant(_))), "{permitted:?}");
    assert_eq!(authorizer.may_bind(&alice(), "ns", &role("missing")), Escalation::NoRole);
}

#[test]
fn a_denial_says_what_comes_closest() {
    let text = cluster_role(
        "r",
        "verbs: [get, create], apiGroups: [''], resources: [secrets], resourceNames: [a]",
    ) + &cluster_role("far", "verbs: [watch], apiGroups: [apps], resources: [jobs]")
        + &bind("b", "ns", "r", ALICE)
        + &bind("far", "ns", "far", ALICE);
    let authorizer = authorizer(&text, CLOSED);
    let why = authorizer.why_not(&alice(), &Request::resource("create", "secrets", "ns"));
    assert_eq!(why.nearest[0].parts, [Part::ResourceName]);
    assert_eq!((why.nearest.len(), why.rules), (2, 2));
    let request = Request::resource("get", "secrets", "m").named("a");
    assert_eq!(authorizer.why_not(&alice(), &request).nearest[0].parts, [Part::Namespace]);
}

#[test]
fn hostile_input_takes_no_longer_than_it_is_long() {
    // 100,000 bindings to one subject, 20,000 of them dangling, and a role of 10,000 rules.
    let mut text = String::new();
    let rules: Vec<String> = (0..10_000)
        .map(|it| format!("{{verbs: [v{it}], apiGroups: [''], resources: [pods]}}"))
        .collect();
    let _ = write!(
        text,
        "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
         metadata: {{name: r}}, rules: [{}]}}\n",
        rules.join(", ")
    );
    let policy = authorizer(&text, CLOSED);
    let mut bindings = Vec::new();
    for number in 0..100_000_u32 {
        bindings.push(engine::rbac::Binding {
            namespace: None,
            name: format!("b{number}"),
            role_ref: RoleRef {
                kind: "ClusterRole".to_owned(),
                name: if number % 5 == 0 { format!("m{number}") } else { "r".to_owned() },
            },
            subjects: vec![engine::rbac::Subject {
                kind: engine::rbac::SubjectKind::User,
                name: "alice".to_owned(),
                namespace: String::new(),
            }],
            source: Source::Value(number),
        });
    }
    let role = policy.roles().next().expect("a role");
    let rules = policy.rules_of(role.id).expect("rules");
    let only = vec![engine::rbac::Role {
        namespace: None,
        name: "r".to_owned(),
        labels: Vec::new(),
        rules: engine::rbac::Rules::Known(rules),
        aggregates: None,
        source: Source::Value(0),
    }];
    let policy = engine::rbac::Policy { roles: only, bindings, service_accounts: Vec::new() };
    let assumptions = Assumptions { seen: Seen::Part, ..CLOSED };
    let authorizer = Authorizer::new(policy, KubernetesVersion::NEWEST, assumptions);
    for _ in 0..200 {
        let request = Request::resource("v9999", "pods", "ns");
        assert!(is_allowed(&authorizer, &alice(), &request));
        let Answer::Unknown(unknown) =
            authorizer.can(&alice(), &Request::resource("none", "pods", "ns"))
        else {
            panic!("20,000 roles were not seen");
        };
        assert_eq!(unknown.last(), Some(&Unknown::More(20_000 - 32)));
    }
}
