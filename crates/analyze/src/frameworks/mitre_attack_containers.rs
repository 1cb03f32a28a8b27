//! MITRE ATT&CK: the techniques of its matrix for containers, and those of other matrices that a
//! control's page names.

use super::item;
use crate::framework::Coverage::{Controls, NotYet};
use crate::framework::{Framework, Item, NamedBy};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "mitre-attack-containers",
    title: "MITRE ATT&CK for Containers",
    source: "attack.mitre.org, matrix for containers: technique numbers and names",
    prefix: "MITRE ",
    named_by: NamedBy::Id,
    items: ITEMS,
};

const ITEMS: &[Item] = &[
    item("T1036", "Masquerading", Controls),
    item("T1036.005", "Match legitimate resource name or location", NotYet("detection")),
    item("T1040", "Network sniffing", Controls),
    item("T1041", "Exfiltration over C2 channel", Controls),
    item("T1046", "Network service discovery", Controls),
    item("T1053.007", "Container orchestration job", NotYet("access")),
    item("T1057", "Process discovery", Controls),
    item("T1059.004", "Unix shell", Controls),
    item("T1068", "Exploitation for privilege escalation", NotYet("vulnerability")),
    item("T1069", "Permission groups discovery", NotYet("access")),
    item("T1070", "Indicator removal", NotYet("detection")),
    item("T1078", "Valid accounts", NotYet("access")),
    item("T1078.001", "Default accounts", NotYet("access")),
    item("T1090", "Proxy", Controls),
    item("T1098.006", "Additional container cluster roles", NotYet("access")),
    item("T1105", "Ingress tool transfer", Controls),
    item("T1110", "Brute force", NotYet("detection")),
    item("T1133", "External remote services", Controls),
    item("T1136.001", "Create local account", NotYet("detection")),
    item("T1190", "Exploit public-facing application", Controls),
    item("T1195.002", "Compromise software supply chain", Controls),
    item("T1204.003", "Malicious image", NotYet("signature")),
    item("T1485", "Data destruction", NotYet("access")),
    item("T1490", "Inhibit system recovery", NotYet("access")),
    item("T1496", "Resource hijacking", Controls),
    item("T1498", "Network denial of service", NotYet("network")),
    item("T1499", "Endpoint denial of service", Controls),
    item("T1525", "Implant internal image", Controls),
    item("T1528", "Steal application access token", Controls),
    item("T1543.005", "Container service", NotYet("access")),
    item("T1548", "Abuse elevation control mechanism", Controls),
    item("T1550.001", "Application access token", NotYet("detection")),
    item("T1552", "Unsecured credentials", Controls),
    item("T1552.001", "Credentials in files", Controls),
    item("T1552.005", "Cloud instance metadata API", Controls),
    item("T1552.007", "Container API", NotYet("access")),
    item("T1555", "Credentials from password stores", Controls),
    item("T1557", "Adversary-in-the-middle", Controls),
    item("T1562.001", "Disable or modify tools", Controls),
    item("T1565", "Data manipulation", Controls),
    item("T1609", "Container administration command", Controls),
    item("T1610", "Deploy container", Controls),
    item("T1611", "Escape to host", Controls),
    item("T1612", "Build image on host", NotYet("detection")),
    item("T1613", "Container and resource discovery", NotYet("access")),
];
