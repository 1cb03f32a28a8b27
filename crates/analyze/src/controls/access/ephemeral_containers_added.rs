//! A debug container sits inside the pod it looks at.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-015",
    name: "ephemeral-containers-added",
    title: "Adds debug containers to pods of others",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("ephemeral_containers_added.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["update", "patch"], "pods/ephemeralcontainers")],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "put a container of its own into every running pod",
    instead: "grant it in one namespace, for the time of the work",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
