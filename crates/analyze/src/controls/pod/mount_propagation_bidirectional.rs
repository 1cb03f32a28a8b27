//! Bidirectional propagation lets a container mount file systems on its node.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-017",
    name: "mount-propagation-bidirectional",
    title: "Mounts propagate to the host",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("mount_propagation_bidirectional.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        for (index, mount) in container.volume_mounts() {
            if mount.str("mountPropagation") != Some("Bidirectional") {
                continue;
            }
            let at = container.at("volumeMounts").index(index).field("mountPropagation");
            let because = format!(
                "what container `{}` mounts below `{}` appears on its node and in other pods",
                container.name(),
                mount.str("mountPath").unwrap_or_default()
            );
            let fix = Fix::set(at.clone(), "\"HostToContainer\"")
                .risky("the node may need what the program mounts");
            report.finding(at, because, fix);
        }
    }
}
