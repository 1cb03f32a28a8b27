//! Whoever runs in the container under any user reads the Secret.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-008",
    name: "secret-volume-readable-by-all",
    title: "Mounted Secret readable by every user",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("secret_volume_readable_by_all.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes() {
        let Some(source) = volume.node.get("secret") else { continue };
        let mode = source.int("defaultMode").map(|mode| (mode, volume.at("secret.defaultMode")));
        let items = source.list("items").enumerate().filter_map(|(index, item)| {
            Some((item.int("mode")?, volume.at("secret.items").index(index).field("mode")))
        });
        let open = mode.into_iter().chain(items).find(|(mode, _)| mode & OTHERS != 0);
        if let Some((mode, at)) = open {
            let because = format!(
                "every user in a container that mounts volume `{}` can use its Secret: mode \
                 {mode:04o}",
                volume.name()
            );
            report.finding(at, because, Fix::advice("set the mode to 0440 and `fsGroup`"));
        }
    }
}

/// The permission bits of those who are neither owner nor group.
const OTHERS: i64 = 0o007;
