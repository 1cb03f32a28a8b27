//! What only asks the API server needs to be asked by nobody.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-015",
    name: "component-listens-everywhere",
    title: "Control plane component listens on every address",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("component_listens_everywhere.md"),
    check: Check::Component(&[ComponentKind::ControllerManager, ComponentKind::Scheduler], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "bind-address";
    let is_everywhere = component
        .text(FLAG)
        .is_some_and(|address| matches!(address, "0.0.0.0" | "::" | "[::]" | "::0"));
    if is_everywhere || component.lacks(FLAG) {
        let because = format!(
            "`{}` can be spoken to from other machines, which nothing needs",
            component.kind.program()
        );
        report.finding(component.at(FLAG), because, Fix::advice("set `--bind-address=127.0.0.1`"));
    }
}
