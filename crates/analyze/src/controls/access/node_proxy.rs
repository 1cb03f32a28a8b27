//! Reading is enough to run commands.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-017",
    name: "node-proxy",
    title: "Reaches the kubelet's API",
    impact: Impact::Node,
    reach: Reach::Writer,
    page: include_str!("node_proxy.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["get", "create", "update", "patch", "delete"], "nodes/proxy")],
    together_with: &[],
    within: Within::Nothing,
    can: "run commands in every pod through the kubelet, unseen by the audit log",
    instead: "ask for `nodes/metrics`, `nodes/stats`, `nodes/log` or `nodes/pods` instead",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
