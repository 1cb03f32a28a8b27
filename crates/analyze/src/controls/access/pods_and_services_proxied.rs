//! The API server's connection comes from where no policy looks.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-016",
    name: "pods-and-services-proxied",
    title: "Reaches every pod through the API server",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("pods_and_services_proxied.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["get", "create"], "pods/proxy"),
        any(&["get", "create"], "services/proxy"),
        any(&["create", "get"], "pods/portforward"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "reach the ports of every pod through the API server, past every NetworkPolicy",
    instead: "grant it for the names that are needed",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
