//! The verb that hands out what one does not have.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, named, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-020",
    name: "roles-bound",
    title: "May bind roles with more than it has",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("roles_bound.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        named(&["bind"], "clusterroles.rbac.authorization.k8s.io", &["", "cluster-admin"]),
        any(&["bind"], "roles.rbac.authorization.k8s.io"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Medium),
    can: "bind itself to `cluster-admin`, or within a namespace to all of it",
    instead: "limit `bind` to the names of the roles that are handed out",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
