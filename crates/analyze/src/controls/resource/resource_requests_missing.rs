//! A container without requests is placed blindly and evicted first.

use model::{Container, ContainerKind, Fix, Pod};

use super::defaults::Defaults;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-RESOURCE-003",
    name: "resource-requests-missing",
    title: "No resource requests",
    impact: Impact::Availability,
    reach: Reach::SecondFault,
    page: include_str!("resource_requests_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let is_silent = |container: &Container<'_>| {
        container.kind != ContainerKind::Ephemeral && !lacking(container).is_empty()
    };
    if !pod.containers().any(|container| is_silent(&container)) {
        return;
    }
    let Some(defaults) = Defaults::of(pod, report) else { return };
    let lacking = |container: &Container<'_>| -> Vec<_> {
        lacking(container).into_iter().filter(|resource| !defaults.request(resource)).collect()
    };
    let group = group::lacking(pod, "resources.requests", |container| {
        is_silent(container) && !lacking(container).is_empty()
    });
    let Some(group) = group else { return };
    let resources = pod.containers().map(|container| lacking(&container)).max_by_key(Vec::len);
    let because = format!(
        "{} may starve or be evicted first: no request of {}",
        group.names(),
        resources.unwrap_or_default().join(" and ")
    );
    let fix = Fix::advice("set `resources.requests` to what the program uses on an ordinary day");
    report.finding(group.at, because, fix);
}

fn lacking(container: &Container<'_>) -> Vec<&'static str> {
    let resources = ["cpu", "memory"].into_iter();
    resources.filter(|resource| container.request(resource).is_none()).collect()
}
