//! A container without such a limit can fill the disk of its node.

use model::{ContainerKind, Fix, Pod};

use super::defaults::Defaults;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-RESOURCE-004",
    name: "ephemeral-storage-limit-missing",
    title: "No limit on the node's disk",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("ephemeral_storage_limit_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let group = group::lacking(pod, "resources.limits.ephemeral-storage", |container| {
        // Ephemeral containers can have no limits.
        container.kind != ContainerKind::Ephemeral && container.limit("ephemeral-storage").is_none()
    });
    let Some(group) = group else { return };
    if Defaults::of(pod, report).is_some_and(|defaults| !defaults.limit("ephemeral-storage")) {
        let because = format!(
            "{} can fill the node's disk with logs and files: the node then evicts others",
            group.names()
        );
        report.finding(group.at, because, Fix::advice("set `resources.limits.ephemeral-storage`"));
    }
}
