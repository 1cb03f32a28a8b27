//! CIS Azure Kubernetes Service Benchmark 1.8.

use super::{item, section};
use crate::framework::Coverage::{
    Controls, NeedsCloud, NeedsCluster, NeedsNode, NeedsPerson, NotYet, Partly,
};
use crate::framework::{Framework, NamedBy, Section};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "cis-aks-1.8",
    title: "CIS Azure Kubernetes Service (AKS) Benchmark v1.8.0",
    source: "github.com/aquasecurity/kube-bench cfg/aks-1.8: numbers; titles in our own words",
    prefix: "CIS AKS ",
    named_by: NamedBy::Id,
    sections: SECTIONS,
};

const SECTIONS: &[Section] = &[
    section(
        "2.1",
        "Control plane logging",
        &[item("2.1.1", "Audit logs of the control plane are kept", NeedsCloud)],
    ),
    section(
        "3.1",
        "Worker node files",
        &[
            item("3.1.1", "Only root may write the kubelet's kubeconfig", NeedsNode),
            item("3.1.2", "The kubelet's kubeconfig belongs to root", NeedsNode),
            item("3.1.3", "Only root may write the cloud provider's configuration", NeedsNode),
            item("3.1.4", "The cloud provider's configuration belongs to root", NeedsNode),
        ],
    ),
    section(
        "3.2",
        "Kubelet",
        &[
            item("3.2.1", "The kubelet refuses anonymous requests", Controls),
            item("3.2.2", "The kubelet asks whether a request is allowed", Controls),
            item("3.2.3", "The kubelet checks client certificates", NeedsNode),
            item("3.2.4", "The kubelet's read-only port is off", Controls),
            item("3.2.5", "Idle streams of the kubelet end", Controls),
            item("3.2.6", "The kubelet keeps its firewall chains", Controls),
            item("3.2.7", "The kubelet records enough events", NeedsNode),
            item("3.2.8", "The kubelet rotates its client certificate", Controls),
            item("3.2.9", "The kubelet's serving certificate is rotated", NeedsNode),
        ],
    ),
    section(
        "4.1",
        "RBAC and service accounts",
        &[
            item("4.1.1", "cluster-admin only where it is needed", Controls),
            item("4.1.2", "Few may read Secrets", Controls),
            item("4.1.3", "No wildcards in roles", Controls),
            item("4.1.4", "Few may create pods", Controls),
            item("4.1.5", "Default service accounts are not used", Controls),
            item("4.1.6", "Tokens are mounted only where they are needed", Controls),
            item("4.1.7", "Few may bind, impersonate and escalate", Controls),
            item("4.1.8", "Few may create persistent volumes", Controls),
            item("4.1.9", "Few may reach the proxy of nodes", Controls),
            item("4.1.10", "Few may approve certificate requests", Controls),
            item("4.1.11", "Few may change webhooks", Controls),
            item("4.1.12", "Few may issue service account tokens", Controls),
        ],
    ),
    section(
        "4.2",
        "Pod security",
        &[
            item("4.2.1", "No privileged containers", Controls),
            item("4.2.2", "No sharing of the host's process namespace", Controls),
            item("4.2.3", "No sharing of the host's IPC namespace", Controls),
            item("4.2.4", "No sharing of the host's network", Controls),
            item("4.2.5", "No privilege escalation", Controls),
        ],
    ),
    section(
        "4.4",
        "Network plugin",
        &[
            item("4.4.1", "The network plugin is up to date", NeedsCluster),
            item("4.4.2", "Every namespace has network policies", Controls),
        ],
    ),
    section(
        "4.5",
        "Secrets",
        &[
            item("4.5.1", "Secrets are mounted as files, not passed in the environment", Controls),
            item("4.5.2", "Secrets come from a store outside the cluster", Partly("a person")),
        ],
    ),
    section(
        "4.6",
        "General policies",
        &[
            item("4.6.1", "Namespaces keep what does not belong together apart", NeedsPerson),
            item("4.6.2", "Pods and containers have a security context", Controls),
            item("4.6.3", "The default namespace is not used", Controls),
        ],
    ),
    section(
        "5.1",
        "Registry and image scanning",
        &[
            item("5.1.1", "Images are scanned for vulnerabilities", NotYet("vulnerability")),
            item("5.1.2", "Few people reach the registry", NeedsCloud),
            item("5.1.3", "The cluster may only read from the registry", NeedsCloud),
            item("5.1.4", "Images come from approved registries only", Controls),
        ],
    ),
    section(
        "5.2",
        "Access and identity",
        &[item("5.2.1", "Workloads have identities of their own", Partly("a person"))],
    ),
    section("5.3", "Key management", &[item("5.3.1", "Secrets are encrypted at rest", Controls)]),
    section(
        "5.4",
        "Cluster network",
        &[
            item("5.4.1", "The control plane is reached from known networks only", Controls),
            item("5.4.2", "The control plane has no public address", Controls),
            item("5.4.3", "Nodes have no public addresses", Controls),
            item("5.4.4", "Network policies are enforced", Controls),
            item(
                "5.4.5",
                "What is served outside is served with TLS",
                Partly("the cloud provider"),
            ),
        ],
    ),
    section(
        "5.5",
        "Authentication and authorization",
        &[
            item("5.5.1", "People log in by the directory", Controls),
            item("5.5.2", "Rights are given by the directory", Controls),
        ],
    ),
];
