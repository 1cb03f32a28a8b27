//! Profiles show memory and cost time; nobody needs them every day.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-014",
    name: "profiling-enabled",
    title: "Control plane serves profiles of itself",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("profiling_enabled.md"),
    check: Check::Component(
        &[ComponentKind::ApiServer, ComponentKind::ControllerManager, ComponentKind::Scheduler],
        check,
    ),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "profiling";
    // A scheduler's own file outweighs its flags.
    let is_elsewhere =
        component.kind == ComponentKind::Scheduler && component.flag("config").is_some();
    if is_elsewhere {
        return;
    }
    if component.switch(FLAG) == Some(true) || component.lacks(FLAG) {
        let because = format!(
            "`{}` serves profiles of its memory and its work, and can be slowed down by asking \
             for them",
            component.kind.program()
        );
        report.finding(component.at(FLAG), because, Fix::advice("set `--profiling=false`"));
    }
}
