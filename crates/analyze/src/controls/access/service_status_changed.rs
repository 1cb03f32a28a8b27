//! An address in the status catches traffic (CVE-2020-8554).

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-035",
    name: "service-status-changed",
    title: "Sets the addresses of load balancers",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("service_status_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["update", "patch"], "services/status")],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "take over any address by naming it as a load balancer's",
    instead: "leave the status of services to one controller",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
