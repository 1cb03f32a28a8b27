//! The guards of a namespace hang on its labels.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-029",
    name: "namespaces-changed",
    title: "Changes namespaces and their labels",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("namespaces_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["update", "patch"], "namespaces")],
    together_with: &[],
    within: Within::Nothing,
    can: "lift Pod Security and network policies from a namespace by its labels",
    instead: "limit the rule to the names of its own namespaces",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
