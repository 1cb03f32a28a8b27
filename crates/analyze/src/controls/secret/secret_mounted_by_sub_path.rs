//! What is mounted by sub-path keeps its first value.

use std::collections::HashSet;

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-009",
    name: "secret-mounted-by-sub-path",
    title: "Secret mounted by sub-path",
    impact: Impact::Evidence,
    reach: Reach::Mistake,
    page: include_str!("secret_mounted_by_sub_path.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let secrets = pod.volumes().filter(|volume| volume.node.get("secret").is_some());
    let secrets: HashSet<_> = secrets.map(|volume| volume.name()).collect();
    for container in pod.containers() {
        let by_path = container.volume_mounts().find(|(_, mount)| {
            let is_secret = mount.str("name").is_some_and(|name| secrets.contains(name));
            is_secret && (mount.get("subPath").is_some() || mount.get("subPathExpr").is_some())
        });
        if let Some((index, mount)) = by_path {
            let volume = mount.str("name").unwrap_or_default();
            let field = if mount.get("subPath").is_some() { "subPath" } else { "subPathExpr" };
            let because = format!(
                "container `{}` keeps the old value of Secret volume `{volume}` after a rotation",
                container.name()
            );
            let at = container.at("volumeMounts").index(index).field(field);
            report.finding(
                at,
                because,
                Fix::advice("mount the whole volume in a folder of its own"),
            );
        }
    }
}
