//! A process that may gain more rights than its parent turns one setuid file into root.

use model::{Container, Fix, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-002",
    name: "privilege-escalation-allowed",
    title: "Container may gain privileges",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("privilege_escalation_allowed.md"),
    check: Check::Pod(check),
};

const FIELD: &str = "securityContext.allowPrivilegeEscalation";

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    for container in pod.containers().filter(|container| may_escalate(container)) {
        if is_written(&container) {
            let because = because(&format!("container `{}`", container.name()));
            let at = container.at(FIELD);
            report.finding(at.clone(), because, Fix::set(at, "false").risky(RISK));
        }
    }
    let silent =
        group::lacking(pod, FIELD, |container| may_escalate(container) && !is_written(container));
    if let Some(group) = silent {
        report.finding(group.at.clone(), because(&group.names()), group.set("false").risky(RISK));
    }
}

/// Not where it follows from a worse setting: the API server refuses `false` there.
fn may_escalate(container: &Container<'_>) -> bool {
    let is_admin = |name: &str| matches!(name, "SYS_ADMIN" | "CAP_SYS_ADMIN");
    container.allows_privilege_escalation()
        && !container.privileged()
        && !container.added_capabilities().any(|(_, name)| is_admin(name))
}

fn is_written(container: &Container<'_>) -> bool {
    container.security("allowPrivilegeEscalation").is_some()
}

fn because(who: &str) -> String {
    format!("{who} may gain rights beyond those at start: setuid files and file capabilities work")
}

/// Why the fix is not safe.
const RISK: &str = "the program may start one that gains rights, such as `sudo` or `ping`";
