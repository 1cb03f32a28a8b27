//! Whoever makes workloads makes pods.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-013",
    name: "workloads-created",
    title: "Creates or changes workloads",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("workloads_created.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["create", "update", "patch"], "deployments.apps"),
        any(&["create", "update", "patch"], "daemonsets.apps"),
        any(&["create", "update", "patch"], "statefulsets.apps"),
        any(&["create", "update", "patch"], "replicasets.apps"),
        any(&["create", "update", "patch"], "replicationcontrollers"),
        any(&["create", "update", "patch"], "jobs.batch"),
        any(&["create", "update", "patch"], "cronjobs.batch"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "start pods under any service account by way of a workload",
    instead: "grant it in the namespaces that are managed, not in the whole cluster",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
