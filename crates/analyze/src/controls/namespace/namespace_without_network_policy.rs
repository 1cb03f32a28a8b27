//! Where no policy selects a pod, every pod of the cluster may speak to it.

use model::{Fix, Object, Severity};

use super::{guard, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-004",
    name: "namespace-without-network-policy",
    title: "Namespace without network policy",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("namespace_without_network_policy.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(namespace: &Object<'_>, report: &mut Report<'_>) {
    if is_of_the_system(namespace) || guard::is_guarded_elsewhere(report, namespace) {
        return;
    }
    let Some(workload) = guard::workload(report, namespace) else { return };
    if guard::has_default(report, namespace, "Ingress") {
        return;
    }
    // A policy for some pods shows that somebody thought of it.
    let name = namespace.name;
    let (severity, because) = if guard::policies(report, namespace).next().is_some() {
        let because = format!(
            "every pod of the cluster may speak to those of namespace `{name}` that no policy \
             selects"
        );
        (Severity::Low, because)
    } else {
        let (kind, workload) = (workload.kind, workload.name);
        let because = format!(
            "every pod of the cluster may speak to every pod of namespace `{name}`, such as those \
             of {kind} `{workload}`"
        );
        (Severity::Medium, because)
    };
    let fix =
        Fix::advice("add a NetworkPolicy with `podSelector: {}` and `policyTypes: [Ingress]`");
    report.finding_of(severity, namespace.at("metadata.name"), because, fix);
}
