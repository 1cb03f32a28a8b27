//! Some folders of the node hold the keys to it, or to every pod on it.

use model::{Fix, Pod, Severity};

use super::host_path;
use crate::{Check, Control, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-015",
    name: "sensitive-host-path-mounted",
    title: "Sensitive folder of the host mounted",
    severity: Severity::High,
    page: include_str!("sensitive_host_path_mounted.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes() {
        let Some(path) = volume.host_path() else { continue };
        let Some((container, ..)) = volume.mounts().next() else { continue };
        let access = if volume.is_writable() { "write" } else { "read" };
        let Some((severity, exposes)) = host_path::exposure(path, volume.is_writable()) else {
            continue;
        };
        let because = format!(
            "container `{}` can {access} `{path}` of its node: {exposes}",
            container.name()
        );
        let fix = Fix::advice(match access {
            "write" => "mount only the folder it needs, with `readOnly: true`",
            _ => "mount only the folder or file it needs",
        });
        report.finding_of(severity, volume.at("hostPath.path"), because, fix);
    }
}
