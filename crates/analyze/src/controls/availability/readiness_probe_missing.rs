//! What nobody asks for its health is not repaired.

use model::{ContainerKind, Fix, Pod};

use super::service::runs_for_good;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-AVAILABILITY-004",
    name: "readiness-probe-missing",
    title: "No readiness probe",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("readiness_probe_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !runs_for_good(pod) {
        return;
    }
    let group = group::lacking(pod, "readinessProbe", |container| {
        container.kind == ContainerKind::Regular
            && container.ports().next().is_some()
            && container.node.get("readinessProbe").is_none()
    });
    if let Some(group) = group {
        let because = format!("{} is sent requests before it can answer them", group.names());
        let fix = Fix::advice("add a `readinessProbe` that asks for what the program is for");
        report.finding(group.at, because, fix);
    }
}
