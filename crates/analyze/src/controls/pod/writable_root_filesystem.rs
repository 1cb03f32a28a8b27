//! A writable root file system lets an attacker keep tools and change programs.

use model::{Container, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-008",
    name: "writable-root-filesystem",
    title: "Root file system is writable",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("writable_root_filesystem.md"),
    check: Check::Pod(check),
};

const FIELD: &str = "securityContext.readOnlyRootFilesystem";

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    for container in pod.containers().filter(|container| is_writable(container)) {
        if container.security("readOnlyRootFilesystem").is_some() {
            let because = because(&format!("container `{}`", container.name()));
            let at = container.at(FIELD);
            report.finding(at.clone(), because, model::Fix::set(at, "true").risky(RISK));
        }
    }
    let silent = group::lacking(pod, FIELD, |container| {
        is_writable(container) && container.security("readOnlyRootFilesystem").is_none()
    });
    if let Some(group) = silent {
        report.finding(group.at.clone(), because(&group.names()), group.set("true").risky(RISK));
    }
}

fn is_writable(container: &Container<'_>) -> bool {
    !container.read_only_root_filesystem() && !container.privileged()
}

fn because(who: &str) -> String {
    format!("{who} can change its own programs and keep what an attacker brings along")
}

/// Why the fix is not safe.
const RISK: &str = "the program may write to its own file system";
