//! Taints keep pods from nodes; this one goes everywhere.

use model::{Fix, Node, Pod};

use super::placement::{is_on_every_node, wants_control_plane};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-036",
    name: "tolerates-every-taint",
    title: "Pod tolerates every taint",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("tolerates_every_taint.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if is_on_every_node(pod) || wants_control_plane(pod).is_some() {
        return;
    }
    let is_all = |toleration: Node<'_>| {
        toleration.str("operator") == Some("Exists")
            && toleration.str("key").is_none_or(str::is_empty)
            && toleration.str("effect").is_none_or(|effect| effect != "NoExecute")
    };
    if let Some(index) = pod.spec.list("tolerations").position(is_all) {
        let because = format!(
            "{} `{}` may run on every node, the control plane's and other teams' included",
            pod.object.kind, pod.object.name
        );
        let fix = Fix::advice("tolerate the taints by name that it needs to");
        report.finding(pod.at("tolerations").index(index), because, fix);
    }
}
