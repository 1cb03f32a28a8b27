//! A hardened workload with one fault at a time: the fault is found under its control, and
//! nothing else fails with it.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use program::{Folder, bollwerk};
use serde_json::Value;

/// A workload that nothing is wrong with.
const HARDENED: &str = include_str!("faults/hardened.yaml");

/// What is replaced in [`HARDENED`], by what, and the control that must say so.
const FAULTS: &[(&str, &str, &str)] = &[
    ("privileged: false", "privileged: true", "privileged-container"),
    (
        "allowPrivilegeEscalation: false",
        "allowPrivilegeEscalation: true",
        "privilege-escalation-allowed",
    ),
    ("          allowPrivilegeEscalation: false\n", "", "privilege-escalation-allowed"),
    ("drop: [ALL]", "drop: [ALL]\n            add: [SYS_ADMIN]", "dangerous-capability-added"),
    ("drop: [ALL]", "drop: [ALL]\n            add: [NET_ADMIN]", "dangerous-capability-added"),
    ("drop: [ALL]", "drop: [ALL]\n            add: [SYS_PTRACE]", "dangerous-capability-added"),
    ("drop: [ALL]", "drop: [ALL]\n            add: [ALL]", "dangerous-capability-added"),
    ("drop: [ALL]", "drop: [KILL]", "capabilities-not-dropped"),
    ("          capabilities:\n            drop: [ALL]\n", "", "capabilities-not-dropped"),
    ("runAsNonRoot: true\n        runAsUser: 10001", "runAsUser: 0", "runs-as-root"),
    ("runAsUser: 10001", "runAsUser: 0", "runs-as-root"),
    ("runAsNonRoot: true\n        runAsUser: 10001", "runAsNonRoot: false", "root-not-excluded"),
    ("        runAsNonRoot: true\n        runAsUser: 10001\n", "", "root-not-excluded"),
    ("runAsGroup: 10001", "runAsGroup: 0", "root-group"),
    ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "writable-root-filesystem"),
    ("          readOnlyRootFilesystem: true\n", "", "writable-root-filesystem"),
    (
        "      automountServiceAccountToken: false\n",
        "      hostNetwork: true\n      automountServiceAccountToken: false\n",
        "host-network",
    ),
    (
        "      automountServiceAccountToken: false\n",
        "      hostPID: true\n      automountServiceAccountToken: false\n",
        "host-pid",
    ),
    (
        "      automountServiceAccountToken: false\n",
        "      hostIPC: true\n      automountServiceAccountToken: false\n",
        "host-ipc",
    ),
    (
        "      automountServiceAccountToken: false\n",
        "      shareProcessNamespace: true\n      automountServiceAccountToken: false\n",
        "shared-process-namespace",
    ),
    (
        "      automountServiceAccountToken: false\n",
        "      hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]\n      automountServiceAccountToken: false\n",
        "host-alias",
    ),
    (
        "      serviceAccountName: web\n      automountServiceAccountToken: false\n",
        "",
        "service-account-token-mounted",
    ),
    ("containerPort: 8080", "containerPort: 8080\n          hostPort: 8080", "host-port"),
    (
        "emptyDir: {sizeLimit: 64Mi}",
        "hostPath: {path: /var/run/docker.sock}",
        "container-runtime-socket-mounted",
    ),
    (
        "emptyDir: {sizeLimit: 64Mi}",
        "hostPath: {path: /run/containerd/containerd.sock}",
        "container-runtime-socket-mounted",
    ),
    ("emptyDir: {sizeLimit: 64Mi}", "hostPath: {path: /etc}", "sensitive-host-path-mounted"),
    ("emptyDir: {sizeLimit: 64Mi}", "hostPath: {path: /}", "sensitive-host-path-mounted"),
    ("emptyDir: {sizeLimit: 64Mi}", "hostPath: {path: /var/log}", "sensitive-host-path-mounted"),
    ("emptyDir: {sizeLimit: 64Mi}", "hostPath: {path: /srv/cache}", "host-path-mounted"),
    ("type: RuntimeDefault", "type: Unconfined", "seccomp-unconfined"),
    ("        seccompProfile:\n          type: RuntimeDefault\n", "", "seccomp-not-set"),
    (
        "drop: [ALL]",
        "drop: [ALL]\n          appArmorProfile: {type: Unconfined}",
        "apparmor-unconfined",
    ),
    ("drop: [ALL]", "drop: [ALL]\n          procMount: Unmasked", "unmasked-proc-mount"),
    (
        "drop: [ALL]",
        "drop: [ALL]\n          seLinuxOptions: {type: spc_t}",
        "selinux-custom-options",
    ),
    (
        "        runAsNonRoot: true\n",
        "        runAsNonRoot: true\n        sysctls: [{name: kernel.msgmax, value: '1'}]\n",
        "unsafe-sysctl",
    ),
    (
        ":1.4.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ":latest",
        "mutable-image-tag",
    ),
    (
        ":1.4.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "",
        "mutable-image-tag",
    ),
    (
        "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "",
        "image-without-digest",
    ),
    ("registry.example.com/", "", "implicit-registry"),
    ("cpu: 500m, memory: 256Mi, ", "cpu: 500m, ", "memory-limit-missing"),
    ("cpu: 500m, memory: 256Mi, ", "memory: 256Mi, ", "cpu-limit-missing"),
    (
        "          requests: {cpu: 100m, memory: 128Mi, ephemeral-storage: 32Mi}\n          limits: {cpu: 500m, memory: 256Mi, ephemeral-storage: 64Mi}\n",
        "          requests: {cpu: 100m, memory: 128Mi}\n",
        "memory-limit-missing",
    ),
    ("namespace: shop", "namespace: default", "default-namespace-used"),
    (
        "value: info",
        "value: info\n        - {name: DB_PASSWORD, value: 7hG-kQ2p_Xv9}",
        "credential-in-env",
    ),
    (
        "value: info",
        "value: info\n        - {name: AWS_SECRET_ACCESS_KEY, value: wJalrXUtnFEMIK7MDENGbPxRfiCYzAbCdEfGhIjK}",
        "credential-in-env",
    ),
    (
        "value: info",
        "value: info\n        - name: DB_PASSWORD\n          valueFrom: {secretKeyRef: {name: db, key: password}}",
        "secret-in-environment",
    ),
    ("value: info", "value: info\n        args: [--password=7hG-kQ2p_Xv9]", "credential-in-args"),
    (
        "      automountServiceAccountToken: false\n",
        "      nodeName: node-1\n      automountServiceAccountToken: false\n",
        "node-name-pinned",
    ),
    (
        "      automountServiceAccountToken: false\n",
        "      tolerations: [{operator: Exists}]\n      automountServiceAccountToken: false\n",
        "tolerates-every-taint",
    ),
];

/// Whole manifests with one fault each.
const OTHERS: &[(&str, &str)] = &[
    (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}\n",
        "node-port-service",
    ),
    (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443}]}\n",
        "load-balancer-open-to-the-internet",
    ),
    (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {externalIPs: [192.0.2.1], selector: {app: web}, ports: [{port: 443}]}\n",
        "external-ips",
    ),
    (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\nspec: {rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n",
        "ingress-without-tls",
    ),
    (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {password: 7hG-kQ2p_Xv9}\n",
        "secret-data-committed",
    ),
    (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db, namespace: shop}\ndata: {DB_PASSWORD: 7hG-kQ2p_Xv9}\n",
        "credential-in-config-map",
    ),
    (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: t, namespace: shop, annotations: {kubernetes.io/service-account.name: web}}\ntype: kubernetes.io/service-account-token\n",
        "long-lived-service-account-token",
    ),
    (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}\n",
        "network-policy-allows-all-ingress",
    ),
    (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}\n",
        "network-policy-allows-all-egress",
    ),
    (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: privileged}}\n",
        "pod-security-level-privileged",
    ),
    ("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "pod-security-labels-missing"),
    (
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /etc}}\n",
        "persistent-volume-on-host",
    ),
    (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b, namespace: shop}\nspec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}\n",
        "disruption-budget-never-satisfied",
    ),
];

/// Rules of a ClusterRole with one fault each: group, resource and verb.
const RULES: &[(&str, &str, &str, &str)] = &[
    ("*", "*", "*", "role-grants-everything"),
    ("*", "*", "get", "wildcard-resources"),
    ("", "*", "*", "wildcard-resources"),
    ("shop.example.com", "carts", "*", "wildcard-verbs"),
    ("", "secrets", "get", "secrets-readable-everywhere"),
    ("", "secrets", "watch", "secrets-readable-everywhere"),
    ("", "pods", "create", "pods-created"),
    ("batch", "cronjobs", "patch", "workloads-created"),
    ("", "pods/exec", "create", "exec-into-pods"),
    ("", "*/attach", "get", "exec-into-pods"),
    ("", "pods/ephemeralcontainers", "patch", "ephemeral-containers-added"),
    ("", "services/proxy", "get", "pods-and-services-proxied"),
    ("", "nodes/proxy", "get", "node-proxy"),
    ("", "nodes/status", "patch", "nodes-changed"),
    ("rbac.authorization.k8s.io", "clusterroles", "escalate", "roles-escalated"),
    ("rbac.authorization.k8s.io", "roles", "bind", "roles-bound"),
    ("", "users", "impersonate", "identities-impersonated"),
    ("authentication.k8s.io", "users", "impersonate:user-info", "identities-impersonated"),
    ("", "serviceaccounts/token", "create", "service-account-tokens-issued"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "patch", "webhooks-changed"),
    (
        "admissionregistration.k8s.io",
        "validatingadmissionpolicybindings",
        "delete",
        "admission-policies-changed",
    ),
    (
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "update",
        "custom-resource-definitions-changed",
    ),
    ("apiregistration.k8s.io", "apiservices", "update", "api-services-changed"),
    ("", "namespaces", "patch", "namespaces-changed"),
    ("networking.k8s.io", "networkpolicies", "delete", "network-policies-changed"),
    ("", "persistentvolumes", "create", "persistent-volumes-created"),
    ("", "events", "delete", "events-deleted"),
    ("discovery.k8s.io", "endpointslices", "update", "endpoints-changed"),
    ("", "services/status", "patch", "service-status-changed"),
    ("", "persistentvolumeclaims", "deletecollection", "collections-deleted"),
    ("rbac.authorization.k8s.io", "rolebindings", "create", "bindings-written"),
    ("", "pods/*", "get", "rule-matches-nothing"),
];

/// Bindings with one fault each: kind, ClusterRole, kind and name of the subject.
const BINDINGS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "ClusterRoleBinding",
        "cluster-admin",
        "ServiceAccount",
        "web",
        "cluster-admin-bound-to-service-account",
    ),
    (
        "ClusterRoleBinding",
        "cluster-admin",
        "User",
        "system:serviceaccount:shop:web",
        "cluster-admin-bound-to-service-account",
    ),
    ("ClusterRoleBinding", "cluster-admin", "User", "alice", "cluster-admin-bound-to-user"),
    ("ClusterRoleBinding", "edit", "Group", "system:authenticated", "rights-for-everyone"),
    ("RoleBinding", "edit", "Group", "system:serviceaccounts:shop", "rights-for-everyone"),
    ("ClusterRoleBinding", "view", "Group", "system:unauthenticated", "rights-for-anonymous"),
    ("ClusterRoleBinding", "admin", "Group", "system:masters", "masters-bound"),
    ("RoleBinding", "edit", "ServiceAccount", "default", "rights-for-default-account"),
    ("RoleBinding", "edit", "User", "alice", "bound-to-single-user"),
];

fn role_with((group, resource, verb, control): &Rule) -> (String, &'static str) {
    let role = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: shop}}\n\
         rules: [{{apiGroups: ['{group}'], resources: ['{resource}'], verbs: ['{verb}']}}]\n"
    );
    let binding = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n\
                   metadata: {name: shop}\nsubjects: [{kind: Group, name: shop}]\n\
                   roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: shop}\n";
    (role + binding, control)
}

type Rule = (&'static str, &'static str, &'static str, &'static str);

fn binding_of(
    (kind, role, subject, name, control): &(&str, &str, &str, &str, &'static str),
) -> (String, &'static str) {
    let namespace = if *subject == "ServiceAccount" { ", namespace: shop" } else { "" };
    let own = if *kind == "RoleBinding" { ", namespace: shop" } else { "" };
    let binding = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop{own}}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n\
         subjects: [{{kind: {subject}, name: '{name}'{namespace}}}]\n"
    );
    (binding, control)
}

/// What an ordinary controller asks for.
const ORDINARY: &str = include_str!("faults/controller.yaml");

/// Findings of a manifest: control, what it also stands for, severity.
fn findings(manifest: &str) -> Vec<(Vec<String>, String)> {
    let folder = Folder::new(&[("manifest.yaml", manifest)]);
    let arguments = ["scan", "manifest.yaml", "--no-config", "--format=json"];
    let (code, out, error) = bollwerk(folder.path(), &arguments, "");
    assert!(code == 0 || code == 1, "{error}\n{out}\n{manifest}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = |finding: &Value| {
        let also = finding["also"].as_array().into_iter().flatten();
        also.chain([&finding["control"]]).map(text).collect()
    };
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|finding| (names(finding), text(&finding["severity"]))).collect()
}

fn fails(severity: &str) -> bool {
    matches!(severity, "critical" | "high" | "medium")
}

#[test]
fn nothing_fails_where_nothing_is_wrong() {
    let found = findings(HARDENED);
    let failing: Vec<_> = found.iter().filter(|(_, severity)| fails(severity)).collect();
    assert!(failing.is_empty(), "{failing:?}");
}

#[test]
fn an_ordinary_controller_has_the_rights_it_needs() {
    let found = findings(ORDINARY);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn one_fault_is_one_finding() {
    let whole = |(manifest, control): &(&str, &'static str)| ((*manifest).to_owned(), *control);
    let edited = |(old, new, control): &(&str, &str, &'static str)| {
        assert!(HARDENED.contains(old), "the workload has no {old:?}");
        (HARDENED.replacen(old, new, 1), *control)
    };
    let rights = RULES.iter().map(role_with).chain(BINDINGS.iter().map(binding_of));
    let whole = OTHERS.iter().map(whole).chain(rights);
    let cases: Vec<_> = FAULTS.iter().map(edited).chain(whole).collect();
    let (mut failing, mut missed) = (0, Vec::new());
    for (manifest, control) in &cases {
        let found = findings(manifest);
        failing += found.iter().filter(|(_, severity)| fails(severity)).count();
        if !found.iter().any(|(names, _)| names.iter().any(|name| name == control)) {
            missed.push((control, manifest, found));
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
    let average = f64::from(failing as u32) / f64::from(cases.len() as u32);
    assert!(average <= 1.2, "{failing} failing findings in {} files", cases.len());
}
