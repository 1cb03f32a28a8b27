//! Kinds without pods: a decent object of each has no finding, one change makes one.

use super::controls_that_fire;

/// A namespace with all that guards it, and one object of each kind that controls look at.
const DECENT: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: shop}
spec: {hard: {pods: '20'}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 256Mi}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  egress:
  - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: ClusterIP
  selector: {app: web}
  ports: [{port: 9000}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 8m}
spec:
  tls: [{hosts: [web.example.com], secretName: web-tls}]
  rules: [{host: web.example.com}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  gatewayClassName: external
  listeners:
  - {name: web, hostname: web.example.com, port: 443, protocol: HTTPS}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec:
  conditions: [{namespaces: [shop]}]
  provider: {vault: {server: 'https://vault.example.com'}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: web, namespace: shop}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  data: [{secretKey: password, remoteRef: {key: web/db}}]
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: web, namespace: shop}
spec: {provider: azure, parameters: {keyvaultName: shop, tenantId: example}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: db, namespace: shop}
spec: {encryptedData: {password: AgBy3i4OJSWK}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
- name: pods.guard.example.com
  failurePolicy: Fail
  timeoutSeconds: 5
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: guard, namespace: guard}}
  rules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
  namespaceSelector: {matchLabels: {guard: enabled}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: images}
spec: {failurePolicy: Fail, validations: [{expression: 'true'}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: images}
spec: {policyName: images, validationActions: [Deny]}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.shop.example.com}
spec: {group: shop.example.com, version: v1, caBundle: TFMwdA==, service: {name: a, namespace: b}}
---
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///run/kms.sock'}
  - identity: {}
---
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline}
exemptions: {usernames: [], namespaces: [kube-system]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata: {name: web, namespace: shop}
spec: {defaultAction: SCMP_ACT_ERRNO, syscalls: [{action: SCMP_ACT_ALLOW, names: [read]}]}
---
apiVersion: security-profiles-operator.x-k8s.io/v1alpha1
kind: AppArmorProfile
metadata: {name: web}
spec: {policy: 'profile web { /usr/bin/web ix, }'}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec: {rules: [{from: [{source: {namespaces: [shop]}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: shop}
automountServiceAccountToken: false
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
metricsBindAddress: 127.0.0.1:10249
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: shop, namespace: argocd}
spec:
  sourceRepos: ['*']
  destinations: [{namespace: '*', server: '*'}]
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}}
authorization: {mode: Webhook}
readOnlyPort: 0
seccompDefault: true
---
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: Metadata, resources: [{group: '', resources: [secrets]}]}
- {level: Request}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /mnt/disks/one}}
";

/// A workload that makes the namespace one in which something runs.
const WORKLOAD: &str = "\
---
apiVersion: batch/v1
kind: Job
metadata: {name: run, namespace: shop}
";

#[test]
fn decent_objects_have_no_finding() {
    let text = format!("{DECENT}{WORKLOAD}");
    assert_eq!(controls_that_fire(&text), Vec::<&str>::new());
}

#[test]
fn one_change_makes_one_finding() {
    for (before, after, expected) in faults() {
        assert!(DECENT.contains(before), "there is no `{before}`");
        let text = format!("{}{WORKLOAD}", DECENT.replacen(before, after, 1));
        assert_eq!(controls_that_fire(&text), [*expected], "{before} → {after}");
    }
}

type Fault = (&'static str, &'static str, &'static str);

fn faults() -> impl Iterator<Item = &'static Fault> {
    NAMESPACE.iter().chain(EXPOSURE).chain(SECRET).chain(ADMISSION).chain(CONTROL_PLANE)
}

const NAMESPACE: &[Fault] = &[
    ("kind: ResourceQuota", "kind: Other", "resource-quota-missing"),
    ("kind: LimitRange", "kind: Other", "limit-range-missing"),
    ("kind: NetworkPolicy", "kind: Other", "namespace-without-network-policy"),
    ("podSelector: {}", "podSelector: {matchLabels: {a: b}}", "namespace-without-network-policy"),
    ("enforce: restricted", "enforce: privileged", "pod-security-level-privileged"),
    (", except: [169.254.0.0/16]", "", "metadata-service-reachable"),
    (
        "- to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]",
        "- {}",
        "network-policy-allows-all-egress",
    ),
    ("  egress:\n", "  ingress: [{}]\n  egress:\n", "network-policy-allows-all-ingress"),
];

const EXPOSURE: &[Fault] = &[
    ("type: ClusterIP", "type: LoadBalancer", "load-balancer-open-to-the-internet"),
    ("type: ClusterIP", "type: NodePort", "node-port-service"),
    (
        "type: ClusterIP\n  selector: {app: web}\n  ports: [{port: 9000}]",
        "type: LoadBalancer\n  selector: {app: redis}\n  ports: [{port: 6379}]",
        "sensitive-port-exposed",
    ),
    (
        "type: ClusterIP\n  selector: {app: web}",
        "type: LoadBalancer\n  selector: {k8s-app: kubernetes-dashboard}",
        "dashboard-exposed",
    ),
    (
        "type: ClusterIP",
        "type: LoadBalancer\n  loadBalancerSourceRanges: [0.0.0.0/0]",
        "load-balancer-range-everywhere",
    ),
    ("type: ClusterIP", "externalIPs: [203.0.113.9]", "external-ips"),
    ("  selector: {app: web}\n", "", "service-without-selector"),
    (
        "type: ClusterIP\n  selector: {app: web}",
        "type: ExternalName\n  externalName: localhost",
        "external-name-to-inside",
    ),
    ("tls: [{hosts: [web.example.com], secretName: web-tls}]", "tls: []", "ingress-without-tls"),
    ("rules: [{host: web.example.com}]", "rules: [{http: {}}]", "ingress-without-host"),
    ("rules: [{host: web.example.com}]", "defaultBackend: {}", "ingress-without-host"),
    ("proxy-body-size: 8m", "server-snippet: return 200;", "ingress-snippet-annotation"),
    ("proxy-body-size: 8m", "ssl-redirect: 'false'", "ingress-protection-switched-off"),
    ("port: 443, protocol: HTTPS", "port: 80, protocol: HTTP", "gateway-without-tls"),
    (
        "hostname: web.example.com, port: 443",
        "port: 443, allowedRoutes: {namespaces: {from: All}}",
        "gateway-allows-all-namespaces",
    ),
    (
        "hostname: web.example.com, port: 443",
        "port: 443, allowedRoutes: {namespaces: {from: Selector}}",
        "gateway-wildcard-listener",
    ),
];

const SECRET: &[Fault] = &[
    ("conditions: [{namespaces: [shop]}]", "refreshInterval: 60", "cluster-secret-store-open"),
    (
        "data: [{secretKey: password, remoteRef: {key: web/db}}]",
        "dataFrom: [{find: {name: {regexp: '.*'}}}]",
        "external-secret-finds-everything",
    ),
    (
        "metadata: {name: db, namespace: shop}",
        "metadata: {name: db, annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}}",
        "sealed-secret-cluster-wide",
    ),
    (
        "  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///run/kms.sock'}\n",
        "",
        "etcd-encryption-off",
    ),
    (
        "kms: {apiVersion: v2, name: vault, endpoint: 'unix:///run/kms.sock'}",
        "aescbc: {keys: [{name: one, secret: YWFhYWFhYWFhYWFhYWFhYQ==}]}",
        "encryption-key-in-configuration",
    ),
    ("local: {path: /mnt/disks/one}", "hostPath: {path: /srv}", "persistent-volume-on-host"),
    ("local: {path: /mnt/disks/one}", "local: {path: /etc}", "persistent-volume-on-host"),
];

const ADMISSION: &[Fault] = &[
    ("failurePolicy: Fail\n", "failurePolicy: Ignore\n", "webhook-fails-open"),
    ("timeoutSeconds: 5", "timeoutSeconds: 30", "webhook-timeout-long"),
    ("  namespaceSelector: {matchLabels: {guard: enabled}}\n", "", "webhook-locks-cluster-out"),
    (
        "service: {name: guard, namespace: guard}",
        "url: 'https://example.com'",
        "webhook-outside-the-cluster",
    ),
    (
        "namespaceSelector: {matchLabels: {guard: enabled}}",
        "objectSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}",
        "webhook-exemption-by-own-label",
    ),
    ("{failurePolicy: Fail, ", "{failurePolicy: Ignore, ", "policy-fails-open"),
    ("validationActions: [Deny]", "validationActions: [Audit]", "policy-only-audits"),
    ("caBundle: TFMwdA==", "insecureSkipTLSVerify: true", "api-service-unverified"),
    ("usernames: []", "usernames: [deployer]", "pod-security-exemption"),
    ("maxUnavailable: 1", "maxUnavailable: 0", "disruption-budget-never-satisfied"),
    ("SCMP_ACT_ERRNO", "SCMP_ACT_LOG", "seccomp-profile-allows-by-default"),
    ("names: [read]", "names: [bpf]", "seccomp-profile-allows-dangerous-call"),
    ("{policy: ", "{complainMode: true, policy: ", "apparmor-profile-weak"),
];

const CONTROL_PLANE: &[Fault] = &[
    ("{mode: STRICT}", "{mode: DISABLE}", "mesh-takes-plaintext"),
    ("[{from: [{source: {namespaces: [shop]}}]}]", "[{}]", "mesh-policy-allows-everybody"),
    (
        "{mode: ISTIO_MUTUAL}",
        "{mode: SIMPLE, insecureSkipVerify: true}",
        "mesh-connection-unverified",
    ),
    ("Token: false", "Token: true", "default-account-mounts-token"),
    ("127.0.0.1:10249", "0.0.0.0:10249", "proxy-metrics-open"),
    (
        "  sourceRepos: ['*']",
        "  sourceRepos: ['*']\n  clusterResourceWhitelist: [{group: '*', kind: '*'}]",
        "deployment-project-unbounded",
    ),
    ("apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n", "removed-api-version"),
    ("https://vault.example.com", "http://vault.example.com", "secret-store-without-tls"),
    ("enabled: false", "enabled: true", "kubelet-takes-anonymous-requests"),
    ("{mode: Webhook}", "{mode: AlwaysAllow}", "kubelet-authorizes-everything"),
    ("readOnlyPort: 0", "readOnlyPort: 10255", "kubelet-read-only-port"),
    ("seccompDefault: true\n", "", "kubelet-seccomp-default-off"),
    (
        "seccompDefault: true",
        "seccompDefault: true\npodPidsLimit: -1",
        "kubelet-protection-switched-off",
    ),
    (
        "seccompDefault: true",
        "seccompDefault: true\nrotateCertificates: false",
        "kubelet-certificates-not-rotated",
    ),
    ("seccompDefault: true", "seccompDefault: true\ntlsMinVersion: VersionTLS11", "weak-tls"),
    ("[secrets]}]}", "[pods]}]}", "audit-policy-records-secrets"),
    (
        "rules:\n- {level: Metadata, res",
        "rules:\n- {level: None}\n- {level: Metadata, res",
        "audit-policy-records-nothing",
    ),
];
