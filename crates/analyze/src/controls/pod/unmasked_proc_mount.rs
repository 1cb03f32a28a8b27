//! An unmasked `/proc` shows a container the kernel's controls.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-023",
    name: "unmasked-proc-mount",
    title: "Kernel interfaces not masked",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("unmasked_proc_mount.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // In a user namespace of its own the pod has no rights over what is unmasked.
    if !pod.host_users() {
        return;
    }
    for container in pod.containers().filter(|container| !container.privileged()) {
        if container.proc_mount() == Some("Unmasked") {
            let at = container.at("securityContext.procMount");
            let because = format!(
                "container `{}` sees all of `/proc`, with kernel memory and controls that are \
                 hidden otherwise",
                container.name()
            );
            report.finding(
                at.clone(),
                because,
                Fix::set(at, "\"Default\"").risky("containers made inside this one need it"),
            );
        }
    }
}
