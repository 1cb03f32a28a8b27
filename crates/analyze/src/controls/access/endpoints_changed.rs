//! Endpoints decide who answers for a service.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-034",
    name: "endpoints-changed",
    title: "Sends traffic of services elsewhere",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("endpoints_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["create", "update", "patch"], "endpoints"),
        any(&["create", "update", "patch"], "endpointslices.discovery.k8s.io"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "send the traffic of every Service to an address of its choice",
    instead: "elect leaders by Leases, and leave endpoints to the controller",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
