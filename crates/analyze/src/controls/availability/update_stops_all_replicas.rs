//! Between the last old pod and the first new one nobody serves.

use model::{Fix, Node, Object};

use super::selector::replicas;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-AVAILABILITY-005",
    name: "update-stops-all-replicas",
    title: "Update stops all replicas at once",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("update_stops_all_replicas.md"),
    check: Check::Object(Kinds::Of(&[("apps", "Deployment")]), check),
};

fn check(deployment: &Object<'_>, report: &mut Report<'_>) {
    // One replica is stopped as a whole anyhow.
    let Some(strategy) = deployment.root.field("spec.strategy") else { return };
    if replicas(deployment) < 2 {
        return;
    }
    let at = deployment.at("spec.strategy");
    let unavailable = strategy.field("rollingUpdate.maxUnavailable");
    let at = match (strategy.str("type"), unavailable.and_then(Node::as_str)) {
        (Some("Recreate"), _) => at.field("type"),
        (_, Some("100%")) => at.field("rollingUpdate.maxUnavailable"),
        _ => return,
    };
    let because = format!(
        "an update stops all {} replicas of `{}` before the first new one serves",
        replicas(deployment),
        deployment.name
    );
    report.finding(at, because, Fix::advice("use `RollingUpdate` with `maxUnavailable: 25%`"));
}
