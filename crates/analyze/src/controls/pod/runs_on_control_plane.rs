//! Beside the control plane a broken pod is one step from the cluster.

use model::{Fix, Pod};

use super::placement::{is_on_every_node, wants_control_plane};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-037",
    name: "runs-on-control-plane",
    title: "Pod asks for the control plane",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("runs_on_control_plane.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if is_on_every_node(pod) {
        return;
    }
    if let Some(at) = wants_control_plane(pod) {
        let because = format!(
            "{} `{}` runs on the nodes that hold the keys of the cluster",
            pod.object.kind, pod.object.name
        );
        report.finding(at, because, Fix::advice("let it run on ordinary nodes"));
    }
}
