//! What is written to a volume in memory is memory.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-040",
    name: "memory-volume-unbounded",
    title: "Volume in memory without a limit",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("memory_volume_unbounded.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes() {
        let Some(source) = volume.node.get("emptyDir") else { continue };
        if source.str("medium") == Some("Memory") && source.get("sizeLimit").is_none() {
            let because = format!(
                "what is written to volume `{}` takes memory until the pod or its node has none",
                volume.name()
            );
            let at = volume.at("emptyDir.sizeLimit");
            report.finding(at, because, Fix::advice("set `sizeLimit`"));
        }
    }
}
