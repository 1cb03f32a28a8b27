//! A folder of the node outlives the pod and is shared with whoever comes next.

use model::{Fix, Pod, Severity};

use super::host_path;
use crate::{Check, Control, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-016",
    name: "host-path-mounted",
    title: "Folder of the host mounted",
    severity: Severity::Low,
    page: include_str!("host_path_mounted.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes() {
        let Some(path) = volume.host_path() else { continue };
        let is_writable = volume.is_writable();
        let is_mounted = volume.mounts().next().is_some();
        let is_told_elsewhere =
            host_path::is_runtime_socket(path) || host_path::exposure(path, is_writable).is_some();
        if is_mounted && is_told_elsewhere {
            continue;
        }
        let name = volume.name();
        let (severity, because) = match (is_mounted, is_writable) {
            (false, _) => (Severity::Low, format!("volume `{name}` shows `{path}` of the node")),
            (true, true) => (
                Severity::Medium,
                format!("volume `{name}` lets the pod write `{path}` of its node, past its end"),
            ),
            (true, false) => {
                (Severity::Low, format!("volume `{name}` lets the pod read `{path}` of its node"))
            }
        };
        let fix = Fix::advice("use a volume claim, an `emptyDir` or a ConfigMap instead");
        report.finding_of(severity, volume.at("hostPath.path"), because, fix);
    }
}
