//! The edges that rights open: the rights, what else is there, and what they lead to.

use engine::paths::Place;

use crate::world::{Granted, account, user};

pub(crate) const APP: &str = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: app}}\n";
pub(crate) const LOCKED: &str = "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: app\n  \
    labels: {pod-security.kubernetes.io/enforce: restricted}\n";
pub(crate) const TARGET: &str =
    "---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: target, namespace: app}}\n";
pub(crate) const POD: &str = "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: app}, \
    spec: {containers: [{name: web, image: web}]}}\n";
pub(crate) const TOKEN: &str = "---\n{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, \
    metadata: {name: token, namespace: app, annotations: {kubernetes.io/service-account.name: target}}}\n";

pub(crate) fn here(verb: &'static str, resource: &'static str) -> Granted {
    (false, verb, resource, &[])
}

pub(crate) fn everywhere(verb: &'static str, resource: &'static str) -> Granted {
    (true, verb, resource, &[])
}

pub(crate) fn new_pods() -> Place {
    Place::NewPods(Some("app".to_owned()))
}

pub(crate) fn secrets() -> Place {
    Place::Secrets(Some("app".to_owned()))
}

/// An edge that rights open: the edge, the rights, what else is there, and what it leads to.
pub(crate) type Case = (&'static str, Vec<Granted>, String, Place);

pub(crate) const RBAC_CLUSTER_ROLES: &str = "clusterroles.rbac.authorization.k8s.io";
pub(crate) const RBAC_ROLES: &str = "roles.rbac.authorization.k8s.io";
pub(crate) const ROLE_BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";
pub(crate) const CLUSTER_ROLE_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";
pub(crate) const WANTED: &str = "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
    metadata: {name: wanted}, rules: [{verbs: [get], apiGroups: [''], resources: [secrets]}]}\n\
    ---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, \
    metadata: {name: wanted, namespace: app}, rules: [{verbs: [get], apiGroups: [''], resources: [secrets]}]}\n";

pub(crate) fn identity() -> Vec<Case> {
    [roles(), escalation(), impersonation(), constrained(), tokens(), certificates()].concat()
}

pub(crate) fn roles() -> Vec<Case> {
    let app = || APP.to_owned();
    vec![
        ("everything", vec![everywhere("*", "*.*")], app(), Place::ClusterAdmin),
        (
            "everything-in-namespace",
            vec![here("*", "*.*")],
            app(),
            Place::NamespaceAdmin(Some("app".to_owned())),
        ),
        (
            "bind-cluster-role-everywhere",
            vec![
                everywhere("create", CLUSTER_ROLE_BINDINGS),
                everywhere("bind", RBAC_CLUSTER_ROLES),
            ],
            app(),
            Place::ClusterAdmin,
        ),
        (
            "bind-cluster-role-everywhere",
            vec![
                everywhere("create", CLUSTER_ROLE_BINDINGS),
                (true, "bind", RBAC_CLUSTER_ROLES, &["wanted"]),
            ],
            format!("{APP}{WANTED}"),
            Place::Secrets(None),
        ),
        (
            "bind-cluster-role",
            vec![here("create", ROLE_BINDINGS), (true, "bind", RBAC_CLUSTER_ROLES, &["wanted"])],
            format!("{APP}{WANTED}"),
            secrets(),
        ),
        (
            "bind-cluster-role",
            vec![here("create", ROLE_BINDINGS), here("bind", RBAC_CLUSTER_ROLES)],
            app(),
            Place::NamespaceAdmin(Some("app".to_owned())),
        ),
        (
            "bind-role",
            vec![here("create", ROLE_BINDINGS), here("bind", RBAC_ROLES)],
            format!("{APP}{WANTED}"),
            secrets(),
        ),
        (
            "bind-role",
            vec![here("create", ROLE_BINDINGS), (false, "bind", RBAC_ROLES, &["wanted"])],
            format!("{APP}{WANTED}"),
            secrets(),
        ),
    ]
}

pub(crate) fn escalation() -> Vec<Case> {
    let app = || APP.to_owned();
    vec![
        (
            "escalate-cluster-role",
            vec![
                (true, "escalate", RBAC_CLUSTER_ROLES, &["role-1"]),
                (true, "update", RBAC_CLUSTER_ROLES, &["role-1"]),
            ],
            app(),
            Place::ClusterAdmin,
        ),
        (
            "escalate-role",
            vec![here("escalate", RBAC_ROLES), here("patch", RBAC_ROLES)],
            app(),
            Place::NamespaceAdmin(Some("app".to_owned())),
        ),
    ]
}

pub(crate) fn impersonation() -> Vec<Case> {
    let app = || APP.to_owned();
    let target = || format!("{APP}{TARGET}");
    vec![
        (
            "impersonate-service-account",
            vec![(false, "impersonate", "serviceaccounts", &["target"])],
            target(),
            account("app", "target"),
        ),
        (
            "impersonate-service-account",
            vec![everywhere("impersonate", "serviceaccounts")],
            target(),
            account("app", "target"),
        ),
        ("impersonate-user", vec![(true, "impersonate", "users", &["bob"])], app(), user("bob")),
        (
            "impersonate-group",
            vec![
                (true, "impersonate", "users", &["x"]),
                (true, "impersonate", "groups", &["system:masters"]),
            ],
            app(),
            Place::ClusterAdmin,
        ),
    ]
}

/// A group, a user and a service account that may do everything.
pub(crate) const ADMINS: &str = "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, \
    metadata: {name: all}, rules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]}\n\
    ---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
    metadata: {name: admins}, roleRef: {kind: ClusterRole, name: all}, \
    subjects: [{kind: Group, name: admins}, {kind: User, name: root}, \
    {kind: ServiceAccount, name: boss, namespace: app}]}\n";

pub(crate) fn constrained() -> Vec<Case> {
    let app = || format!("{APP}{ADMINS}");
    let as_user = |last: Granted| {
        vec![(true, "impersonate:user-info", "users.authentication.k8s.io", &["root"][..]), last]
    };
    let as_account = |last: Granted| {
        let accounts = "serviceaccounts.authentication.k8s.io";
        vec![(false, "impersonate:serviceaccount", accounts, &["boss"][..]), last]
    };
    let constrained = |last: Granted| {
        vec![
            (true, "impersonate:user-info", "users.authentication.k8s.io", &["x"][..]),
            (true, "impersonate:user-info", "groups.authentication.k8s.io", &["admins"]),
            last,
        ]
    };
    vec![
        (
            "constrained-impersonation-secrets",
            constrained(here("impersonate-on:user-info:list", "secrets")),
            app(),
            secrets(),
        ),
        (
            "constrained-impersonation-pods",
            constrained(here("impersonate-on:user-info:create", "pods")),
            app(),
            new_pods(),
        ),
        (
            "constrained-impersonation-bindings",
            constrained(everywhere("impersonate-on:user-info:create", CLUSTER_ROLE_BINDINGS)),
            app(),
            Place::ClusterAdmin,
        ),
        (
            "constrained-impersonation-user-secrets",
            as_user(here("impersonate-on:user-info:get", "secrets")),
            app(),
            secrets(),
        ),
        (
            "constrained-impersonation-user-pods",
            as_user(here("impersonate-on:user-info:create", "pods")),
            app(),
            new_pods(),
        ),
        (
            "constrained-impersonation-user-bindings",
            as_user(everywhere("impersonate-on:user-info:create", CLUSTER_ROLE_BINDINGS)),
            app(),
            Place::ClusterAdmin,
        ),
        (
            "constrained-impersonation-account-secrets",
            as_account(here("impersonate-on:serviceaccount:get", "secrets")),
            app(),
            secrets(),
        ),
        (
            "constrained-impersonation-account-pods",
            as_account(here("impersonate-on:serviceaccount:create", "pods")),
            app(),
            new_pods(),
        ),
        (
            "constrained-impersonation-account-bindings",
            as_account(everywhere("impersonate-on:serviceaccount:create", CLUSTER_ROLE_BINDINGS)),
            app(),
            Place::ClusterAdmin,
        ),
    ]
}

pub(crate) fn tokens() -> Vec<Case> {
    let app = || APP.to_owned();
    let target = || format!("{APP}{TARGET}");
    vec![
        (
            "create-token",
            vec![(false, "create", "serviceaccounts/token", &["target"])],
            target(),
            account("app", "target"),
        ),
        (
            "create-token-secret",
            vec![here("create", "secrets"), here("get", "secrets")],
            target(),
            account("app", "target"),
        ),
        (
            "read-token-secret",
            vec![(false, "get", "secrets", &["token"])],
            format!("{APP}{TARGET}{TOKEN}"),
            account("app", "target"),
        ),
        (
            "read-generated-token-secret",
            vec![here("list", "secrets")],
            target(),
            account("app", "target"),
        ),
        ("read-secrets", vec![here("watch", "secrets")], app(), secrets()),
    ]
}

pub(crate) fn certificates() -> Vec<Case> {
    let target = || format!("{APP}{TARGET}");
    vec![
        (
            "approve-certificate",
            vec![
                everywhere("create", "certificatesigningrequests.certificates.k8s.io"),
                everywhere("update", "certificatesigningrequests.certificates.k8s.io/approval"),
                (true, "approve", "signers.certificates.k8s.io", &["kubernetes.io/kube-apiserver-client"]),
            ],
            target(),
            account("app", "target"),
        ),
        (
            // A signer by its domain.
            "approve-certificate",
            vec![
                everywhere("create", "certificatesigningrequests.certificates.k8s.io"),
                everywhere("patch", "certificatesigningrequests.certificates.k8s.io/approval"),
                (true, "approve", "signers.certificates.k8s.io", &["kubernetes.io/*"]),
            ],
            target(),
            account("app", "target"),
        ),
        (
            "approve-kubelet-certificate",
            vec![
                everywhere("create", "certificatesigningrequests.certificates.k8s.io"),
                everywhere("update", "certificatesigningrequests.certificates.k8s.io/approval"),
                (true, "approve", "signers.certificates.k8s.io", &["kubernetes.io/kube-apiserver-client-kubelet"]),
            ],
            format!("{APP}{POD}"),
            account("app", "default"),
        ),
        (
            "request-kubelet-certificate",
            vec![
                everywhere("create", "certificatesigningrequests.certificates.k8s.io"),
                everywhere("create", "certificatesigningrequests.certificates.k8s.io/nodeclient"),
            ],
            format!("{APP}{POD}"),
            account("app", "default"),
        ),
        (
            "create-bootstrap-token",
            vec![everywhere("create", "secrets")],
            format!("{APP}{JOINING}"),
            Place::Group("system:bootstrappers:joining".to_owned()),
        ),
        (
            "constrained-impersonation-node",
            vec![
                (true, "impersonate:arbitrary-node", "nodes.authentication.k8s.io", &["n1"]),
                everywhere("impersonate-on:arbitrary-node:create", "serviceaccounts/token"),
            ],
            format!("{APP}{}", POD.replace("spec: {", "spec: {nodeName: n1, ")),
            account("app", "default"),
        ),
        (
            "constrained-impersonation-node",
            vec![
                everywhere("impersonate:arbitrary-node", "nodes.authentication.k8s.io"),
                everywhere("impersonate-on:arbitrary-node:create", "serviceaccounts/token"),
            ],
            format!("{APP}{POD}"),
            account("app", "default"),
        ),
        (
            "capture-cluster-role",
            vec![
                (true, "escalate", RBAC_CLUSTER_ROLES, &[]),
                everywhere("create", RBAC_CLUSTER_ROLES),
            ],
            format!("{APP}{DANGLING}"),
            Place::ClusterAdmin,
        ),
        (
            "capture-role",
            vec![here("escalate", RBAC_ROLES), here("create", RBAC_ROLES)],
            format!("{APP}{DANGLING}"),
            Place::NamespaceAdmin(Some("app".to_owned())),
        ),
        (
            "redirecting-api-service",
            vec![
                everywhere("patch", "apiservices.apiregistration.k8s.io"),
                here("create", "pods"),
                here("create", "services"),
            ],
            format!("{APP}{CONTROLLER}"),
            account("kube-system", "generic-garbage-collector"),
        ),
        (
            "aws-auth",
            vec![(true, "patch", "configmaps", &["aws-auth"])],
            "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: aws-auth, namespace: kube-system}}\n"
                .to_owned(),
            Place::ClusterAdmin,
        ),
    ]
}

/// What joins nodes may do, and that it may.
pub(crate) const JOINING: &str = "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
    metadata: {name: joining}, roleRef: {kind: ClusterRole, name: none}, \
    subjects: [{kind: Group, name: 'system:bootstrappers:joining'}]}\n";
/// Bindings whose roles are missing.
pub(crate) const DANGLING: &str = "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, \
    metadata: {name: dangling}, roleRef: {kind: ClusterRole, name: missing}, \
    subjects: [{kind: User, name: eve}]}\n\
    ---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, \
    metadata: {name: dangling, namespace: app}, roleRef: {kind: Role, name: missing}, \
    subjects: [{kind: User, name: eve}]}\n";
pub(crate) const CONTROLLER: &str = "---\n{apiVersion: v1, kind: ServiceAccount, \
    metadata: {name: generic-garbage-collector, namespace: kube-system}}\n";

/// A pod of an operator.
pub(crate) fn running(namespace: &str, account: &str, arguments: &str) -> String {
    format!(
        "{APP}---\n{{apiVersion: v1, kind: Pod, metadata: {{name: operator, namespace: {namespace}}}, \
         spec: {{serviceAccountName: {account}, containers: [{{name: a, args: [{arguments}]}}]}}}}\n"
    )
}

pub(crate) fn operators() -> Vec<Case> {
    vec![
        (
            "argo-cd-application",
            vec![here("update", "applications.argoproj.io")],
            running("app", "argocd-application-controller", ""),
            account("app", "argocd-application-controller"),
        ),
        (
            "flux-kustomization",
            vec![
                here("create", "kustomizations.kustomize.toolkit.fluxcd.io"),
                here("create", "gitrepositories.source.toolkit.fluxcd.io"),
            ],
            running("flux", "kustomize-controller", "--watch-all-namespaces"),
            account("flux", "kustomize-controller"),
        ),
        (
            "flux-helm-release",
            vec![
                everywhere("create", "helmreleases.helm.toolkit.fluxcd.io"),
                everywhere("create", "helmrepositories.source.toolkit.fluxcd.io"),
            ],
            running("flux", "helm-controller", ""),
            account("flux", "helm-controller"),
        ),
    ]
}

pub(crate) fn traffic() -> Vec<Case> {
    let here_there = || Place::Traffic(Some("app".to_owned()));
    let dns = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: coredns, namespace: kube-system}}\n";
    let app = || APP.to_owned();
    vec![
        ("change-services", vec![here("update", "services")], app(), here_there()),
        ("change-endpoints", vec![here("create", "endpoints")], app(), here_there()),
        (
            "change-endpoint-slices",
            vec![everywhere("patch", "endpointslices.discovery.k8s.io")],
            app(),
            Place::Traffic(None),
        ),
        (
            "cluster-dns",
            vec![(true, "update", "configmaps", &["coredns"])],
            format!("{APP}{dns}"),
            here_there(),
        ),
    ]
}

pub(crate) fn workloads() -> Vec<Case> {
    [pods(), makers(), changes(), connections(), operators(), traffic()].concat()
}

pub(crate) fn pods() -> Vec<Case> {
    let app = || APP.to_owned();
    vec![
        ("create-pod", vec![here("create", "pods")], app(), new_pods()),
        (
            "new-pod-service-account",
            vec![here("create", "pods")],
            format!("{APP}{TARGET}"),
            account("app", "target"),
        ),
        ("new-pod-secrets", vec![here("create", "pods")], app(), secrets()),
        ("new-privileged-pod", vec![here("create", "pods")], app(), Place::AnyNode),
        (
            "loosen-pod-security",
            vec![here("create", "pods"), (true, "patch", "namespaces", &["app"])],
            LOCKED.to_owned(),
            Place::AnyNode,
        ),
        (
            "host-path-volume",
            vec![
                here("create", "pods"),
                here("create", "persistentvolumeclaims"),
                everywhere("create", "persistentvolumes"),
            ],
            LOCKED.to_owned(),
            Place::AnyNode,
        ),
        (
            "mutating-webhook",
            vec![everywhere(
                "create",
                "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            )],
            app(),
            Place::Pods(None),
        ),
        (
            "mutating-policy",
            vec![
                everywhere("create", "mutatingadmissionpolicies.admissionregistration.k8s.io"),
                everywhere(
                    "create",
                    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
                ),
            ],
            app(),
            Place::Pods(None),
        ),
    ]
}

pub(crate) fn makers() -> Vec<Case> {
    let resources = [
        ("create-deployment", "deployments.apps"),
        ("create-daemon-set", "daemonsets.apps"),
        ("create-stateful-set", "statefulsets.apps"),
        ("create-replica-set", "replicasets.apps"),
        ("create-replication-controller", "replicationcontrollers"),
        ("create-job", "jobs.batch"),
        ("create-cron-job", "cronjobs.batch"),
        ("create-task-run", "taskruns.tekton.dev"),
        ("create-argo-workflow", "workflows.argoproj.io"),
        ("create-knative-service", "services.serving.knative.dev"),
        ("create-virtual-machine", "virtualmachines.kubevirt.io"),
        ("create-virtual-machine-instance", "virtualmachineinstances.kubevirt.io"),
        ("create-pipeline-run", "pipelineruns.tekton.dev"),
        ("create-cron-workflow", "cronworkflows.argoproj.io"),
        ("create-rollout", "rollouts.argoproj.io"),
        ("create-job-set", "jobsets.jobset.x-k8s.io"),
        ("create-spark-application", "sparkapplications.sparkoperator.k8s.io"),
        ("create-ray-cluster", "rayclusters.ray.io"),
    ];
    let case =
        |(edge, resource)| (edge, vec![here("create", resource)], APP.to_owned(), new_pods());
    resources.into_iter().map(case).collect()
}

pub(crate) fn changes() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (edge, kind, resource) in [
        ("change-deployment", "apps/v1, kind: Deployment", "deployments.apps"),
        ("change-daemon-set", "apps/v1, kind: DaemonSet", "daemonsets.apps"),
        ("change-stateful-set", "apps/v1, kind: StatefulSet", "statefulsets.apps"),
        ("change-replica-set", "apps/v1, kind: ReplicaSet", "replicasets.apps"),
        (
            "change-replication-controller",
            "v1, kind: ReplicationController",
            "replicationcontrollers",
        ),
        ("change-cron-job", "batch/v1, kind: CronJob", "cronjobs.batch"),
    ] {
        let template = "template: {spec: {containers: [{name: web, image: web}]}}";
        let spec = if edge == "change-cron-job" {
            format!("jobTemplate: {{spec: {{{template}}}}}")
        } else {
            template.to_owned()
        };
        let object = format!(
            "{APP}---\n{{apiVersion: {kind}, metadata: {{name: web, namespace: app}}, spec: {{{spec}}}}}\n"
        );
        cases.push((edge, vec![(false, "patch", resource, &["web"])], object.clone(), new_pods()));
        cases.push((edge, vec![here("update", resource)], object, new_pods()));
    }
    cases
}

pub(crate) fn connections() -> Vec<Case> {
    let pod = || format!("{APP}{POD}");
    let mut cases: Vec<Case> = Vec::new();
    for (edge, verb, resource) in [
        ("exec", "create", "pods/exec"),
        ("exec-websocket", "get", "pods/exec"),
        ("attach", "create", "pods/attach"),
        ("attach-websocket", "get", "pods/attach"),
        ("ephemeral-container", "patch", "pods/ephemeralcontainers"),
        ("change-pod-image", "patch", "pods"),
    ] {
        cases.push((edge, vec![here(verb, resource)], pod(), Place::Pods(Some("app".to_owned()))));
        cases.push((
            edge,
            vec![(false, verb, resource, &["web"])],
            pod(),
            account("app", "default"),
        ));
    }
    cases
}

pub(crate) fn nodes() -> Vec<Case> {
    let on_node = POD.replace("spec: {", "spec: {nodeName: n1, ");
    let node = "---\n{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {node-role.kubernetes.io/control-plane: ''}}}\n";
    let cloud = "---\n{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {providerID: 'aws:///eu/i-1'}}\n";
    vec![
        (
            "nodes-proxy-get",
            vec![(true, "get", "nodes/proxy", &["n1"])],
            format!("{APP}{on_node}"),
            account("app", "default"),
        ),
        (
            "nodes-proxy-create",
            vec![everywhere("create", "nodes/proxy")],
            format!("{APP}{on_node}"),
            account("app", "default"),
        ),
        (
            "control-plane-node",
            vec![here("create", "pods")],
            format!("{APP}{node}"),
            Place::ClusterAdmin,
        ),
        (
            "node-cloud-identity",
            vec![here("create", "pods")],
            format!("{APP}{cloud}"),
            Place::Cloud("aws:///eu/i-1".to_owned()),
        ),
    ]
}
