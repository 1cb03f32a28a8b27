//! NSA and CISA Kubernetes Hardening Guide: what its chapters recommend. It has no numbered items:
//! the numbers here count its recommendations chapter by chapter.

use super::{item, section};
use crate::framework::Coverage::{Controls, NeedsCluster, NeedsPerson, NotYet, Partly};
use crate::framework::{Framework, NamedBy, Section};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "nsa-cisa-1.2",
    title: "NSA/CISA Kubernetes Hardening Guide v1.2",
    source: "NSA and CISA, Kubernetes Hardening Guidance, August 2022: its recommendations, in our \
             own words",
    prefix: "NSA/CISA ",
    named_by: NamedBy::Title,
    sections: SECTIONS,
};

const SECTIONS: &[Section] = &[
    section(
        "1",
        "Kubernetes Pod security",
        &[
            item("1.1", "Containers run without root", Controls),
            item("1.2", "Containers have read-only file systems", Controls),
            item(
                "1.3",
                "Images come from known places and are scanned",
                Partly("the vulnerability engine"),
            ),
            item("1.4", "Privileged and breakout features are denied", Controls),
            item("1.5", "Kernel confinement", Controls),
            item("1.6", "A technical control enforces pod security", Partly("a running cluster")),
            item("1.7", "Service account tokens are protected", Controls),
        ],
    ),
    section(
        "2",
        "Network separation and hardening",
        &[
            item("2.1", "Control plane and nodes are locked down", Partly("the node")),
            item("2.2", "Access to etcd is limited", Controls),
            item("2.3", "Components speak authenticated TLS", Controls),
            item("2.4", "Namespaces keep workloads apart", Partly("a person")),
            item("2.5", "Network policies isolate workloads", Controls),
            item("2.6", "A default policy denies all traffic", Controls),
            item("2.7", "Exposed services are few and encrypted", Controls),
            item("2.8", "Resources are limited", Controls),
            item("2.9", "Credentials are in encrypted Secrets", Partly("the node")),
            item(
                "2.10",
                "The cloud metadata service is out of reach",
                Partly("the network engine"),
            ),
        ],
    ),
    section(
        "3",
        "Authentication and authorization",
        &[
            item("3.1", "Anonymous requests are off", Controls),
            item("3.2", "Users authenticate strongly", Partly("a person")),
            item("3.3", "Roles have least privilege", Partly("a look at what is used")),
        ],
    ),
    section(
        "4",
        "Audit logging and threat detection",
        &[
            item("4.1", "Audit logs are on", Controls),
            item("4.2", "Logs outlive pods and nodes", NeedsCluster),
            item("4.3", "Logs of all layers are gathered outside the cluster", NeedsPerson),
            item("4.4", "Logs are watched and alerts are told", NotYet("detection")),
        ],
    ),
    section(
        "5",
        "Upgrading and application security practices",
        &[
            item("5.1", "Updates are applied promptly", Partly("a person")),
            item("5.2", "Vulnerabilities are scanned for periodically", NotYet("vulnerability")),
            item("5.3", "Unused components are removed", Partly("a person")),
        ],
    ),
];
