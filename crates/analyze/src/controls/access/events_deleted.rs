//! Events are the trace most people look at first.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-033",
    name: "events-deleted",
    title: "Deletes events",
    impact: Impact::Evidence,
    reach: Reach::Writer,
    page: include_str!("events_deleted.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["delete", "deletecollection"], "events"),
        any(&["delete", "deletecollection"], "events.events.k8s.io"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "delete the events that tell what happened",
    instead: "leave events to expire",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
