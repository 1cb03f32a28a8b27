//! NSA and CISA Kubernetes Hardening Guide, by chapter: it has no numbered items.

use super::{item, section};
use crate::framework::Coverage::{Controls, NotYet};
use crate::framework::{Framework, NamedBy, Section};

pub(super) const FRAMEWORK: Framework = Framework {
    name: "nsa-cisa-1.2",
    title: "NSA/CISA Kubernetes Hardening Guide v1.2",
    source: "NSA and CISA, Kubernetes Hardening Guidance, August 2022: its chapters",
    prefix: "NSA/CISA ",
    named_by: NamedBy::Title,
    sections: SECTIONS,
};

const SECTIONS: &[Section] = &[section(
    "",
    "Chapters",
    &[
        item("1", "Kubernetes Pod security", Controls),
        item("2", "Network separation and hardening", Controls),
        item("3", "Authentication and authorization", Controls),
        item("4", "Audit logging and threat detection", NotYet("detection")),
        item("5", "Upgrading and application security practices", Controls),
    ],
)];
