//! Containers that share a process namespace are no border for each other.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-012",
    name: "shared-process-namespace",
    title: "Containers share their processes",
    impact: Impact::Workload,
    reach: Reach::Container,
    page: include_str!("shared_process_namespace.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // With `hostPID` the namespace is the node's, which is worse and told there.
    if pod.spec.bool("shareProcessNamespace") == Some(true) && !pod.host_pid() {
        let at = pod.at("shareProcessNamespace");
        let because = "each container can see the processes of the others, and as the same user \
                       read their memory, files and environment";
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "false").risky("a container may signal or watch the others"),
        );
    }
}
