//! Whoever makes a pod picks whose identity it has.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-012",
    name: "pods-created",
    title: "Creates pods everywhere",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("pods_created.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["create"], "pods")],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "start pods under any service account, with any Secret mounted",
    instead: "grant it in the namespaces that need it, and enforce Pod Security there",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
