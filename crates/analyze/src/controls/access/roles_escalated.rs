//! The verb that lifts the guard.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, named, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-019",
    name: "roles-escalated",
    title: "May write roles with more than it has",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("roles_escalated.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        named(&["escalate"], "clusterroles.rbac.authorization.k8s.io", &["", "cluster-admin"]),
        any(&["escalate"], "roles.rbac.authorization.k8s.io"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Medium),
    can: "write any right into a role it holds",
    instead: "grant the rights the roles are made of instead of `escalate`",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
