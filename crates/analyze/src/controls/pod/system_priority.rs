//! What has the system's priority pushes others off their nodes.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-038",
    name: "system-priority",
    title: "Priority of the system outside its namespace",
    impact: Impact::Availability,
    reach: Reach::Writer,
    page: include_str!("system_priority.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let class = pod.spec.str("priorityClassName").unwrap_or_default();
    let namespace = pod.object.namespace.filter(|name| *name != "kube-system");
    if let Some(namespace) = namespace
        && matches!(class, "system-cluster-critical" | "system-node-critical")
    {
        let because = format!(
            "{} `{}` in `{namespace}` pushes other pods off a full node, DNS and the network's \
             among them",
            pod.object.kind, pod.object.name
        );
        let fix = Fix::advice("make a PriorityClass for what matters to you, below the system's");
        report.finding(pod.at("priorityClassName"), because, fix);
    }
}
