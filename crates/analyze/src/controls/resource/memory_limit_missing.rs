//! A container without a memory limit can take all memory of its node.

use model::{ContainerKind, Fix, Pod};

use super::defaults::Defaults;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-RESOURCE-001",
    name: "memory-limit-missing",
    title: "No memory limit",
    impact: Impact::Outage,
    reach: Reach::Container,
    page: include_str!("memory_limit_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let group = group::lacking(pod, "resources.limits.memory", |container| {
        // Ephemeral containers can have no limits.
        container.kind != ContainerKind::Ephemeral && container.limit("memory").is_none()
    });
    let Some(group) = group else { return };
    if Defaults::of(pod, report).is_some_and(|defaults| !defaults.limit("memory")) {
        let because = format!(
            "{} can take all memory of the node, which then kills other pods",
            group.names()
        );
        report.finding(group.at, because, Fix::advice("set `resources.limits.memory`"));
    }
}
