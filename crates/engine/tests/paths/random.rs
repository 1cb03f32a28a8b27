//! Random small clusters: the graph against the other judge.

use std::fmt::Write as _;

use engine::paths::{Options, Place, Reach};
use engine::rbac::Groups;
use model::KubernetesVersion;

use crate::reference::{Binding, Cluster, Held, Identity, Pod, Role, Rule};
use crate::world::{World, account, bare, user};

/// A generator of numbers, the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const CSR: &str = "certificates.k8s.io";
const HOOKS: &str = "admissionregistration.k8s.io";

/// Rights as edges need them: verb, group, resource, and names that may be asked for.
const RIGHTS: &[(&str, &str, &str, &[&str])] = &[
    ("create", "", "pods", &[]),
    ("create", "apps", "deployments", &[]),
    ("create", "batch", "jobs", &[]),
    ("patch", "", "pods", &["p0", "p1", "p2"]),
    ("delete", "", "pods", &["p0"]),
    ("create", "", "pods/exec", &["p0", "p1", "p3"]),
    ("get", "", "pods/exec", &["p0"]),
    ("create", "", "pods/attach", &["p2"]),
    ("update", "", "pods/ephemeralcontainers", &["p1", "p4"]),
    ("get", "", "secrets", &["x"]),
    ("list", "", "secrets", &[]),
    ("create", "", "secrets", &[]),
    ("create", "", "serviceaccounts/token", &["a0", "a1"]),
    ("impersonate", "", "serviceaccounts", &["a0", "a2"]),
    ("impersonate", "", "users", &["u0", "u1"]),
    ("impersonate", "", "groups", &["g0", "g1", "system:masters"]),
    ("create", RBAC, "rolebindings", &[]),
    ("create", RBAC, "clusterrolebindings", &[]),
    ("bind", RBAC, "clusterroles", &["r0", "r1", "r2", "r3"]),
    ("bind", RBAC, "roles", &["r4", "r5", "r6"]),
    ("escalate", RBAC, "clusterroles", &["r0", "r1", "r2"]),
    ("update", RBAC, "clusterroles", &["r0", "r1", "r2"]),
    ("escalate", RBAC, "roles", &["r4", "r5"]),
    ("patch", RBAC, "roles", &["r4", "r5"]),
    ("create", CSR, "certificatesigningrequests", &[]),
    ("update", CSR, "certificatesigningrequests/approval", &[]),
    ("approve", CSR, "signers", &["kubernetes.io/kube-apiserver-client", "other"]),
    ("patch", "", "namespaces", &["n0", "n1"]),
    ("create", "", "persistentvolumes", &[]),
    ("create", "", "persistentvolumeclaims", &[]),
    ("patch", "", "nodes", &[]),
    ("get", "", "nodes/proxy", &["node0", "node1"]),
    ("create", HOOKS, "mutatingwebhookconfigurations", &[]),
    ("get", "", "configmaps", &[]),
    ("*", "", "pods/exec", &[]),
    ("create", "*", "*", &[]),
    ("*", "*", "*", &[]),
];

fn cluster(random: &mut Random) -> Cluster {
    let mut cluster = Cluster::default();
    for number in 0..3 {
        cluster.namespaces.push((format!("n{number}"), random.one_in(3)));
        for account in 0..3 {
            cluster.accounts.push((format!("n{number}"), format!("a{account}")));
        }
    }
    cluster.nodes = vec![("node0".to_owned(), false), ("node1".to_owned(), random.one_in(2))];
    let groups: Vec<String> = vec!["g0".to_owned(), "g1".to_owned()];
    for number in 0..3 {
        let list = if random.one_in(2) { vec![random.of(&groups)] } else { Vec::new() };
        cluster.users.push((format!("u{number}"), list));
    }
    cluster.groups = groups;
    cluster.groups.extend(
        ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:n1"]
            .map(str::to_owned),
    );
    for number in 0..7 {
        // The last entries allow everything: rare.
        let rules = (0..=random.below(2)).map(|_| rule(random)).collect();
        let namespace = (number > 3).then(|| format!("n{}", random.below(3)));
        cluster.roles.push(Role { namespace, name: format!("r{number}"), rules });
    }
    for _ in 0..8 {
        let role = random.below(cluster.roles.len());
        let namespace = match &cluster.roles[role].namespace {
            None if random.one_in(2) => None,
            None => Some(format!("n{}", random.below(3))),
            own => own.clone(),
        };
        let subject = match random.below(5) {
            0 => Identity::User(random.of(&cluster.users).0),
            1 => Identity::Group(random.of(&cluster.groups)),
            _ => {
                let (namespace, name) = random.of(&cluster.accounts);
                Identity::Account(namespace, name)
            }
        };
        cluster.bindings.push(Binding { namespace, role, subject });
    }
    for number in 0..5 {
        cluster.pods.push(Pod {
            namespace: format!("n{}", random.below(3)),
            name: format!("p{number}"),
            account: format!("a{}", random.below(3)),
            node: random.one_in(2).then(|| format!("node{}", random.below(2))),
            is_privileged: random.one_in(4),
            has_token: !random.one_in(4),
        });
    }
    cluster
}

fn rule(random: &mut Random) -> Rule {
    let end = if random.one_in(12) { RIGHTS.len() } else { RIGHTS.len() - 3 };
    let (verb, group, resource, names) = RIGHTS[random.below(end)];
    let names = if !names.is_empty() && random.one_in(2) {
        vec![random.of(names).to_owned()]
    } else {
        Vec::new()
    };
    let own = str::to_owned;
    Rule { verb: own(verb), group: own(group), resource: own(resource), names }
}

fn text(cluster: &Cluster) -> String {
    let mut text = String::new();
    for (name, is_open) in cluster.namespaces.iter().chain([&("kube-system".to_owned(), false)]) {
        let level = if *is_open { "privileged" } else { "restricted" };
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, \
             labels: {{pod-security.kubernetes.io/enforce: {level}}}}}}}"
        );
    }
    for (namespace, name) in &cluster.accounts {
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: ServiceAccount, \
             metadata: {{name: {name}, namespace: {namespace}}}}}"
        );
    }
    for (name, is_control_plane) in &cluster.nodes {
        let label = if *is_control_plane { "node-role.kubernetes.io/control-plane" } else { "x" };
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Node, metadata: {{name: {name}, labels: {{{label}: ''}}}}}}"
        );
    }
    for pod in &cluster.pods {
        let node = pod.node.as_ref().map_or(String::new(), |node| format!("nodeName: {node}, "));
        let Pod { namespace, name, account, is_privileged, has_token, .. } = pod;
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}}}, \
             spec: {{{node}serviceAccountName: {account}, \
             automountServiceAccountToken: {has_token}, \
             containers: [{{name: c, securityContext: {{privileged: {is_privileged}}}}}]}}}}"
        );
    }
    for role in &cluster.roles {
        rbac(&mut text, "Role", role.namespace.as_deref(), &role.name);
        text.push_str("rules:\n");
        for Rule { verb, group, resource, names } in &role.rules {
            let _ = writeln!(
                text,
                "- {{verbs: ['{verb}'], apiGroups: ['{group}'], resources: ['{resource}'], \
                 resourceNames: {names:?}}}"
            );
        }
    }
    for (number, binding) in cluster.bindings.iter().enumerate() {
        rbac(&mut text, "RoleBinding", binding.namespace.as_deref(), &format!("b{number}"));
        let role = &cluster.roles[binding.role];
        let kind = if role.namespace.is_some() { "Role" } else { "ClusterRole" };
        let subject = match &binding.subject {
            Identity::User(name) => format!("{{kind: User, name: '{name}'}}"),
            Identity::Group(name) => format!("{{kind: Group, name: '{name}'}}"),
            Identity::Account(namespace, name) => {
                format!("{{kind: ServiceAccount, name: {name}, namespace: {namespace}}}")
            }
        };
        let _ = writeln!(
            text,
            "roleRef: {{apiGroup: {RBAC}, kind: {kind}, name: {}}}\nsubjects: [{subject}]",
            role.name
        );
    }
    text
}

fn rbac(text: &mut String, kind: &str, namespace: Option<&str>, name: &str) {
    let prefix = if namespace.is_some() { "" } else { "Cluster" };
    let namespace = namespace.map_or(String::new(), |it| format!(", namespace: {it}"));
    let _ = writeln!(
        text,
        "---\napiVersion: {RBAC}/v1\nkind: {prefix}{kind}\nmetadata: {{name: {name}{namespace}}}"
    );
}

fn place(identity: &Identity) -> Place {
    match identity {
        Identity::User(name) => user(name),
        Identity::Group(name) => Place::Group(name.clone()),
        Identity::Account(namespace, name) => account(namespace, name),
    }
}

/// A place, and whether somebody has it.
type Goal = (Place, Box<dyn Fn(&Held) -> bool>);

/// Everything that can be asked about a cluster: a place, and whether somebody has it.
fn goals(cluster: &Cluster, world: &World) -> Vec<Goal> {
    let mut goals: Vec<Goal> = vec![
        (Place::ClusterAdmin, Box::new(|held| held.is_admin)),
        (Place::AnyNode, Box::new(|held| held.is_on_a_node)),
    ];
    for (node, _) in cluster.nodes.clone() {
        goals.push((Place::Node(node.clone()), Box::new(move |held| held.nodes.contains(&node))));
    }
    for (namespace, _) in cluster.namespaces.clone() {
        let name = Some(namespace.clone());
        let at = namespace.clone();
        goals
            .push((Place::Secrets(name.clone()), Box::new(move |held| held.secrets.contains(&at))));
        goals.push((
            Place::NamespaceAdmin(name),
            Box::new(move |held| held.everything_in.contains(&namespace)),
        ));
    }
    for (namespace, name) in cluster.accounts.clone() {
        let identity = Identity::Account(namespace, name);
        goals.push((place(&identity), Box::new(move |held| held.identities.contains(&identity))));
    }
    for (number, pod) in cluster.pods.iter().enumerate() {
        let place = world.pod("Pod", &pod.name);
        goals.push((place, Box::new(move |held| held.pods.contains(&number))));
    }
    goals
}

fn starts(cluster: &Cluster, world: &World) -> Vec<(Place, Held)> {
    let users = cluster.users.iter().map(|(name, _)| Identity::User(name.clone()));
    let groups = cluster.groups.iter().cloned().map(Identity::Group);
    let accounts = cluster.accounts.iter().cloned();
    let accounts = accounts.map(|(namespace, name)| Identity::Account(namespace, name));
    let mut starts: Vec<(Place, Held)> = users
        .chain(groups)
        .chain(accounts)
        .map(|identity| {
            let start = place(&identity);
            (start, Held { identities: [identity].into(), ..Held::default() })
        })
        .collect();
    for (number, pod) in cluster.pods.iter().enumerate() {
        let held = Held { pods: [number].into(), ..Held::default() };
        starts.push((world.pod("Pod", &pod.name), held));
    }
    starts
}

fn check(seed: u64) -> (usize, usize) {
    let mut random = Random(seed);
    let cluster = cluster(&mut random);
    let text = text(&cluster);
    let mut options = Options::default();
    for (name, groups) in &cluster.users {
        options.groups.insert(name.clone(), Groups::Known(groups.clone()));
    }
    options.starts.extend(cluster.groups.iter().cloned().map(Place::Group));
    let world = World::with(&text, KubernetesVersion::NEWEST, bare(), &options);
    let starts = starts(&cluster, &world);
    let held: Vec<Held> = starts.iter().map(|(_, held)| cluster.chain(held.clone())).collect();
    let (mut yes, mut all) = (0, 0);
    for (goal, has) in goals(&cluster, &world) {
        let reaching = world.graph.find(&goal).map(|goal| world.graph.reaches(goal));
        for ((start, _), held) in starts.iter().zip(&held) {
            if *start == goal {
                continue;
            }
            let expected = has(held);
            all += 1;
            yes += usize::from(expected);
            let found = match (world.graph.find(start), &reaching) {
                (Some(start), Some(reaching)) => reaching.certain.contains(&start),
                _ => false,
            };
            assert_eq!(found, expected, "seed {seed}: {start} to {goal}\n{text}");
            let reach = world.paths(start, &goal);
            let is_way = matches!(reach, Reach::Yes(_));
            assert_eq!(is_way, expected, "seed {seed}: way from {start} to {goal}\n{text}");
        }
    }
    (yes, all)
}

#[test]
fn the_graph_agrees_with_plain_forward_chaining() {
    let (mut yes, mut all) = (0, 0);
    for seed in 0..400 {
        let (its_yes, its_all) = check(seed);
        yes += its_yes;
        all += its_all;
    }
    // Enough of both answers that agreement means something.
    assert!(yes * 20 > all && yes * 2 < all, "{yes} of {all}");
}
