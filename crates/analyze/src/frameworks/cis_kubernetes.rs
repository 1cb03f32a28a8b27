//! CIS Kubernetes Benchmark: 1.12 as a whole, and section 5 of 2.0, whose items are the same.

use super::{item, section};
use crate::framework::Coverage::{Controls, NeedsCluster, NeedsNode, NeedsPerson, Partly};
use crate::framework::{Framework, NamedBy, Section};

pub(super) const V1_12: Framework = Framework {
    name: "cis-1.12",
    title: "CIS Kubernetes Benchmark v1.12.0",
    source: "github.com/aquasecurity/kube-bench cfg/cis-1.12: numbers; titles in our own words",
    prefix: "CIS Kubernetes ",
    named_by: NamedBy::Id,
    sections: &[
        SECTION_1_1,
        SECTION_1_2,
        SECTION_1_3,
        SECTION_1_4,
        SECTION_2,
        SECTION_3_1,
        SECTION_3_2,
        SECTION_4_1,
        SECTION_4_2,
        SECTION_4_3,
        SECTION_5_1,
        SECTION_5_2,
        SECTION_5_3,
        SECTION_5_4,
        SECTION_5_5,
        SECTION_5_6,
    ],
};

pub(super) const V2_0: Framework = Framework {
    name: "cis-2.0",
    title: "CIS Kubernetes Benchmark v2.0, section 5: policies",
    source: "github.com/aquasecurity/kube-bench cfg/cis-2.0/policies.yaml: numbers; titles in our \
             own words",
    prefix: "CIS Kubernetes ",
    named_by: NamedBy::Id,
    sections: &[SECTION_5_1, SECTION_5_2, SECTION_5_3, SECTION_5_4, SECTION_5_5, SECTION_5_6],
};

const SECTION_1_1: Section = section(
    "1.1",
    "Control plane files",
    &[
        item("1.1.1", "Only root may write the API server's manifest", NeedsNode),
        item("1.1.2", "The API server's manifest belongs to root", NeedsNode),
        item("1.1.3", "Only root may write the controller manager's manifest", NeedsNode),
        item("1.1.4", "The controller manager's manifest belongs to root", NeedsNode),
        item("1.1.5", "Only root may write the scheduler's manifest", NeedsNode),
        item("1.1.6", "The scheduler's manifest belongs to root", NeedsNode),
        item("1.1.7", "Only root may write the etcd manifest", NeedsNode),
        item("1.1.8", "The etcd manifest belongs to root", NeedsNode),
        item("1.1.9", "Only root may write the network plugin's configuration", NeedsNode),
        item("1.1.10", "The network plugin's configuration belongs to root", NeedsNode),
        item("1.1.11", "Only its owner may enter etcd's data folder", NeedsNode),
        item("1.1.12", "etcd's data folder belongs to etcd", NeedsNode),
        item("1.1.13", "Only root may read the administrator's credentials", NeedsNode),
        item("1.1.14", "The administrator's credentials belong to root", NeedsNode),
        item("1.1.15", "Only root may write the scheduler's kubeconfig", NeedsNode),
        item("1.1.16", "The scheduler's kubeconfig belongs to root", NeedsNode),
        item("1.1.17", "Only root may write the controller manager's kubeconfig", NeedsNode),
        item("1.1.18", "The controller manager's kubeconfig belongs to root", NeedsNode),
        item("1.1.19", "The folder of certificates and keys belongs to root", NeedsNode),
        item("1.1.20", "Only root may write certificates", NeedsNode),
        item("1.1.21", "Only root may read keys", NeedsNode),
    ],
);

const SECTION_1_2: Section = section(
    "1.2",
    "API server",
    &[
        item("1.2.1", "Anonymous requests are off", Controls),
        item("1.2.2", "No static file of tokens", Controls),
        item("1.2.3", "External addresses of Services are denied", NeedsNode),
        item("1.2.4", "The API server shows the kubelet a certificate", NeedsNode),
        item("1.2.5", "The API server checks the kubelet's certificate", Controls),
        item("1.2.6", "Authorization is not AlwaysAllow", Controls),
        item("1.2.7", "Authorization includes Node", Controls),
        item("1.2.8", "Authorization includes RBAC", Controls),
        item("1.2.9", "Event rates are limited", NeedsNode),
        item("1.2.10", "Admission is not AlwaysAdmit", Controls),
        item("1.2.11", "Images are always pulled, so that pull rights are checked", NeedsNode),
        item("1.2.12", "ServiceAccount admission is on", Controls),
        item("1.2.13", "NamespaceLifecycle admission is on", Controls),
        item("1.2.14", "NodeRestriction admission is on", Controls),
        item("1.2.15", "Profiling of the API server is off", Controls),
        item("1.2.16", "Audit logs are written", Controls),
        item("1.2.17", "Audit logs are kept long enough", Controls),
        item("1.2.18", "Enough audit logs are kept", Controls),
        item("1.2.19", "Audit logs may grow large enough", Controls),
        item("1.2.20", "Requests have a time limit", NeedsNode),
        item("1.2.21", "Tokens of deleted service accounts are refused", Controls),
        item("1.2.22", "Service account tokens are checked with a key of their own", NeedsNode),
        item("1.2.23", "The API server shows etcd a certificate", Controls),
        item("1.2.24", "The API server serves TLS", NeedsNode),
        item("1.2.25", "Client certificates are checked", NeedsNode),
        item("1.2.26", "The API server checks etcd's certificate", Controls),
        item("1.2.27", "Encryption of stored data is configured", Partly("the node")),
        item("1.2.28", "Encryption uses a provider that encrypts", Controls),
        item("1.2.29", "Only strong ciphers", Controls),
        item("1.2.30", "Service account tokens are not extended beyond their life", NeedsNode),
    ],
);

const SECTION_1_3: Section = section(
    "1.3",
    "Controller manager",
    &[
        item("1.3.1", "Terminated pods are cleared away", NeedsNode),
        item("1.3.2", "Profiling of the controller manager is off", Controls),
        item("1.3.3", "Each controller has an account of its own", Controls),
        item("1.3.4", "Service account tokens are signed with a key of their own", NeedsNode),
        item("1.3.5", "Pods get the certificate authority to check the API server", NeedsNode),
        item("1.3.6", "Kubelet serving certificates are rotated", NeedsNode),
        item("1.3.7", "The controller manager listens on the loopback only", Controls),
    ],
);

const SECTION_1_4: Section = section(
    "1.4",
    "Scheduler",
    &[
        item("1.4.1", "Profiling of the scheduler is off", Controls),
        item("1.4.2", "The scheduler listens on the loopback only", Controls),
    ],
);

const SECTION_2: Section = section(
    "2",
    "etcd",
    &[
        item("2.1", "etcd serves TLS", NeedsNode),
        item("2.2", "etcd asks clients for certificates", Controls),
        item("2.3", "etcd does not sign certificates for itself", Controls),
        item("2.4", "etcd's peers speak TLS", NeedsNode),
        item("2.5", "etcd's peers show certificates", Controls),
        item("2.6", "etcd's peers do not sign certificates for themselves", Controls),
        item("2.7", "etcd has a certificate authority of its own", NeedsNode),
    ],
);

const SECTION_3_1: Section = section(
    "3.1",
    "Authentication and authorization",
    &[
        item("3.1.1", "People do not log in with client certificates", NeedsPerson),
        item("3.1.2", "People do not log in with service account tokens", NeedsPerson),
        item("3.1.3", "People do not log in with bootstrap tokens", NeedsPerson),
    ],
);

const SECTION_3_2: Section = section(
    "3.2",
    "Logging",
    &[
        item("3.2.1", "There is an audit policy", Controls),
        item("3.2.2", "The audit policy covers what matters", Controls),
    ],
);

const SECTION_4_1: Section = section(
    "4.1",
    "Worker node files",
    &[
        item("4.1.1", "Only root may write the kubelet's service file", NeedsNode),
        item("4.1.2", "The kubelet's service file belongs to root", NeedsNode),
        item("4.1.3", "Only root may write the proxy's kubeconfig", NeedsNode),
        item("4.1.4", "The proxy's kubeconfig belongs to root", NeedsNode),
        item("4.1.5", "Only root may write the kubelet's kubeconfig", NeedsNode),
        item("4.1.6", "The kubelet's kubeconfig belongs to root", NeedsNode),
        item("4.1.7", "Only root may write the certificate authority", NeedsNode),
        item("4.1.8", "The certificate authority belongs to root", NeedsNode),
        item("4.1.9", "Only root may write the kubelet's configuration", NeedsNode),
        item("4.1.10", "The kubelet's configuration belongs to root", NeedsNode),
    ],
);

const SECTION_4_2: Section = section(
    "4.2",
    "Kubelet",
    &[
        item("4.2.1", "The kubelet refuses anonymous requests", Controls),
        item("4.2.2", "The kubelet asks whether a request is allowed", Controls),
        item("4.2.3", "The kubelet checks client certificates", NeedsNode),
        item("4.2.4", "The kubelet's read-only port is off", Controls),
        item("4.2.5", "Idle streams of the kubelet end", Controls),
        item("4.2.6", "The kubelet keeps its firewall chains", Controls),
        item("4.2.7", "The kubelet does not choose its own name", NeedsNode),
        item("4.2.8", "The kubelet records enough events", NeedsNode),
        item("4.2.9", "The kubelet serves TLS with a certificate of its own", NeedsNode),
        item("4.2.10", "The kubelet rotates its client certificate", Controls),
        item("4.2.11", "The kubelet's serving certificate is rotated", NeedsNode),
        item("4.2.12", "The kubelet uses only strong ciphers", Controls),
        item("4.2.13", "Processes of a pod are limited", Controls),
        item("4.2.14", "The kubelet applies the runtime's seccomp profile by default", Controls),
    ],
);

const SECTION_4_3: Section = section(
    "4.3",
    "Proxy",
    &[item("4.3.1", "The proxy serves its metrics on the loopback only", Controls)],
);

const SECTION_5_1: Section = section(
    "5.1",
    "RBAC and service accounts",
    &[
        item("5.1.1", "cluster-admin only where it is needed", Controls),
        item("5.1.2", "Few may read Secrets", Controls),
        item("5.1.3", "No wildcards in roles", Controls),
        item("5.1.4", "Few may create pods", Controls),
        item("5.1.5", "Default service accounts are not used", Controls),
        item("5.1.6", "Tokens are mounted only where they are needed", Controls),
        item("5.1.7", "Nobody is in system:masters", Partly("a look at certificates")),
        item("5.1.8", "Few may bind, impersonate and escalate", Controls),
        item("5.1.9", "Few may create persistent volumes", Controls),
        item("5.1.10", "Few may reach the proxy of nodes", Controls),
        item("5.1.11", "Few may approve certificate requests", Controls),
        item("5.1.12", "Few may change webhooks", Controls),
        item("5.1.13", "Few may issue service account tokens", Controls),
    ],
);

const SECTION_5_2: Section = section(
    "5.2",
    "Pod Security Standards",
    &[
        item("5.2.1", "Something checks every pod that is admitted", Partly("a running cluster")),
        item("5.2.2", "No privileged containers", Controls),
        item("5.2.3", "No sharing of the host's process namespace", Controls),
        item("5.2.4", "No sharing of the host's IPC namespace", Controls),
        item("5.2.5", "No sharing of the host's network", Controls),
        item("5.2.6", "No privilege escalation", Controls),
        item("5.2.7", "No root in containers", Controls),
        item("5.2.8", "No NET_RAW", Controls),
        item("5.2.9", "No capabilities that are not needed", Controls),
        item("5.2.10", "No HostProcess containers on Windows", Controls),
        item("5.2.11", "No folders of the host", Controls),
        item("5.2.12", "No ports of the host", Controls),
    ],
);

const SECTION_5_3: Section = section(
    "5.3",
    "Network policies and plugin",
    &[
        item("5.3.1", "The network plugin enforces network policies", NeedsCluster),
        item("5.3.2", "Every namespace has network policies", Controls),
    ],
);

const SECTION_5_4: Section = section(
    "5.4",
    "Secrets",
    &[
        item("5.4.1", "Secrets are mounted as files, not passed in the environment", Controls),
        item("5.4.2", "Secrets come from a store outside the cluster", Partly("a person")),
    ],
);

const SECTION_5_5: Section = section(
    "5.5",
    "Extensible admission",
    &[item("5.5.1", "The origin of images is checked at admission", Partly("a running cluster"))],
);

const SECTION_5_6: Section = section(
    "5.6",
    "General policies",
    &[
        item("5.6.1", "Namespaces keep what does not belong together apart", Partly("a person")),
        item("5.6.2", "Pods have a seccomp profile", Controls),
        item("5.6.3", "Pods and containers have a security context", Controls),
        item("5.6.4", "The default namespace is not used", Controls),
    ],
);
