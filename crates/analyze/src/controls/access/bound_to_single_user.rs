//! The right stays when the person goes.

use model::{Fix, Object};

use super::subject::{BINDINGS, CLUSTER_ADMIN, Subject, names_role, subjects};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-045",
    name: "bound-to-single-user",
    title: "Rights bound to one person",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("bound_to_single_user.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    // Bound to `cluster-admin` it has a finding of its own.
    if binding.kind == "ClusterRoleBinding" && names_role(binding, CLUSTER_ADMIN) {
        return;
    }
    for subject in subjects(binding).filter(Subject::is_person) {
        let because =
            format!("{} keeps these rights whatever becomes of the person", subject.words);
        let fix = Fix::advice("bind a group of the directory");
        report.finding(subject.at, because, fix);
    }
}
