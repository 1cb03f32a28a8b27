//! What nobody asks for its health is not repaired.

use model::{ContainerKind, Fix, Pod};

use super::service::runs_for_good;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-AVAILABILITY-003",
    name: "liveness-probe-missing",
    title: "No liveness probe",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("liveness_probe_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !runs_for_good(pod) {
        return;
    }
    let group = group::lacking(pod, "livenessProbe", |container| {
        container.kind == ContainerKind::Regular && container.node.get("livenessProbe").is_none()
    });
    if let Some(group) = group {
        let because = format!("{} is not restarted when it hangs", group.names());
        let fix = Fix::advice("add a `livenessProbe` that asks for what the program is for");
        report.finding(group.at, because, fix);
    }
}
