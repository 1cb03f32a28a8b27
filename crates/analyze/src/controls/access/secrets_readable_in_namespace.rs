//! Every Secret, not only its own.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-011",
    name: "secrets-readable-in-namespace",
    title: "Reads every Secret of a namespace",
    impact: Impact::Workload,
    reach: Reach::Writer,
    page: include_str!("secrets_readable_in_namespace.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["get", "list", "watch"], "secrets")],
    together_with: &[],
    within: Within::NamespaceOnly,
    can: "read every Secret of the namespace",
    instead: "limit the rule to names",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
