//! Labels and taints decide where pods run.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-018",
    name: "nodes-changed",
    title: "Changes nodes",
    impact: Impact::Outage,
    reach: Reach::Writer,
    page: include_str!("nodes_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["update", "patch"], "nodes"), any(&["update", "patch"], "nodes/status")],
    together_with: &[],
    within: Within::Nothing,
    can: "move every pod to a node of its choice, or stop the cluster",
    instead: "leave labels and taints of nodes to one controller",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
