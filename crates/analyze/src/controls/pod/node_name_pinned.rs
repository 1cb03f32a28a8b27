//! With `nodeName` nobody asks whether the pod belongs on the node.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-035",
    name: "node-name-pinned",
    title: "Pod put on a node past the scheduler",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("node_name_pinned.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // The scheduler writes the field into the pods of a cluster.
    let is_running = pod.is_bare() && pod.object.root.field("metadata.uid").is_some();
    let name = pod.spec.str("nodeName").filter(|name| !name.is_empty() && !is_running);
    if let Some(name) = name {
        let because = format!(
            "{} `{}` runs on node `{name}` whatever its taints and the free room say",
            pod.object.kind, pod.object.name
        );
        let fix =
            Fix::advice("use `nodeSelector` or affinity, and tolerate what must be tolerated");
        report.finding(pod.at("nodeName"), because, fix);
    }
}
