//! A privileged container has every capability and no confinement.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-001",
    name: "privileged-container",
    title: "Container runs privileged",
    impact: Impact::Node,
    reach: Reach::Container,
    page: include_str!("privileged_container.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers().filter(model::Container::privileged) {
        let at = container.at("securityContext.privileged");
        let because = format!(
            "container `{}` runs privileged: whoever gets into it owns the node",
            container.name()
        );
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "false").risky("the program may need the node's devices or capabilities"),
        );
    }
}
