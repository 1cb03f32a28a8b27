//! Pods may speak to the internet and to the cloud's metadata service.

use model::{Fix, Object};

use super::{guard, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-005",
    name: "namespace-egress-open",
    title: "Namespace lets everything out",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("namespace_egress_open.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(namespace: &Object<'_>, report: &mut Report<'_>) {
    // Without any default the missing one for ingress is told, and tells enough.
    if is_of_the_system(namespace)
        || guard::is_guarded_elsewhere(report, namespace)
        || guard::workload(report, namespace).is_none()
        || !guard::has_default(report, namespace, "Ingress")
        || guard::has_default(report, namespace, "Egress")
    {
        return;
    }
    let because = format!(
        "pods of namespace `{}` may speak to everything outside it, the cloud's metadata service \
         included",
        namespace.name
    );
    let fix = Fix::advice("add Egress to the policy for all pods, and rules for what they need");
    report.finding(namespace.at("metadata.name"), because, fix);
}
