//! A `HostProcess` container is a process of its node.

use model::{Fix, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-024",
    name: "windows-host-process",
    title: "Container runs on the Windows host",
    impact: Impact::Node,
    reach: Reach::Container,
    page: include_str!("windows_host_process.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let groups = group::by_place(pod, |container| {
        let setting = container.windows_host_process().filter(|setting| setting.value)?;
        Some(container.security_at("windowsOptions", setting.scope).field("hostProcess"))
    });
    for group in groups {
        let because = format!(
            "{} on the Windows host itself: whoever gets in owns the node",
            group.who("runs", "run")
        );
        let fix = Fix::set(group.at.clone(), "false").risky("the program may manage the node");
        report.finding(group.at, because, fix);
    }
}
