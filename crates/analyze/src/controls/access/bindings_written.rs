//! What one has, one can pass on.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-037",
    name: "bindings-written",
    title: "Writes roles or bindings",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("bindings_written.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["create", "update", "patch"], "clusterrolebindings.rbac.authorization.k8s.io"),
        any(&["create", "update", "patch"], "rolebindings.rbac.authorization.k8s.io"),
        any(&["create", "update", "patch"], "clusterroles.rbac.authorization.k8s.io"),
        any(&["create", "update", "patch"], "roles.rbac.authorization.k8s.io"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "hand its own rights on to others",
    instead: "let the installation bind roles",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
