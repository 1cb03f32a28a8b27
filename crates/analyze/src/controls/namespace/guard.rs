//! What runs in a namespace, and which policies are for all of it.

use model::{Node, Object};

use crate::Report;

/// Kinds that make pods, the commonest first.
const WORKLOADS: &[(&str, &str)] = &[
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("", "Pod"),
];

/// A workload of the namespace, if there is one in the input.
pub(crate) fn workload<'s>(report: &Report<'s>, namespace: &Object<'_>) -> Option<Object<'s>> {
    let (snapshot, world) = (report.snapshot, report.world);
    // The first by name: what a finding says must not hang on the order in which objects came.
    let first = |kind| {
        let all = snapshot.neighbours(world, Some(namespace.name), kind);
        all.min_by(|one, other| one.name.cmp(other.name))
    };
    WORKLOADS.iter().find_map(|kind| first(*kind))
}

/// The network policies of the namespace.
pub(crate) fn policies<'s>(
    report: &Report<'s>,
    namespace: &Object<'_>,
) -> impl Iterator<Item = Object<'s>> {
    let kind = ("networking.k8s.io", "NetworkPolicy");
    report.snapshot.neighbours(report.world, Some(namespace.name), kind)
}

/// Whether a policy for every pod of the namespace restricts this direction.
pub(crate) fn has_default(report: &Report<'_>, namespace: &Object<'_>, direction: &str) -> bool {
    policies(report, namespace).any(|policy| {
        let Some(spec) = policy.root.get("spec") else { return false };
        let is_empty = |selector: Node<'_>| {
            let labels = selector.get("matchLabels").into_iter().flat_map(Node::entries).next();
            labels.is_none() && selector.list("matchExpressions").next().is_none()
        };
        let mut types = spec.list("policyTypes").filter_map(Node::as_str).peekable();
        let restricts = match (types.peek().is_some(), direction) {
            (true, _) => types.any(|name| name == direction),
            (false, "Egress") => spec.list("egress").next().is_some(),
            (false, _) => true,
        };
        restricts && spec.get("podSelector").is_none_or(is_empty)
    })
}

/// Policies of network plugins, by (group, kind): those of the namespace, and those of the
/// cluster. What they allow is not judged here; that they are there is enough to be silent.
const OTHERS: &[(&str, &str)] = &[
    ("cilium.io", "CiliumNetworkPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"),
    ("projectcalico.org", "NetworkPolicy"),
];
const CLUSTER_WIDE: &[(&str, &str)] = &[
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
];

/// Whether a policy of a network plugin denies something and leaves all else to others: what
/// `harden` writes for them is such a one.
fn only_denies(policy: &Object<'_>) -> bool {
    let Some(spec) = policy.root.get("spec") else { return false };
    let mut rules = ["ingress", "egress"].into_iter().flat_map(|key| spec.list(key));
    if policy.group() == "cilium.io" {
        let isolates = |key| spec.field(key).and_then(Node::as_bool) != Some(false);
        return rules.next().is_none() && !isolates("enableDefaultDeny.egress");
    }
    let mut rules = rules.peekable();
    let is_no = |rule: Node<'_>| matches!(rule.str("action"), Some("Deny" | "Pass"));
    policy.group().ends_with("projectcalico.org")
        && spec.str("tier").is_some_and(|tier| tier != "default")
        && rules.peek().is_some()
        && rules.all(is_no)
}

/// Whether policies of another kind decide over the namespace.
pub(crate) fn is_guarded_elsewhere(report: &Report<'_>, namespace: &Object<'_>) -> bool {
    let has = |name: Option<&str>, kinds: &[(&str, &str)]| {
        let has = |kind: &(&str, &str)| {
            let mut found = report.snapshot.neighbours(report.world, name, *kind);
            found.any(|policy| !only_denies(&policy))
        };
        kinds.iter().any(has)
    };
    has(Some(namespace.name), OTHERS) || has(None, CLUSTER_WIDE)
}
