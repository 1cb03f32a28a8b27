//! A `LimitRange` gives limits to those who forgot them.

use model::{Fix, Object};

use super::{guard, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-007",
    name: "limit-range-missing",
    title: "Namespace without default limits",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("limit_range_missing.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(namespace: &Object<'_>, report: &mut Report<'_>) {
    if is_of_the_system(namespace) || guard::workload(report, namespace).is_none() {
        return;
    }
    let name = Some(namespace.name);
    let range = report.snapshot.neighbours(report.world, name, ("", "LimitRange")).next();
    if range.is_none() {
        let because = format!(
            "containers of namespace `{}` without limits of their own get none",
            namespace.name
        );
        let fix = Fix::advice("add a LimitRange with `default` and `defaultRequest`");
        // It is about the namespace as a whole, as its quota is, but a cause of its own.
        report.finding(namespace.at("metadata"), because, fix);
    }
}
