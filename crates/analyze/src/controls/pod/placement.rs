//! Where a pod asks to run.

use model::{Node, Path, Pod};

/// Labels and taints of nodes with the control plane, new and old.
const CONTROL_PLANE: &[&str] =
    &["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/// Whether the pod is meant for every node, or belongs to the system.
pub(super) fn is_on_every_node(pod: &Pod<'_>) -> bool {
    pod.object.kind == "DaemonSet" || pod.object.namespace == Some("kube-system")
}

/// Where the pod asks for nodes of the control plane, if it must run there.
pub(super) fn wants_control_plane(pod: &Pod<'_>) -> Option<Path> {
    let selector = pod.spec.get("nodeSelector");
    let label = CONTROL_PLANE.iter().find(|key| selector.is_some_and(|s| s.get(key).is_some()));
    if let Some(key) = label {
        return Some(pod.at("nodeSelector").key(key));
    }
    let field = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
    let terms = pod.spec.field(field)?.get("nodeSelectorTerms")?;
    let asks = |expression: Node<'_>| {
        expression.str("key").is_some_and(|key| CONTROL_PLANE.contains(&key))
            && matches!(expression.str("operator"), Some("Exists" | "In"))
    };
    let index = terms.items().position(|term| term.list("matchExpressions").any(asks))?;
    Some(pod.at(field).field("nodeSelectorTerms").index(index))
}
