//! The API server hands requests on to whoever is named.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-028",
    name: "api-services-changed",
    title: "Takes over APIs",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("api_services_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["create", "update", "patch"], "apiservices.apiregistration.k8s.io")],
    together_with: &[],
    within: Within::Nothing,
    can: "serve any API group itself and see the requests of everybody",
    instead: "limit the rule to the name of its own APIService",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
