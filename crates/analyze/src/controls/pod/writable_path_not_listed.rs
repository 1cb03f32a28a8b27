//! What a workload writes to is known: anything else is a place to hide in.

use model::{Fix, Pod};

use super::writable::{Volumes, is_below};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-047",
    name: "writable-path-not-listed",
    title: "Writable folder that is not on the list",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("writable_path_not_listed.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let listed = &report.options.writable_paths;
    if listed.is_empty() {
        return;
    }
    let volumes = Volumes::new(pod);
    for container in pod.containers() {
        for (index, folder) in volumes.writable_mounts(&container) {
            if listed.iter().any(|above| is_below(folder, above)) {
                continue;
            }
            let because = format!(
                "container `{}` can write to `{folder}`, which is below no folder of \
                 `judge.writablePaths`",
                container.name()
            );
            let fix = Fix::advice("mount it read-only or below a listed folder, or list it");
            let at = container.at("volumeMounts").index(index).key("mountPath");
            report.finding(at, because, fix);
        }
    }
}
