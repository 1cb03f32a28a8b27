//! The default capabilities are more than nearly every program needs.

use model::{Container, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-004",
    name: "capabilities-not-dropped",
    title: "Capabilities not dropped",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("capabilities_not_dropped.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    let field = "securityContext.capabilities.drop";
    if let Some(group) = group::lacking(pod, field, keeps_default_capabilities) {
        let because = format!(
            "{} can use capabilities nobody asked for, among them raw sockets and changing owners",
            group.names()
        );
        let fix = group
            .set(r#"["ALL"]"#)
            .risky("the program may need one of the default capabilities")
            .worded("set `capabilities.drop: [ALL]`");
        report.finding(group.at.clone(), because, fix);
    }
}

fn keeps_default_capabilities(container: &Container<'_>) -> bool {
    let is_all = |(_, name): (usize, &str)| name.eq_ignore_ascii_case("all");
    !container.privileged()
        && !container.dropped_capabilities().any(is_all)
        // With all capabilities added it is the addition that is wrong.
        && !container.added_capabilities().any(is_all)
}
