//! A node whose pods may not leave is never drained, and so never patched.

use model::{Fix, Object, Severity};

use super::selector::{replicas, selected};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-AVAILABILITY-001",
    name: "disruption-budget-never-satisfied",
    title: "Disruption budget allows no disruption",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("disruption_budget_never_satisfied.md"),
    check: Check::Object(Kinds::Of(&[("policy", "PodDisruptionBudget")]), check),
};

fn check(budget: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = budget.root.get("spec") else { return };
    let is = |field: &str, number: i64, share: &str| {
        spec.get(field).is_some_and(|v| v.as_int() == Some(number) || v.as_str() == Some(share))
    };
    let fix = Fix::advice("set `maxUnavailable: 1`, and run more replicas than must stay");
    let at = budget.at("spec");
    if is("maxUnavailable", 0, "0%") {
        return report.finding(at.field("maxUnavailable"), no_drain(budget), fix);
    }
    if spec.get("minAvailable").is_some_and(|value| value.as_str() == Some("100%")) {
        return report.finding(at.field("minAvailable"), no_drain(budget), fix);
    }
    let Some(minimum) = spec.int("minAvailable").filter(|minimum| *minimum > 0) else { return };
    // A single replica is an intended singleton more often than a slip.
    let Some(workloads) = selected(report, budget) else { return };
    if let Some(workload) = workloads.into_iter().find(|object| replicas(object) <= minimum) {
        let count = replicas(&workload);
        let severity = if count > 1 { Severity::Medium } else { Severity::Low };
        let because = format!(
            "{}: {} `{}` has {count} and {minimum} must stay",
            no_drain(budget),
            workload.kind,
            workload.name
        );
        report.finding_of(severity, at.field("minAvailable"), because, fix);
    }
}

fn no_drain(budget: &Object<'_>) -> String {
    format!("a node with a pod of budget `{}` cannot be drained to be patched", budget.name)
}
