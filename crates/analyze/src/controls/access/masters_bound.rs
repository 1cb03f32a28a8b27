//! Nobody is asked about this group.

use model::{Fix, Object};

use super::subject::{BINDINGS, CLUSTER_ADMIN, Subject, names_role, subjects};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-008",
    name: "masters-bound",
    title: "Binding for system:masters",
    impact: Impact::Cluster,
    reach: Reach::Mistake,
    page: include_str!("masters_bound.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    if names_role(binding, CLUSTER_ADMIN) && binding.name == CLUSTER_ADMIN {
        return;
    }
    let masters =
        |subject: &Subject<'_>| subject.kind == "Group" && subject.name == "system:masters";
    for subject in subjects(binding).filter(masters) {
        let because = "members of `system:masters` may do everything already, and no binding or \
                       webhook can stop them";
        let fix = Fix::advice("give administrators a group of another name");
        report.finding(subject.at, because, fix);
    }
}
