//! A pod in the host's IPC namespace reaches shared memory of the node's processes.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-011",
    name: "host-ipc",
    title: "Pod shares the host's memory segments",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("host_ipc.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.host_ipc() {
        let at = pod.at("hostIPC");
        let because = "every container can read and change shared memory of the node's \
            processes";
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "false").risky("the program may share memory with processes of the node"),
        );
    }
}
