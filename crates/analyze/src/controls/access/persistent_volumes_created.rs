//! A volume may be a node's folder.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-031",
    name: "persistent-volumes-created",
    title: "Creates persistent volumes",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("persistent_volumes_created.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["create"], "persistentvolumes")],
    together_with: &[],
    within: Within::Nothing,
    can: "make a volume of any folder of a node",
    instead: "let a provisioner make volumes, and nobody else",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
