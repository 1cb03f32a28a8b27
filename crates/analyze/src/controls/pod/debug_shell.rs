//! A terminal held open is a shell somebody forgot.

use model::{ContainerKind, Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-033",
    name: "debug-shell",
    title: "Container waits for somebody at a terminal",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("debug_shell.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers().filter(|c| c.kind != ContainerKind::Ephemeral) {
        if container.node.bool("stdin") == Some(true) && container.node.bool("tty") == Some(true) {
            let because = format!("container `{}` holds a terminal open", container.name());
            let at = container.at("tty");
            report.finding(at, because, Fix::advice("remove `stdin` and `tty`, or the container"));
        }
    }
}
