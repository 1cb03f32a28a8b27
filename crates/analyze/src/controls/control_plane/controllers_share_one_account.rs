//! With accounts of their own each controller has the rights of its work alone.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-016",
    name: "controllers-share-one-account",
    title: "Controllers share one account",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("controllers_share_one_account.md"),
    check: Check::Component(&[ComponentKind::ControllerManager], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "use-service-account-credentials";
    if component.switch(FLAG) == Some(false) || component.lacks(FLAG) {
        let because = "every controller acts with the rights of all of them, and the audit log \
                       cannot tell them apart";
        let fix = Fix::advice("set `--use-service-account-credentials=true`");
        report.finding(component.at(FLAG), because, fix);
    }
}
