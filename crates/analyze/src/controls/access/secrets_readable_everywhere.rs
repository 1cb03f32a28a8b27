//! One rule opens every namespace.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-010",
    name: "secrets-readable-everywhere",
    title: "Reads every Secret of the cluster",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("secrets_readable_everywhere.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["get", "list", "watch"], "secrets")],
    together_with: &[],
    within: Within::Nothing,
    can: "read every Secret of the cluster",
    instead: "limit the rule to names, or bind it in the namespaces that need it",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
