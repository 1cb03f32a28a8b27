//! Each edge: a way with it, none without any one of the things it needs.

use std::collections::BTreeSet;

use engine::paths::{EDGES, Place, Reach};
use engine::rbac::{Assumptions, Groups, Switch};
use model::KubernetesVersion;

use crate::scenarios::{
    ADMINS, APP, DANGLING, LOCKED, RBAC_CLUSTER_ROLES, everywhere, here, identity, nodes, running,
    workloads,
};
use crate::world::{EVE, Granted, World, account, bare, edges, grants, options, user};

const NEWEST: KubernetesVersion = KubernetesVersion::NEWEST;

/// The text of a world with all rights but one.
fn world(rules: &[Granted], without: Option<usize>, rest: &str) -> String {
    let rules: Vec<Granted> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| {
            // The role stays, so that its name and its holder do: it says something harmless.
            if Some(at) == without {
                (rule.0, "get", "widgets.example.org", &[][..])
            } else {
                *rule
            }
        })
        .collect();
    // So that the places asked about are there.
    format!(
        "{}{rest}---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
        metadata: {{name: others}}, roleRef: {{kind: ClusterRole, name: none}}, \
        subjects: [{{kind: User, name: bob}}, {{kind: User, name: {EVE}}}]}}\n",
        grants(&rules)
    )
}

fn version_for(id: &str) -> KubernetesVersion {
    let edge = EDGES.iter().flat_map(|it| it.iter()).find(|edge| edge.id == id);
    let edge = edge.unwrap_or_else(|| panic!("no edge {id}"));
    edge.until.map_or(NEWEST, |until| KubernetesVersion::minor(until.minor - 1))
}

#[test]
fn rights_open_a_way_and_each_of_them_is_needed() {
    for (edge, rules, rest, goal) in identity().into_iter().chain(workloads()).chain(nodes()) {
        let version = version_for(edge);
        let text = world(&rules, None, &rest);
        let whole = World::with(&text, version, bare(), &options());
        let Reach::Yes(ways) = whole.paths(&user(EVE), &goal) else {
            panic!("{edge}: no way to {goal}\n{text}");
        };
        assert!(edges(&ways[0]).contains(&edge), "{edge}: {:?}", edges(&ways[0]));
        for without in 0..rules.len() {
            let text = world(&rules, Some(without), &rest);
            let part = World::with(&text, version, bare(), &options());
            let reach = part.paths(&user(EVE), &goal);
            assert!(matches!(reach, Reach::No), "{edge} without {:?}: {reach:?}", rules[without]);
        }
        let mut closed = options();
        closed.without.push(edge);
        let part = World::with(&text, version, bare(), &closed);
        match part.paths(&user(EVE), &goal) {
            // Whoever may do everything has other ways.
            Reach::Yes(ways) if edge.starts_with("everything") => {
                assert!(!edges(&ways[0]).contains(&edge));
            }
            Reach::No => {}
            reach => panic!("{edge} left out: {reach:?}"),
        }
    }
}

/// The API server refuses `system:masters` to constrained impersonation, and a group gives no more
/// than it holds itself.
#[test]
fn constrained_impersonation_gives_what_the_group_holds() {
    for (group, rest) in [
        ("system:masters", APP.to_owned()),
        ("admins", APP.to_owned()),
        ("others", ADMINS.to_owned()),
    ] {
        let rules: [Granted; 3] = [
            (true, "impersonate:user-info", "users.authentication.k8s.io", &["x"]),
            (
                true,
                "impersonate:user-info",
                "groups.authentication.k8s.io",
                match group {
                    "system:masters" => &["system:masters"],
                    "admins" => &["admins"],
                    _ => &["others"],
                },
            ),
            everywhere("impersonate-on:user-info:list", "secrets"),
        ];
        let text = world(&rules, None, &rest);
        let reach = World::new(&text).paths(&user(EVE), &Place::Secrets(None));
        assert!(matches!(reach, Reach::No), "{group}: {reach:?}");
    }
}

/// A user and a service account give no more than they hold, each in its own mode, and the user's
/// groups stay behind.
#[test]
fn constrained_impersonation_gives_what_the_identity_holds() {
    let list = |mode| here(mode, "secrets");
    let (user_info, account_mode) =
        (list("impersonate-on:user-info:list"), list("impersonate-on:serviceaccount:list"));
    let users = "users.authentication.k8s.io";
    let accounts = "serviceaccounts.authentication.k8s.io";
    let root = (true, "impersonate:user-info", users, &["root"][..]);
    let boss = (false, "impersonate:serviceaccount", accounts, &["boss"][..]);
    for (rules, is_open) in [
        ([root, user_info], true),
        ([root, account_mode], false),
        ([boss, account_mode], true),
        ([boss, user_info], false),
        // Only in a group that may, which does not come along.
        ([(true, "impersonate:user-info", users, &["member"]), user_info], false),
        (
            [
                (true, "impersonate:user-info", users, &["system:serviceaccount:app:boss"]),
                user_info,
            ],
            false,
        ),
        ([(false, "impersonate:serviceaccount", accounts, &["other"]), account_mode], false),
    ] {
        let mut options = options();
        options.groups.insert("member".to_owned(), Groups::Known(vec!["admins".to_owned()]));
        let text = world(&rules, None, &format!("{APP}{ADMINS}"));
        let world = World::with(&text, NEWEST, bare(), &options);
        let reach = world.paths(&user(EVE), &Place::Secrets(Some("app".to_owned())));
        assert_eq!(matches!(reach, Reach::Yes(_)), is_open, "{rules:?}: {reach:?}");
        assert_eq!(matches!(reach, Reach::No), !is_open, "{rules:?}: {reach:?}");
    }
}

/// The agent's pod and another on `n1`, and one on `n2`; the rights are the agent's.
fn agents(rules: &[(&str, &str)], mounts: bool) -> String {
    let pod = |name: &str, node: &str, account: &str, mounts: bool| {
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: app}}, spec: \
             {{nodeName: {node}, serviceAccountName: {account}, \
             automountServiceAccountToken: {mounts}, containers: [{{name: a}}]}}}}\n"
        )
    };
    let rules: Vec<String> = rules
        .iter()
        .map(|(verb, resource)| {
            let group = if *resource == "nodes" { "authentication.k8s.io" } else { "" };
            format!("{{verbs: ['{verb}'], apiGroups: ['{group}'], resources: ['{resource}']}}")
        })
        .collect();
    let role = format!(
        "---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
         metadata: {{name: agent}}, rules: [{}]}}\n\
         ---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
         metadata: {{name: agent}}, roleRef: {{kind: ClusterRole, name: agent}}, \
         subjects: [{{kind: ServiceAccount, name: agent, namespace: app}}]}}\n",
        rules.join(", ")
    );
    let pods = [
        pod("agent", "n1", "agent", mounts),
        pod("near", "n1", "near", true),
        pod("far", "n2", "far", true),
    ];
    format!("{APP}{}{role}", pods.concat())
}

#[test]
fn a_pod_that_may_act_as_its_node_has_the_accounts_of_the_pods_on_it() {
    let own = ("impersonate:associated-node", "nodes");
    let tokens = ("impersonate-on:associated-node:create", "serviceaccounts/token");
    let far = ("impersonate-on:arbitrary-node:create", "serviceaccounts/token");
    for (rules, mounts, minor, target, is_open) in [
        (&[own, tokens][..], true, 36, "near", true),
        (&[own, tokens], true, 36, "far", false),
        (&[own, tokens], true, 35, "near", false),
        (&[own, tokens], false, 36, "near", false),
        (&[own], true, 36, "near", false),
        (&[tokens], true, 36, "near", false),
        (&[own, far], true, 36, "near", false),
    ] {
        let version = KubernetesVersion::minor(minor);
        let world = World::with(&agents(rules, mounts), version, bare(), &options());
        let reach = world.paths(&world.pod("Pod", "agent"), &account("app", target));
        let case = format!("{rules:?} {mounts} 1.{minor} {target}: {reach:?}");
        match reach {
            Reach::Yes(ways) => {
                assert!(is_open, "{case}");
                assert!(edges(&ways[0]).contains(&"constrained-impersonation-own-node"), "{case}");
            }
            reach => assert!(!is_open && matches!(reach, Reach::No), "{case}"),
        }
    }
}

#[test]
fn edges_begin_and_end_with_their_versions() {
    let mut flipped = BTreeSet::new();
    for (edge, rules, rest, goal) in identity().into_iter().chain(workloads()) {
        let found = EDGES.iter().flat_map(|it| it.iter()).find(|it| it.id == edge);
        let Some(found) = found else { panic!("no edge {edge}") };
        let text = world(&rules, None, &rest);
        let is_open = |minor| {
            let version = KubernetesVersion::minor(minor);
            let world = World::with(&text, version, bare(), &options());
            matches!(world.paths(&user(EVE), &goal), Reach::Yes(_))
        };
        if let Some(since) = found.since {
            assert!(is_open(since.minor) && !is_open(since.minor - 1), "{edge}");
            flipped.insert(edge);
        }
        if let Some(until) = found.until {
            assert!(is_open(until.minor - 1) && !is_open(until.minor), "{edge}");
            flipped.insert(edge);
        }
    }
    assert_eq!(flipped.len(), 15, "{flipped:?}");
}

/// An edge that a field of a pod opens: the edge, the specification with it, and without it.
const FIELDS: &[(&str, &str, &str)] = &[
    (
        "privileged-container",
        "containers: [{name: a, securityContext: {privileged: true}}]",
        "containers: [{name: a, securityContext: {privileged: false}}]",
    ),
    (
        "runtime-socket",
        "volumes: [{name: v, hostPath: {path: /var/run}}], \
         containers: [{name: a, volumeMounts: [{name: v, mountPath: /v, readOnly: true}]}]",
        "volumes: [{name: v, hostPath: {path: /var/run/mine}}], \
         containers: [{name: a, volumeMounts: [{name: v, mountPath: /v}]}]",
    ),
    (
        "writable-host-path",
        "volumes: [{name: v, hostPath: {path: //etc/}}], \
         containers: [{name: a, volumeMounts: [{name: v, mountPath: /v}]}]",
        "volumes: [{name: v, hostPath: {path: /etc}}], \
         containers: [{name: a, volumeMounts: [{name: v, mountPath: /v, readOnly: true}]}]",
    ),
    (
        "host-logs",
        "volumes: [{name: v, hostPath: {path: /var/log}}], \
         containers: [{name: a, volumeMounts: [{name: v, mountPath: /v}]}]",
        "volumes: [{name: v, hostPath: {path: /var/log}}], containers: [{name: a}]",
    ),
    (
        "load-kernel-module",
        "containers: [{name: a, securityContext: {capabilities: {add: [SYS_MODULE]}}}]",
        "hostUsers: false, containers: [{name: a, securityContext: {capabilities: {add: [SYS_MODULE]}}}]",
    ),
    (
        "admin-capability",
        "containers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]",
        "containers: [{name: a, securityContext: {capabilities: {add: [SYS_TIME]}}}]",
    ),
    (
        "read-any-file",
        "containers: [{name: a, securityContext: {capabilities: {add: [DAC_READ_SEARCH]}}}]",
        "containers: [{name: a}]",
    ),
    (
        "raw-io",
        "containers: [{name: a, securityContext: {capabilities: {add: [SYS_RAWIO]}}}]",
        "containers: [{name: a}]",
    ),
    (
        "trace-host-process",
        "hostPID: true, containers: [{name: a, securityContext: {capabilities: {add: [SYS_PTRACE]}}}]",
        "containers: [{name: a, securityContext: {capabilities: {add: [SYS_PTRACE]}}}]",
    ),
];

fn pod(spec: &str) -> World {
    World::new(&format!(
        "{APP}---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: app}}, \
         spec: {{nodeName: n1, serviceAccountName: target, {spec}}}}}\n"
    ))
}

#[test]
fn fields_of_pods_lead_to_their_node() {
    let goal = Place::Node("n1".to_owned());
    for (edge, with, without) in FIELDS {
        let world = pod(with);
        let Reach::Yes(ways) = world.paths(&world.pod("Pod", "p"), &goal) else {
            panic!("{edge}: no way");
        };
        assert_eq!(edges(&ways[0]), [*edge]);
        let world = pod(without);
        let reach = world.paths(&world.pod("Pod", "p"), &goal);
        assert!(matches!(reach, Reach::No), "{edge}: {reach:?}");
    }
}

#[test]
fn the_kubelets_folder_leads_to_the_other_pods_of_the_node() {
    let goal = Place::PodsOn("n1".to_owned());
    let spec = |path: &str| {
        format!(
            "volumes: [{{name: v, hostPath: {{path: {path}}}}}], \
             containers: [{{name: a, volumeMounts: [{{name: v, mountPath: /v, readOnly: true}}]}}]"
        )
    };
    let world = pod(&spec("/var/lib/kubelet/pods"));
    let Reach::Yes(ways) = world.paths(&world.pod("Pod", "p"), &goal) else { panic!("no way") };
    assert_eq!(edges(&ways[0]), ["kubelet-folder"]);
    let world = pod(&spec("/var/lib/mine"));
    assert!(matches!(world.paths(&world.pod("Pod", "p"), &goal), Reach::No));
}

#[test]
fn a_mounted_token_leads_to_the_service_account() {
    let world = pod("containers: [{name: a}]");
    let from = world.pod("Pod", "p");
    let Reach::Yes(ways) = world.paths(&from, &account("app", "target")) else { panic!("no way") };
    assert_eq!(edges(&ways[0]), ["mounted-token"]);
    let world = pod("automountServiceAccountToken: false, containers: [{name: a}]");
    assert!(matches!(world.paths(&from, &account("app", "target")), Reach::No));
}

#[test]
fn annotations_lead_to_a_cloud() {
    for (edge, key) in [
        ("aws-role", "eks.amazonaws.com/role-arn"),
        ("google-service-account", "iam.gke.io/gcp-service-account"),
        ("azure-identity", "azure.workload.identity/client-id"),
    ] {
        let text = |key| {
            format!(
                "{{apiVersion: v1, kind: ServiceAccount, metadata: \
                 {{name: target, namespace: app, annotations: {{{key}: me}}}}}}"
            )
        };
        let goal = Place::Cloud("me".to_owned());
        let Reach::Yes(ways) = World::new(&text(key)).paths(&account("app", "target"), &goal)
        else {
            panic!("{edge}: no way");
        };
        assert_eq!(edges(&ways[0]), [edge]);
        let reach = World::new(&text("other")).paths(&account("app", "target"), &goal);
        assert!(matches!(reach, Reach::No), "{edge}");
    }
}

/// Whether the cloud trusts a service account is not in the cluster: the way is never certain.
#[test]
fn annotations_may_claim_identities_of_a_cloud() {
    for (edge, key) in [
        ("claim-aws-role", "eks.amazonaws.com/role-arn"),
        ("claim-google-service-account", "iam.gke.io/gcp-service-account"),
        ("claim-azure-identity", "azure.workload.identity/client-id"),
    ] {
        let rest = format!(
            "{APP}---\n{{apiVersion: v1, kind: ServiceAccount, metadata: \
             {{name: backup, namespace: other, annotations: {{{key}: me}}}}}}\n"
        );
        let rules = [here("create", "pods"), here("patch", "serviceaccounts")];
        let goal = Place::Cloud("me".to_owned());
        let reach = World::new(&world(&rules, None, &rest)).paths(&user(EVE), &goal);
        let Reach::Unknown(ways) = reach else { panic!("{edge}: {reach:?}") };
        assert!(edges(&ways[0]).contains(&edge), "{edge}: {:?}", edges(&ways[0]));
        for without in 0..rules.len() {
            let reach = World::new(&world(&rules, Some(without), &rest)).paths(&user(EVE), &goal);
            assert!(matches!(reach, Reach::No), "{edge} without {without}: {reach:?}");
        }
    }
}

#[test]
fn operators_act_in_their_place_and_as_they_are_told() {
    for (operator, rules, others) in [
        (
            running("flux", "kustomize-controller", "--default-service-account=default"),
            vec![
                here("create", "kustomizations.kustomize.toolkit.fluxcd.io"),
                here("create", "buckets.source.toolkit.fluxcd.io"),
            ],
            account("flux", "kustomize-controller"),
        ),
        (
            // It looks at the Applications of its own namespace.
            running("argocd", "argocd-application-controller", ""),
            vec![here("create", "applications.argoproj.io")],
            account("argocd", "argocd-application-controller"),
        ),
    ] {
        let reach = World::new(&world(&rules, None, &operator)).paths(&user(EVE), &others);
        assert!(matches!(reach, Reach::No), "{others}: {reach:?}");
    }
}

/// Whoever is no subject of the binding gains nothing by its role.
#[test]
fn a_missing_role_is_captured_by_subjects_of_its_binding() {
    let rules =
        [everywhere("escalate", RBAC_CLUSTER_ROLES), everywhere("create", RBAC_CLUSTER_ROLES)];
    let rest = format!("{APP}{}", DANGLING.replace("name: eve", "name: mallory"));
    let text = format!("{}{rest}", grants(&rules));
    let reach = World::new(&text).paths(&user(EVE), &Place::ClusterAdmin);
    assert!(matches!(reach, Reach::No), "{reach:?}");
}

#[test]
fn the_hosts_network_leads_to_the_nodes_cloud_identity() {
    let node =
        "{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {providerID: 'gce://p/z/n1'}}\n";
    let goal = Place::Cloud("gce://p/z/n1".to_owned());
    for is_on in [true, false] {
        let world = World::new(&format!(
            "{node}---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: app}}, \
             spec: {{nodeName: n1, hostNetwork: {is_on}, containers: [{{name: a}}]}}}}\n"
        ));
        let reach = world.paths(&world.pod("Pod", "p"), &goal);
        match reach {
            Reach::Yes(ways) if is_on => assert_eq!(edges(&ways[0]), ["host-network-metadata"]),
            Reach::No if !is_on => {}
            other => panic!("{is_on}: {other:?}"),
        }
    }
}

#[test]
fn root_on_a_node_that_nothing_restricts_is_every_service_account() {
    let text = world(
        &[here("create", "pods")],
        None,
        &format!(
            "{APP}---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: far, namespace: other}}}}\n"
        ),
    );
    let goal = account("other", "far");
    for (switch, is_open) in [(Switch::Off, true), (Switch::On, false)] {
        let assumptions = Assumptions { node_restriction: switch, ..bare() };
        let world = World::with(&text, NEWEST, assumptions, &options());
        let reach = world.paths(&user(EVE), &goal);
        match reach {
            Reach::Yes(ways) if is_open => {
                assert!(edges(&ways[0]).contains(&"node-without-restriction"));
            }
            Reach::No if !is_open => {}
            other => panic!("{switch:?}: {other:?}"),
        }
    }
}

#[test]
fn pods_are_drained_to_a_node_one_has() {
    let rules =
        [everywhere("delete", "pods"), everywhere("patch", "nodes"), here("create", "pods")];
    let other = "---\n{apiVersion: v1, kind: Pod, metadata: {name: far, namespace: other}, \
        spec: {containers: [{name: a}], serviceAccountName: far}}\n";
    // Root on one node alone: by a pod that is already on it.
    let held = "---\n{apiVersion: v1, kind: Pod, metadata: {name: mine, namespace: app}, \
        spec: {nodeName: n1, containers: [{name: a, securityContext: {privileged: true}}]}}\n";
    let rest = format!("{LOCKED}{other}{held}");
    let rules = [rules[0], rules[1], here("create", "pods/exec")];
    let text = world(&rules, None, &rest);
    let goal = account("other", "far");
    let Reach::Yes(ways) = World::new(&text).paths(&user(EVE), &goal) else { panic!("no way") };
    assert!(edges(&ways[0]).contains(&"drain-to-own-node"));
    for without in 0..rules.len() {
        let reach = World::new(&world(&rules, Some(without), &rest)).paths(&user(EVE), &goal);
        assert!(matches!(reach, Reach::No), "{without}: {reach:?}");
    }
}

#[test]
fn pod_security_closes_the_way_by_a_privileged_pod() {
    for (label, is_open) in
        [("privileged", true), ("baseline", false), ("restricted", false), ("nonsense", false)]
    {
        let namespace = LOCKED.replace("restricted", label);
        let text = world(&[here("create", "pods")], None, &namespace);
        let reach = World::new(&text).paths(&user(EVE), &Place::AnyNode);
        assert_eq!(matches!(reach, Reach::Yes(_)), is_open, "{label}");
        assert_eq!(matches!(reach, Reach::No), !is_open, "{label}");
    }
}

#[test]
fn every_edge_has_a_scenario() {
    let of_rights = identity().into_iter().chain(workloads()).chain(nodes());
    let mut tested: BTreeSet<&str> = of_rights.map(|(edge, ..)| edge).collect();
    tested.extend(FIELDS.iter().map(|(edge, ..)| *edge));
    // Those with a test of their own.
    tested.extend(["kubelet-folder", "mounted-token", "host-network-metadata"]);
    tested.extend(["claim-aws-role", "claim-google-service-account", "claim-azure-identity"]);
    tested.extend(["aws-role", "google-service-account", "azure-identity"]);
    tested.extend(["node-without-restriction", "drain-to-own-node"]);
    tested.insert("constrained-impersonation-own-node");
    let all: Vec<&str> = EDGES.iter().flat_map(|it| it.iter()).map(|edge| edge.id).collect();
    let unique: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(unique.len(), all.len(), "an id is used twice");
    assert_eq!(unique, tested);
    assert!(all.len() >= 45, "{}", all.len());
}
