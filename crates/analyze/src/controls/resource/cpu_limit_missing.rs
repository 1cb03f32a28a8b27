//! A container without a CPU limit can slow down its whole node.

use model::{ContainerKind, Fix, Pod};

use super::defaults::Defaults;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-RESOURCE-002",
    name: "cpu-limit-missing",
    title: "No CPU limit",
    impact: Impact::Availability,
    reach: Reach::SecondFault,
    page: include_str!("cpu_limit_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let group = group::lacking(pod, "resources.limits.cpu", |container| {
        // Ephemeral containers can have no limits.
        container.kind != ContainerKind::Ephemeral && container.limit("cpu").is_none()
    });
    let Some(group) = group else { return };
    if Defaults::of(pod, report).is_some_and(|defaults| !defaults.limit("cpu")) {
        let because = format!(
            "{} can use all idle CPU of the node, for instance to mine coins",
            group.names()
        );
        report.finding(group.at, because, Fix::advice("set `resources.limits.cpu`"));
    }
}
