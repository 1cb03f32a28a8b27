//! Microsoft's threat matrix for Kubernetes.

use super::item;
use crate::framework::Coverage::{Controls, NeedsCloud, NeedsNode, NeedsPerson, NotYet};
use crate::framework::{Framework, Item, NamedBy};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "microsoft-threat-matrix",
    title: "Microsoft Threat Matrix for Kubernetes",
    source: "github.com/microsoft/Threat-Matrix-for-Kubernetes docs/techniques",
    prefix: "Microsoft threat matrix: ",
    named_by: NamedBy::Title,
    items: ITEMS,
};

const ITEMS: &[Item] = &[
    item("MS-TA9001", "Using cloud credentials", NeedsCloud),
    item("MS-TA9002", "Compromised image in registry", Controls),
    item("MS-TA9003", "Kubeconfig file", NeedsPerson),
    item("MS-TA9004", "Application vulnerability", Controls),
    item("MS-TA9005", "Exposed sensitive interfaces", Controls),
    item("MS-TA9006", "Exec into container", Controls),
    item("MS-TA9007", "bash or cmd inside container", NotYet("detection")),
    item("MS-TA9008", "New container", NotYet("access")),
    item("MS-TA9009", "Application exploit (RCE)", NotYet("vulnerability")),
    item("MS-TA9010", "SSH server running inside container", Controls),
    item("MS-TA9011", "Sidecar injection", NotYet("access")),
    item("MS-TA9012", "Backdoor container", NotYet("detection")),
    item("MS-TA9013", "Writable hostPath mount", Controls),
    item("MS-TA9014", "Kubernetes CronJob", NotYet("access")),
    item("MS-TA9015", "Malicious admission controller", Controls),
    item("MS-TA9016", "Container service account", Controls),
    item("MS-TA9017", "Static pods", NeedsNode),
    item("MS-TA9018", "Privileged container", Controls),
    item("MS-TA9019", "Cluster-admin binding", NotYet("access")),
    item("MS-TA9020", "Access cloud resources", NeedsCloud),
    item("MS-TA9021", "Clear container logs", NotYet("detection")),
    item("MS-TA9022", "Delete Kubernetes events", NotYet("access")),
    item("MS-TA9023", "Pod or container name similarity", Controls),
    item("MS-TA9024", "Connect from proxy server", NotYet("detection")),
    item("MS-TA9025", "List Kubernetes secrets", Controls),
    item("MS-TA9026", "Mount service principal", NeedsCloud),
    item("MS-TA9027", "Application credentials in configuration files", Controls),
    item("MS-TA9028", "Access managed identity credentials", NeedsCloud),
    item("MS-TA9029", "Access the Kubernetes API server", NotYet("detection")),
    item("MS-TA9030", "Access kubelet API", Controls),
    item("MS-TA9031", "Network mapping", NotYet("network")),
    item("MS-TA9032", "Access Kubernetes dashboard", Controls),
    item("MS-TA9033", "Instance Metadata API", Controls),
    item("MS-TA9034", "Cluster internal networking", Controls),
    item("MS-TA9035", "CoreDNS poisoning", Controls),
    item("MS-TA9036", "ARP poisoning and IP spoofing", NotYet("network")),
    item("MS-TA9037", "Images from a private registry", NotYet("access")),
    item("MS-TA9038", "Data destruction", NotYet("access")),
    item("MS-TA9039", "Resource hijacking", Controls),
    item("MS-TA9040", "Denial of service", Controls),
    item("MS-TA9041", "Collecting data from pod", NotYet("access")),
];
