//! One is changed, the other forgotten.

use model::{Fix, Object};

use super::power::ROLES;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-044",
    name: "duplicate-role",
    title: "Role with the rules of another",
    impact: Impact::Evidence,
    reach: Reach::Mistake,
    page: include_str!("duplicate_role.md"),
    check: Check::Object(ROLES, check),
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    if report.granted(role).is_none() {
        return;
    }
    let Some(other) = report.ask_world(|world| world.equal_to(role).map(str::to_owned)) else {
        return;
    };
    let because = format!("{} `{other}` has exactly these rules", role.kind);
    report.finding(role.at("metadata.name"), because, Fix::advice("bind that one and remove this"));
}
