//! Microsoft's threat matrix for Kubernetes.

use super::{item, section};
use crate::framework::Coverage::{self, NeedsCloud, NeedsNode, NeedsPerson, NotYet, Partly};
use crate::framework::{Framework, NamedBy, Section};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "microsoft-threat-matrix",
    title: "Microsoft Threat Matrix for Kubernetes",
    source: "github.com/microsoft/Threat-Matrix-for-Kubernetes docs/techniques",
    prefix: "Microsoft threat matrix: ",
    named_by: NamedBy::Title,
    sections: SECTIONS,
};

/// A manifest can open the way for a technique, it cannot show that nobody uses it.
const PREVENTED: Coverage = Partly("a look at run time");

const SECTIONS: &[Section] = &[
    section(
        "",
        "Initial access",
        &[
            item("MS-TA9001", "Using cloud credentials", NeedsCloud),
            item("MS-TA9002", "Compromised image in registry", PREVENTED),
            item("MS-TA9003", "Kubeconfig file", NeedsPerson),
            item("MS-TA9004", "Application vulnerability", PREVENTED),
            item("MS-TA9005", "Exposed sensitive interfaces", PREVENTED),
        ],
    ),
    section(
        "",
        "Execution",
        &[
            item("MS-TA9006", "Exec into container", PREVENTED),
            item("MS-TA9007", "bash or cmd inside container", NotYet("detection")),
            item("MS-TA9008", "New container", PREVENTED),
            item("MS-TA9009", "Application exploit (RCE)", NotYet("vulnerability")),
            item("MS-TA9010", "SSH server running inside container", PREVENTED),
            item("MS-TA9011", "Sidecar injection", PREVENTED),
        ],
    ),
    section(
        "",
        "Persistence",
        &[
            item("MS-TA9012", "Backdoor container", NotYet("detection")),
            item("MS-TA9013", "Writable hostPath mount", PREVENTED),
            item("MS-TA9014", "Kubernetes CronJob", PREVENTED),
            item("MS-TA9015", "Malicious admission controller", PREVENTED),
            item("MS-TA9016", "Container service account", PREVENTED),
            item("MS-TA9017", "Static pods", NeedsNode),
        ],
    ),
    section(
        "",
        "Privilege escalation",
        &[
            item("MS-TA9018", "Privileged container", PREVENTED),
            item("MS-TA9019", "Cluster-admin binding", PREVENTED),
            item("MS-TA9020", "Access cloud resources", NeedsCloud),
        ],
    ),
    section(
        "",
        "Defense evasion",
        &[
            item("MS-TA9021", "Clear container logs", NotYet("detection")),
            item("MS-TA9022", "Delete Kubernetes events", PREVENTED),
            item("MS-TA9023", "Pod or container name similarity", PREVENTED),
            item("MS-TA9024", "Connect from proxy server", NotYet("detection")),
        ],
    ),
    section(
        "",
        "Credential access",
        &[
            item("MS-TA9025", "List Kubernetes secrets", PREVENTED),
            item("MS-TA9026", "Mount service principal", NeedsCloud),
            item("MS-TA9027", "Application credentials in configuration files", PREVENTED),
            item("MS-TA9028", "Access managed identity credentials", NeedsCloud),
        ],
    ),
    section(
        "",
        "Discovery",
        &[
            item("MS-TA9029", "Access the Kubernetes API server", NotYet("detection")),
            item("MS-TA9030", "Access kubelet API", PREVENTED),
            item("MS-TA9031", "Network mapping", NotYet("network")),
            item("MS-TA9032", "Access Kubernetes dashboard", PREVENTED),
            item("MS-TA9033", "Instance Metadata API", PREVENTED),
        ],
    ),
    section(
        "",
        "Lateral movement",
        &[
            item("MS-TA9034", "Cluster internal networking", PREVENTED),
            item("MS-TA9035", "CoreDNS poisoning", PREVENTED),
            item("MS-TA9036", "ARP poisoning and IP spoofing", NotYet("network")),
        ],
    ),
    section(
        "",
        "Collection",
        &[
            item("MS-TA9037", "Images from a private registry", PREVENTED),
            item("MS-TA9041", "Collecting data from pod", PREVENTED),
        ],
    ),
    section(
        "",
        "Impact",
        &[
            item("MS-TA9038", "Data destruction", PREVENTED),
            item("MS-TA9039", "Resource hijacking", PREVENTED),
            item("MS-TA9040", "Denial of service", PREVENTED),
        ],
    ),
];
