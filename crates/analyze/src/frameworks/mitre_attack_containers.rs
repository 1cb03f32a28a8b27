//! MITRE ATT&CK: the techniques of its matrix for containers, and those of other matrices that a
//! control's page names.

use super::{item, section};
use crate::framework::Coverage::{self, NotYet, Partly};
use crate::framework::{Framework, NamedBy, Section};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "mitre-attack-containers",
    title: "MITRE ATT&CK for Containers",
    source: "attack.mitre.org, matrix for containers: technique numbers and names",
    prefix: "MITRE ",
    named_by: NamedBy::Id,
    sections: SECTIONS,
};

/// A manifest can open the way for a technique, it cannot show that nobody uses it.
const PREVENTED: Coverage = Partly("a look at run time");

const SECTIONS: &[Section] = &[section(
    "",
    "Techniques",
    &[
        item("T1036", "Masquerading", PREVENTED),
        item("T1036.005", "Match legitimate resource name or location", NotYet("detection")),
        item("T1040", "Network sniffing", PREVENTED),
        item("T1041", "Exfiltration over C2 channel", PREVENTED),
        item("T1046", "Network service discovery", PREVENTED),
        item("T1053.007", "Container orchestration job", PREVENTED),
        item("T1057", "Process discovery", PREVENTED),
        item("T1059.004", "Unix shell", PREVENTED),
        item("T1068", "Exploitation for privilege escalation", NotYet("vulnerability")),
        item("T1069", "Permission groups discovery", PREVENTED),
        item("T1070", "Indicator removal", PREVENTED),
        item("T1078", "Valid accounts", PREVENTED),
        item("T1078.001", "Default accounts", PREVENTED),
        item("T1090", "Proxy", PREVENTED),
        item("T1098.006", "Additional container cluster roles", PREVENTED),
        item("T1105", "Ingress tool transfer", PREVENTED),
        item("T1110", "Brute force", NotYet("detection")),
        item("T1133", "External remote services", PREVENTED),
        item("T1136.001", "Create local account", NotYet("detection")),
        item("T1190", "Exploit public-facing application", PREVENTED),
        item("T1195.002", "Compromise software supply chain", PREVENTED),
        item("T1204.003", "Malicious image", NotYet("signature")),
        item("T1485", "Data destruction", PREVENTED),
        item("T1490", "Inhibit system recovery", PREVENTED),
        item("T1496", "Resource hijacking", PREVENTED),
        item("T1498", "Network denial of service", NotYet("network")),
        item("T1499", "Endpoint denial of service", PREVENTED),
        item("T1525", "Implant internal image", PREVENTED),
        item("T1528", "Steal application access token", PREVENTED),
        item("T1543.005", "Container service", PREVENTED),
        item("T1548", "Abuse elevation control mechanism", PREVENTED),
        item("T1550.001", "Application access token", NotYet("detection")),
        item("T1552", "Unsecured credentials", PREVENTED),
        item("T1552.001", "Credentials in files", PREVENTED),
        item("T1552.005", "Cloud instance metadata API", PREVENTED),
        item("T1552.007", "Container API", PREVENTED),
        item("T1555", "Credentials from password stores", PREVENTED),
        item("T1557", "Adversary-in-the-middle", PREVENTED),
        item("T1562.001", "Disable or modify tools", PREVENTED),
        item("T1565", "Data manipulation", PREVENTED),
        item("T1609", "Container administration command", PREVENTED),
        item("T1610", "Deploy container", PREVENTED),
        item("T1611", "Escape to host", PREVENTED),
        item("T1612", "Build image on host", NotYet("detection")),
        item("T1613", "Container and resource discovery", PREVENTED),
    ],
)];
