//! One request, every object.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-036",
    name: "collections-deleted",
    title: "Deletes everything at once",
    impact: Impact::Outage,
    reach: Reach::Mistake,
    page: include_str!("collections_deleted.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["deletecollection"], "pods"),
        any(&["deletecollection"], "deployments.apps"),
        any(&["deletecollection"], "statefulsets.apps"),
        any(&["deletecollection"], "secrets"),
        any(&["deletecollection"], "configmaps"),
        any(&["deletecollection"], "persistentvolumeclaims"),
        any(&["deletecollection"], "persistentvolumes"),
        any(&["deletecollection"], "namespaces"),
        any(&["deletecollection"], "nodes"),
    ],
    together_with: &[],
    within: Within::Nothing,
    can: "delete all objects of a kind with one request",
    instead: "delete by name",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
