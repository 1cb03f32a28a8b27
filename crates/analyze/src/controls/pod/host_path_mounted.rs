//! A folder of the node outlives the pod and is shared with whoever comes next.

use model::{Fix, Pod, Severity};

use super::host_path;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-016",
    name: "host-path-mounted",
    title: "Folder of the host mounted",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("host_path_mounted.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for folder in host_path::all(pod) {
        let (name, path) = (folder.name(), folder.path);
        let is_told_elsewhere = host_path::is_runtime_socket(path)
            || host_path::exposure(path, folder.is_writable).is_some();
        let (severity, because) = match (folder.container, folder.is_writable) {
            (Some(_), _) if is_told_elsewhere => continue,
            (None, _) => (Severity::Low, format!("volume `{name}` shows `{path}` of the node")),
            (Some(container), true) => (
                Severity::Medium,
                format!("container `{container}` can write `{path}` of its node, past its end"),
            ),
            (Some(container), false) => {
                (Severity::Low, format!("container `{container}` can read `{path}` of its node"))
            }
        };
        let fix = Fix::advice("use a volume claim, an `emptyDir` or a ConfigMap instead");
        report.finding_of(severity, folder.at(), because, fix);
    }
}
