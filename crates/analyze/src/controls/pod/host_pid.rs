//! A pod in the host's process namespace sees and signals every process of the node.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-010",
    name: "host-pid",
    title: "Pod sees the host's processes",
    impact: Impact::Neighbours,
    reach: Reach::Container,
    page: include_str!("host_pid.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.host_pid() {
        let at = pod.at("hostPID");
        let because = "every container can see all processes of the node, read their \
            environment and signal them";
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "false").risky("the program may watch processes of the node"),
        );
    }
}
