//! Who may talk to the container runtime may start a privileged container.

use model::{Fix, Pod};

use super::host_path;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-014",
    name: "container-runtime-socket-mounted",
    title: "Socket of the container runtime mounted",
    impact: Impact::Node,
    reach: Reach::Container,
    page: include_str!("container_runtime_socket_mounted.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for folder in host_path::all(pod) {
        let Some(container) = folder.container else { continue };
        let path = folder.path;
        if !host_path::is_runtime_socket(path) {
            continue;
        }
        let because = format!(
            "container `{container}` can have the runtime start a privileged container through \
             `{path}`, even if it is mounted read-only"
        );
        let fix = Fix::advice(
            "remove the volume; build images without a daemon, and read metrics from the kubelet",
        );
        report.finding(folder.at(), because, fix);
    }
}
