//! A conversion webhook sees every object of its kind.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-027",
    name: "custom-resource-definitions-changed",
    title: "Changes custom resource definitions",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("custom_resource_definitions_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(
        &["create", "update", "patch"],
        "customresourcedefinitions.apiextensions.k8s.io",
    )],
    together_with: &[],
    within: Within::Nothing,
    can: "change the schema of any custom resource, or convert its objects by a webhook of its own",
    instead: "limit the rule to the names of its own definitions",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
