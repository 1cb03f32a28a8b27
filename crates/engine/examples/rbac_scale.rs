//! Measures authorization on a generated cluster, at a tenth of its size and at all of it.
//!
//! The whole: 500 namespaces with 200 pods, 40 service accounts and 20 Roles each; 300
//! ClusterRoles beside those of the bootstrap; 50,000 bindings, of which one in fifty is a
//! ClusterRoleBinding, half of the others grant a Role, the rest a ClusterRole; one to three
//! subjects each, of 2,000 users, 300 groups and the service accounts.
//!
//! `cargo run --release --example rbac_scale`

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use engine::rbac::{Assumptions, Authorizer, Identity, Request};
use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};

const NAMESPACES: u64 = 500;
const PODS: u64 = 200;
const ACCOUNTS: u64 = 40;
const ROLES: u64 = 20;
const CLUSTER_ROLES: u64 = 300;
const BINDINGS: u64 = 50_000;
const USERS: u64 = 2_000;
const GROUPS: u64 = 300;
/// Questions of each kind, of which the median and the 99th percentile are printed.
const QUESTIONS: usize = 2_000;
const WORLD: WorldId = WorldId(0);

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
fn main() {
    println!(
        "{:<9}{:>9}{:>9}{:>10}{:>10}{:>12}{:>11}{:>11}{:>11}{:>11}{:>11}",
        "size",
        "pods",
        "accounts",
        "bindings",
        "build ms",
        "bytes MiB",
        "can ns",
        "can p99",
        "who µs",
        "who p99",
        "held µs"
    );
    for percent in [10, 25, 50, 100] {
        let snapshot = cluster(percent);
        let mut build = Duration::MAX;
        let mut last = None;
        for _ in 0..3 {
            let start = Instant::now();
            let now = Authorizer::of(&snapshot, WORLD, Assumptions::default());
            build = build.min(start.elapsed());
            last = Some(now);
        }
        let Some(authorizer) = last else { return };
        let one = can(&authorizer, percent);
        let who = who_can(&authorizer, percent);
        let held = permissions(&authorizer, percent);
        let namespaces = NAMESPACES * percent / 100;
        println!(
            "{:<9}{:>9}{:>9}{:>10}{:>10.0}{:>12.1}{:>11}{:>11}{:>11.1}{:>11.1}{:>11.1}",
            format!("{percent} %"),
            namespaces * PODS,
            namespaces * ACCOUNTS,
            BINDINGS * percent / 100,
            build.as_secs_f64() * 1e3,
            mebibytes(authorizer.bytes()),
            one.0.as_nanos(),
            one.1.as_nanos(),
            who.0.as_secs_f64() * 1e6,
            who.1.as_secs_f64() * 1e6,
            held.0.as_secs_f64() * 1e6,
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Median and 99th percentile of asking this many times.
fn time(mut ask: impl FnMut(u64)) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..QUESTIONS as u64)
        .map(|number| {
            let start = Instant::now();
            ask(number);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[QUESTIONS / 2], times[QUESTIONS * 99 / 100])
}

const ASKED: [(&str, &str); 8] = [
    ("get", "secrets"),
    ("create", "pods"),
    ("create", "pods/exec"),
    ("list", "configmaps"),
    ("update", "deployments.apps/scale"),
    ("delete", "nodes"),
    ("impersonate", "users"),
    ("get", "widgets.example.org"),
];

fn can(authorizer: &Authorizer, percent: u64) -> (Duration, Duration) {
    let namespaces = NAMESPACES * percent / 100;
    let names: Vec<String> = (0..namespaces).map(|number| format!("team-{number}")).collect();
    let identities: Vec<Identity> = (0..QUESTIONS as u64)
        .map(|number| {
            let namespace = mix(number) % namespaces;
            let account = format!("account-{}", mix(number + 1) % ACCOUNTS);
            Identity::service_account(&format!("team-{namespace}"), &account)
        })
        .collect();
    time(|number| {
        let namespace = &names[(mix(number) % namespaces) as usize];
        let (verb, resource) = ASKED[(number % 8) as usize];
        let request = Request::resource(verb, resource, namespace).named("web");
        let identity = &identities[number as usize];
        std::hint::black_box(authorizer.can(identity, &request));
    })
}

fn who_can(authorizer: &Authorizer, percent: u64) -> (Duration, Duration) {
    let namespaces = NAMESPACES * percent / 100;
    time(|number| {
        let namespace = format!("team-{}", mix(number) % namespaces);
        let (verb, resource) = ASKED[(number % 8) as usize];
        let request = Request::resource(verb, resource, &namespace).named("web");
        std::hint::black_box(authorizer.who_can(&request));
    })
}

fn permissions(authorizer: &Authorizer, percent: u64) -> (Duration, Duration) {
    let namespaces = NAMESPACES * percent / 100;
    time(|number| {
        let namespace = format!("team-{}", mix(number) % namespaces);
        let account = format!("account-{}", mix(number + 1) % ACCOUNTS);
        let identity = Identity::service_account(&namespace, &account);
        std::hint::black_box(authorizer.permissions_of(&identity));
    })
}

/// The finalizer of `SplitMix64`: the same numbers on every machine.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn cluster(percent: u64) -> Snapshot {
    let now = "2026-11-24T00:00:00Z".parse().unwrap_or_default();
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, now);
    let mut part = Part::new();
    let mut number = 0;
    let mut add = |text: &str| {
        let stream = yaml::Stream::json(text, &yaml::Limits::default());
        for document in stream.documents().flatten() {
            let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
            part.insert(document.root(), &Redactions::default(), WORLD, origin, None);
            number += 1;
        }
    };
    for role in 0..CLUSTER_ROLES {
        add(&object("ClusterRole", &format!("custom-{role}"), "", &rules(role)));
    }
    for namespace in 0..NAMESPACES * percent / 100 {
        let name = format!("team-{namespace}");
        for pod in 0..PODS {
            let account = pod % ACCOUNTS;
            add(&format!(
                concat!(
                    r#"{{"apiVersion":"v1","kind":"Pod","#,
                    r#""metadata":{{"name":"pod-{pod}","namespace":"{name}"}},"#,
                    r#""spec":{{"serviceAccountName":"account-{account}","#,
                    r#""nodeName":"node-{node}","#,
                    r#""containers":[{{"name":"web","image":"web"}}]}}}}"#
                ),
                pod = pod,
                name = name,
                account = account,
                node = mix(pod) % 1_000
            ));
        }
        for account in 0..ACCOUNTS {
            add(&format!(
                concat!(
                    r#"{{"apiVersion":"v1","kind":"ServiceAccount","#,
                    r#""metadata":{{"name":"account-{account}","namespace":"{name}"}}}}"#
                ),
                account = account,
                name = name
            ));
        }
        for role in 0..ROLES {
            add(&object("Role", &format!("role-{role}"), &name, &rules(namespace * ROLES + role)));
        }
    }
    for binding in 0..BINDINGS * percent / 100 {
        add(&self::binding(binding, NAMESPACES * percent / 100));
    }
    snapshot.add(part);
    snapshot
}

fn object(kind: &str, name: &str, namespace: &str, rest: &str) -> String {
    format!(
        concat!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{kind}","#,
            r#""metadata":{{"name":"{name}","namespace":"{namespace}"}},{rest}}}"#
        ),
        kind = kind,
        name = name,
        namespace = namespace,
        rest = rest
    )
}

/// One to six rules of everyday resources.
fn rules(seed: u64) -> String {
    const RESOURCES: [&str; 12] = [
        "pods",
        "secrets",
        "configmaps",
        "services",
        "pods/exec",
        "pods/log",
        "deployments",
        "deployments/scale",
        "jobs",
        "ingresses",
        "widgets",
        "*",
    ];
    const VERBS: [&str; 6] = [
        r#""get""#,
        r#""get","list","watch""#,
        r#""create""#,
        r#""update","patch""#,
        r#""delete""#,
        r#""*""#,
    ];
    let mut text = String::from(r#""rules":["#);
    for rule in 0..=mix(seed) % 6 {
        let at = mix(seed * 7 + rule);
        // A star is rare.
        let resource = if at.is_multiple_of(100) { "*" } else { RESOURCES[(at % 11) as usize] };
        let verbs = VERBS[(at / 11 % if at.is_multiple_of(20) { 6 } else { 5 }) as usize];
        let group = if at.is_multiple_of(3) { "apps" } else { "" };
        let comma = if rule == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"apiGroups":["{group}"],"resources":["{resource}"],"verbs":[{verbs}]}}"#
        );
    }
    text.push(']');
    text
}

fn binding(number: u64, namespaces: u64) -> String {
    let at = mix(number ^ 0x00b1_4d14_9000);
    let namespace = format!("team-{}", at % namespaces);
    let (kind, scope) = if number.is_multiple_of(50) {
        ("ClusterRoleBinding", "")
    } else {
        ("RoleBinding", namespace.as_str())
    };
    let role = match at / 7 % 8 {
        0..4 if !scope.is_empty() => (String::from("Role"), format!("role-{}", at / 11 % ROLES)),
        4 if !scope.is_empty() => (String::from("ClusterRole"), String::from("edit")),
        5 => (String::from("ClusterRole"), String::from("view")),
        _ => (String::from("ClusterRole"), format!("custom-{}", at / 13 % CLUSTER_ROLES)),
    };
    let subjects: Vec<String> = (0..=at / 17 % 3)
        .map(|subject| {
            let at = mix(at + subject);
            match at % 4 {
                0 => format!(r#"{{"kind":"User","name":"user-{}"}}"#, at / 4 % USERS),
                1 => format!(r#"{{"kind":"Group","name":"group-{}"}}"#, at / 4 % GROUPS),
                _ => format!(
                    r#"{{"kind":"ServiceAccount","name":"account-{}","namespace":"{namespace}"}}"#,
                    at / 4 % ACCOUNTS
                ),
            }
        })
        .collect();
    let rest = format!(
        concat!(
            r#""roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"{}","name":"{}"}},"#,
            r#""subjects":[{}]"#
        ),
        role.0,
        role.1,
        subjects.join(",")
    );
    object(kind, &format!("binding-{number}"), scope, &rest)
}
