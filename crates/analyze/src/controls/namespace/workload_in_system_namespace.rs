//! What runs in a system namespace is exempt from most policies.

use model::{Fix, Node, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-009",
    name: "workload-in-system-namespace",
    title: "Workload in a namespace of the system",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("workload_in_system_namespace.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let written = pod.object.root.field("metadata.namespace").and_then(Node::as_str);
    let Some(namespace) = written.filter(|name| SYSTEM.contains(name)) else { return };
    if namespace == "kube-system" && is_component(pod) {
        return;
    }
    let because = format!(
        "{} `{}` runs in `{namespace}`, which policies and quotas leave out, beside what runs the \
         cluster",
        pod.object.kind, pod.object.name
    );
    let fix = Fix::advice("give it a namespace of its own");
    report.finding(pod.object.at("metadata.namespace"), because, fix);
}

const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// Whether the pod says of itself that the cluster or a node cannot do without it.
fn is_component(pod: &Pod<'_>) -> bool {
    let is_critical = pod
        .spec
        .str("priorityClassName")
        .is_some_and(|class| matches!(class, "system-cluster-critical" | "system-node-critical"));
    let label = |key| pod.root.field("metadata.labels").and_then(|labels| labels.get(key));
    is_critical || pod.host_network() || label("k8s-app").is_some() || label("tier").is_some()
}
