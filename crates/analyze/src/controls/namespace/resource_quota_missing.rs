//! Whoever may create pods in it may use up the cluster.

use model::{Fix, Object};

use super::{guard, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-006",
    name: "resource-quota-missing",
    title: "Namespace without resource quota",
    impact: Impact::Availability,
    reach: Reach::Writer,
    page: include_str!("resource_quota_missing.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(namespace: &Object<'_>, report: &mut Report<'_>) {
    if is_of_the_system(namespace) || guard::workload(report, namespace).is_none() {
        return;
    }
    let name = Some(namespace.name);
    let quota = report.snapshot.neighbours(report.world, name, ("", "ResourceQuota")).next();
    if quota.is_none() {
        let because = format!(
            "whoever may create pods in namespace `{}` can take all the cluster has",
            namespace.name
        );
        let fix = Fix::advice("add a ResourceQuota for pods, CPU and memory");
        report.finding(namespace.at("metadata.name"), because, fix);
    }
}
