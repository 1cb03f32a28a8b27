//! A generated cluster.
//!
//! The whole: 500 namespaces with 200 pods, 40 service accounts and 20 Roles each; 300
//! ClusterRoles beside those of the bootstrap; 50,000 bindings, of which one in fifty is a
//! ClusterRoleBinding, half of the others grant a Role, the rest a ClusterRole; one to three
//! subjects each, of 2,000 users, 300 groups and the service accounts.

mod objects;

use std::fmt::Write as _;

use model::Snapshot;

use objects::Objects;
pub(crate) use objects::{WORLD, mix};

pub(crate) const NAMESPACES: u64 = 500;
pub(crate) const PODS: u64 = 200;
pub(crate) const ACCOUNTS: u64 = 40;
const ROLES: u64 = 20;
const CLUSTER_ROLES: u64 = 300;
pub(crate) const BINDINGS: u64 = 50_000;
const USERS: u64 = 2_000;
const GROUPS: u64 = 300;

/// This part of the cluster, in percent.
pub(crate) fn cluster(percent: u64) -> Snapshot {
    let mut objects = Objects::new();
    let mut add = |text: &str| objects.add(text);
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
    objects.snapshot()
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
