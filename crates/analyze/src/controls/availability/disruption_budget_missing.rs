//! Draining nodes may stop all replicas at once.

use model::{Fix, Object};

use super::selector::{budgets, replicas, selects};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-AVAILABILITY-002",
    name: "disruption-budget-missing",
    title: "Replicas without disruption budget",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("disruption_budget_missing.md"),
    check: Check::Object(Kinds::Of(&[("apps", "Deployment"), ("apps", "StatefulSet")]), check),
};

fn check(workload: &Object<'_>, report: &mut Report<'_>) {
    // Absence is told only where the namespace is in the input with what belongs to it.
    let Some(namespace) = workload.namespace else { return };
    if replicas(workload) < 2
        || report.snapshot.namespaces(report.world, namespace).next().is_none()
    {
        return;
    }
    let pods = workload.pods();
    let (Some(pod), Some(budgets)) = (pods.first(), budgets(report, workload)) else { return };
    let is_for = |budget: &Object<'_>| {
        budget.root.field("spec.selector").is_some_and(|selector| selects(selector, pod))
    };
    if !budgets.iter().any(is_for) {
        let because = format!(
            "draining nodes may stop all replicas of {} `{}` at once",
            workload.kind, workload.name
        );
        let fix = Fix::advice("add a PodDisruptionBudget with `maxUnavailable: 1`");
        report.finding(workload.at("spec.replicas"), because, fix);
    }
}
