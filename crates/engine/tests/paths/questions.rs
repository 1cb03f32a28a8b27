//! What the graph answers: cuts, further ways, what is not known, and input that means harm.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use engine::paths::{Because, Closing, Graph, Minimality, Options, Place, Reach, Uncertain};
use engine::rbac::{Assumptions, Bootstrap, Groups, Seen};
use model::KubernetesVersion;

use crate::world::{EVE, World, account, bare, edges, grants, options, user};

const NEWEST: KubernetesVersion = KubernetesVersion::NEWEST;
const APP: &str = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: app}}\n";

fn seen_in_part() -> Assumptions {
    Assumptions { bootstrap: Bootstrap::Absent, ..Assumptions::default() }
}

#[test]
fn a_way_names_the_binding_the_rule_and_the_field() {
    let world = World::new(&format!(
        "{}---\n{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: app}}, \
         spec: {{serviceAccountName: bot, containers: [{{name: web}}]}}}}\n",
        grants(&[(false, "create", "pods/exec", &["web"])])
    ));
    let Reach::Yes(ways) = world.paths(&user(EVE), &account("app", "bot")) else {
        panic!("no way");
    };
    let said: Vec<String> = ways[0]
        .steps
        .iter()
        .map(|step| {
            let because = match &step.because {
                Because::Binding { binding, .. } => {
                    format!("binding {}", world.authorizer.binding(*binding).name)
                }
                Because::Rule { origin, rule, .. } => {
                    format!("rule {rule:?} of {}", world.authorizer.role(*origin).name)
                }
                Because::Edge { edge, field: Some((id, path)) } => {
                    format!("{} at {} {path}", edge.id, world.snapshot.object(*id).name)
                }
                Because::Edge { edge, field: None } => edge.id.to_owned(),
                other => format!("{other:?}"),
            };
            format!("{because} => {}", step.to)
        })
        .collect();
    assert_eq!(
        said,
        [
            "binding b-0 => role 0 in namespace app",
            "rule Some(0) of role-0 => the right exec web in namespace app",
            "exec => pod of object 2",
            "mounted-token at web spec.automountServiceAccountToken => service account app/bot",
        ]
    );
    assert_eq!(ways[0].edges, 2);
}

#[test]
fn no_step_is_there_twice() {
    let steps: Vec<String> = two_ways().graph.steps().map(|step| format!("{step:?}")).collect();
    let unique: BTreeSet<&String> = steps.iter().collect();
    let twice: Vec<&&String> =
        unique.iter().filter(|step| steps.iter().filter(|it| *it == **step).count() > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

/// Two ways of different lengths, each by a binding of its own.
fn two_ways() -> World {
    World::new(&format!(
        "{APP}{}",
        grants(&[
            (true, "*", "*.*", &[]),
            (false, "create", "pods", &[]),
            (false, "list", "secrets", &[])
        ])
    ))
}

#[test]
fn further_ways_come_in_order_and_differ() {
    let world = two_ways();
    let from = world.graph.find(&user(EVE)).expect("eve");
    let goal = world.graph.find(&Place::Secrets(Some("app".to_owned()))).expect("the Secrets");
    let Reach::Yes(ways) = world.graph.paths(from, goal, 8) else { panic!("no way") };
    assert!(ways.len() >= 4, "{}", ways.len());
    assert!(
        ways.is_sorted_by_key(|way| way.edges),
        "{:?}",
        ways.iter().map(edges).collect::<Vec<_>>()
    );
    assert_eq!(edges(&ways[0]), ["read-secrets"]);
    assert!(ways.iter().any(|way| edges(way) == ["create-pod", "new-pod-secrets"]));
    let all: BTreeSet<String> = ways.iter().map(|way| format!("{:?}", way.steps)).collect();
    assert_eq!(all.len(), ways.len());
}

#[test]
fn the_smallest_cut_closes_the_goal_and_no_smaller_one_does() {
    let world = two_ways();
    let goal = world.graph.find(&Place::Secrets(Some("app".to_owned()))).expect("the Secrets");
    let cut = world.graph.cut(None, goal, 1_000);
    assert_eq!(cut.minimality, Minimality::Smallest);
    assert_eq!(bindings(&world, &cut.remove), ["b-0", "b-1", "b-2"]);
    let open: Vec<Place> = cut.open.iter().map(|place| world.graph.place(*place)).collect();
    assert_eq!(open, [Place::Group("system:masters".to_owned())]);
    // Of an AND, one part is enough.
    let world = World::new(&grants(&[
        (true, "create", "clusterrolebindings.rbac.authorization.k8s.io", &[]),
        (true, "bind", "clusterroles.rbac.authorization.k8s.io", &[]),
    ]));
    let goal = world.graph.find(&Place::ClusterAdmin).expect("cluster-admin");
    let cut = world.graph.cut(None, goal, 1_000);
    assert_eq!((cut.remove.len(), cut.minimality), (1, Minimality::Smallest));
}

fn bindings(world: &World, remove: &[Closing]) -> Vec<String> {
    remove
        .iter()
        .map(|closing| match closing {
            Closing::Binding(binding) => world.authorizer.binding(*binding).name.to_owned(),
            Closing::Field(_, path) => path.to_string(),
        })
        .collect()
}

#[test]
fn a_large_cut_is_irreducible_and_says_so() {
    let rules: Vec<_> = (0..5).map(|_| (true, "*", "*.*", &[][..])).collect();
    let world = World::new(&grants(&rules));
    let goal = world.graph.find(&Place::ClusterAdmin).expect("cluster-admin");
    let cut = world.graph.cut(None, goal, 1_000);
    assert_eq!((cut.remove.len(), cut.minimality), (5, Minimality::Irreducible));
    // Without leave to try, even a small one is not proved.
    let world = two_ways();
    let goal = world.graph.find(&Place::Secrets(Some("app".to_owned()))).expect("the Secrets");
    let cut = world.graph.cut(None, goal, 0);
    assert_eq!((cut.remove.len(), cut.minimality), (3, Minimality::Irreducible));
}

#[test]
fn a_field_is_a_cut_and_the_masters_stay() {
    let world = World::with(
        "{apiVersion: v1, kind: Node, metadata: {name: n1}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: app}, \
         spec: {nodeName: n1, containers: [{name: a, securityContext: {privileged: true}}]}}\n",
        NEWEST,
        Assumptions { seen: Seen::Everything, ..Assumptions::default() },
        &options(),
    );
    let goal = world.graph.find(&Place::Node("n1".to_owned())).expect("the node");
    let pod = world.graph.find(&world.pod("Pod", "p")).expect("the pod");
    let cut = world.graph.cut(Some(&[pod]), goal, 1_000);
    assert_eq!(bindings(&world, &cut.remove), ["spec.containers[0].securityContext.privileged"]);
    let cut = world.graph.cut(None, world.graph.find(&Place::ClusterAdmin).expect("it"), 1_000);
    let masters = world.graph.find(&Place::Group("system:masters".to_owned())).expect("the group");
    assert!(cut.open.contains(&masters));
}

#[test]
fn what_is_not_known_is_neither_yes_nor_no() {
    let dangling = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
        metadata: {name: b}, roleRef: {kind: ClusterRole, name: elsewhere}, \
        subjects: [{kind: User, name: eve}]}\n";
    let ask = |text: &str, assumptions, options: &Options, goal: &Place| {
        World::with(text, NEWEST, assumptions, options).paths(&user(EVE), goal)
    };
    let reach = ask(dangling, seen_in_part(), &options(), &Place::ClusterAdmin);
    assert_doubt(&reach, |doubt| matches!(doubt, Uncertain::RoleNotSeen { .. }));
    let reach = ask(dangling, bare(), &options(), &Place::ClusterAdmin);
    assert!(matches!(reach, Reach::No), "{reach:?}");
    // A user whose groups nobody told.
    let text = format!(
        "{}---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
         metadata: {{name: others}}, roleRef: {{kind: ClusterRole, name: role-0}}, \
         subjects: [{{kind: Group, name: devs}}]}}\n",
        grants(&[(true, "list", "secrets", &[])])
            .replace("kind: User, name: eve", "kind: User, name: x")
    );
    let goal = Place::Secrets(None);
    let mut unknown = Options::default();
    unknown.starts.push(user(EVE));
    assert_doubt(&ask(&text, bare(), &unknown, &goal), |it| *it == Uncertain::Groups);
    assert!(matches!(ask(&text, bare(), &options(), &goal), Reach::No));
    let mut member = Options::default();
    member.groups.insert(EVE.to_owned(), Groups::Known(vec!["devs".to_owned()]));
    assert!(matches!(ask(&text, bare(), &member, &goal), Reach::Yes(_)));
    // A namespace whose labels are not in the input.
    let text = grants(&[(false, "create", "pods", &[])]);
    let reach = ask(&text, seen_in_part(), &options(), &Place::AnyNode);
    assert_doubt(&reach, |doubt| *doubt == Uncertain::Namespace);
}

fn assert_doubt(reach: &Reach, is_wanted: impl Fn(&Uncertain) -> bool) {
    let Reach::Unknown(ways) = reach else { panic!("{reach:?}") };
    let doubts = ways[0].steps.iter().filter_map(|step| match &step.because {
        Because::Uncertain(doubt) => Some(doubt),
        _ => None,
    });
    assert!(doubts.into_iter().any(is_wanted), "{ways:?}");
}

#[test]
fn two_objects_of_one_name_that_differ_are_not_known() {
    let mut text = grants(&[(true, "*", "*.*", &[])]);
    text.push_str(
        "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
         metadata: {name: role-0}, rules: []}\n",
    );
    let reach = World::new(&text).paths(&user(EVE), &Place::ClusterAdmin);
    assert_doubt(&reach, |doubt| matches!(doubt, Uncertain::Ambiguous { .. }));
}

#[test]
fn edit_is_every_service_account_of_its_namespace() {
    let text = format!(
        "{APP}---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: t, namespace: app}}}}\n\
         ---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, \
         metadata: {{name: b, namespace: app}}, roleRef: {{kind: ClusterRole, name: edit}}, \
         subjects: [{{kind: User, name: eve}}]}}\n"
    );
    let whole = Assumptions { seen: Seen::Everything, ..Assumptions::default() };
    let world = World::with(&text, NEWEST, whole, &options());
    assert!(matches!(world.paths(&user(EVE), &account("app", "t")), Reach::Yes(_)));
    assert!(matches!(world.paths(&user(EVE), &account("kube-system", "default")), Reach::No));
}

#[test]
fn the_order_of_objects_changes_nothing() {
    let rules: [crate::world::Granted; 3] = [
        (false, "create", "pods", &[]),
        (true, "impersonate", "users", &["bob"]),
        (false, "create", "serviceaccounts/token", &["t"]),
    ];
    let text = grants(&rules);
    let documents: Vec<&str> = text.split("---\n").filter(|it| !it.is_empty()).collect();
    let backwards: Vec<&str> = documents.iter().rev().copied().collect();
    let places = |text: &str| {
        let graph = World::new(text).graph;
        let goal = graph.find(&Place::AnyNode).expect("a node");
        let reaching = graph.reaches(goal).certain;
        let names = |place| graph.place(place).to_string();
        reaching.into_iter().map(names).collect::<BTreeSet<_>>()
    };
    assert_eq!(places(&documents.join("---\n")), places(&backwards.join("---\n")));
}

/// Service accounts that impersonate each other in a ring, and a way out at its end.
#[test]
fn rings_end() {
    let mut text = String::from(APP);
    let count = 1_000;
    for number in 0..count {
        let next = (number + 1) % count;
        let _ = write!(
            text,
            "---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a{number}, namespace: app}}}}\n\
             ---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, \
             metadata: {{name: r{number}, namespace: app}}, rules: [{{verbs: [impersonate], \
             apiGroups: [''], resources: [serviceaccounts], resourceNames: [a{next}]}}]}}\n\
             ---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, \
             metadata: {{name: b{number}, namespace: app}}, roleRef: {{kind: Role, name: r{number}}}, \
             subjects: [{{kind: ServiceAccount, name: a{number}}}]}}\n"
        );
    }
    let world = World::new(&text);
    let Reach::Yes(ways) = world.paths(&account("app", "a1"), &account("app", "a0")) else {
        panic!("no way");
    };
    assert_eq!(ways[0].edges, count - 1);
    let goal = world.graph.find(&account("app", "a0")).expect("the last");
    // All others of the ring, and `system:masters`.
    assert_eq!(world.graph.reaches(goal).certain.len(), count);
}

/// Many roles, each limited to the same many names, in many namespaces.
#[test]
fn much_of_everything_takes_no_more_than_its_size() {
    let mut text = String::new();
    for namespace in 0..500 {
        let _ = write!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: n{namespace}}}}}\n"
        );
    }
    let names: Vec<String> = (0..5_000).map(|number| format!("'x{number}'")).collect();
    let _ = write!(
        text,
        "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: wide}}, \
         rules: [{{verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [{}]}}]}}\n\
         ---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {{name: wide}}, \
         roleRef: {{kind: ClusterRole, name: wide}}, subjects: [{{kind: User, name: {EVE}}}]}}\n",
        names.join(", ")
    );
    for role in 0..10_000 {
        let _ = write!(
            text,
            "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, \
             metadata: {{name: r{role}, namespace: n{}}}, \
             rules: [{{verbs: [get], apiGroups: [''], resources: [secrets, pods/exec, '*/*', 'pods/*']}}]}}\n",
            role % 500
        );
    }
    let whole = KubernetesVersion::NEWEST;
    let snapshot = crate::world::snapshot(&text, whole);
    let authorizer = engine::rbac::Authorizer::of(&snapshot, crate::world::WORLD, bare());
    let graph = Graph::build(&snapshot, crate::world::WORLD, &authorizer, &options());
    let goal = graph.find(&Place::ClusterAdmin).expect("cluster-admin");
    let reaching = graph.reaches(goal);
    let eve = graph.find(&user(EVE)).expect("eve");
    // Names that stand for nothing, apart from users and groups, open nothing.
    assert!(!reaching.certain.contains(&eve));
    // One for each name and namespace would be millions.
    let (places, steps) = graph.size();
    assert!(places < 600_000 && steps < 700_000, "{places} places, {steps} steps");
}

#[test]
fn objects_of_the_wrong_shape_are_gaps() {
    let world = World::new(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}]}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: q, namespace: app}, spec: {containers: 3}}\n---\n\
         {apiVersion: v1, kind: Node, metadata: 7}\n---\n\
         {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}, rules: x}\n",
    );
    let gaps: Vec<&str> = world.graph.gaps().iter().map(|gap| gap.subject.as_str()).collect();
    assert_eq!(gaps.len(), 2, "{gaps:?}");
}

#[test]
fn root_on_a_node_has_the_credentials_of_its_kubelet() {
    let bindings = |kind: &str, name: &str, resource: &str| {
        format!(
            "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
             metadata: {{name: {resource}}}, rules: [{{verbs: [list], apiGroups: [''], \
             resources: [{resource}]}}]}}\n\
             ---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
             metadata: {{name: {resource}}}, roleRef: {{kind: ClusterRole, name: {resource}}}, \
             subjects: [{{kind: {kind}, name: '{name}'}}]}}\n"
        )
    };
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: app}, \
        spec: {nodeName: n1, containers: [{name: a, securityContext: {privileged: true}}]}}\n";
    for (kind, name, is_open) in [
        ("Group", "system:nodes", true),
        ("User", "system:node:n1", true),
        ("User", "system:node:n2", false),
    ] {
        let world = World::new(&format!("{pod}{}", bindings(kind, name, "secrets")));
        let reach = world.paths(&world.pod("Pod", "p"), &Place::Secrets(None));
        assert_eq!(matches!(reach, Reach::Yes(_)), is_open, "{name}: {reach:?}");
        assert_eq!(matches!(reach, Reach::No), !is_open, "{name}");
    }
}
