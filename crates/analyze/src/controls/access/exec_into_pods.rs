//! A command in a pod has all the pod has.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-014",
    name: "exec-into-pods",
    title: "Runs commands in pods of others",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("exec_into_pods.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["create", "get"], "pods/exec"), any(&["create", "get"], "pods/attach")],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "run commands in every pod",
    instead: "grant it in one namespace, for the time of the work",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
