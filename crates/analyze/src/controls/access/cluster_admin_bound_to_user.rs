//! Full rights every day, by name.

use model::{Fix, Object};

use super::subject::{BINDINGS, CLUSTER_ADMIN, Subject, names_role, subjects};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-005",
    name: "cluster-admin-bound-to-user",
    title: "Person with cluster-admin at all times",
    impact: Impact::Cluster,
    reach: Reach::Mistake,
    page: include_str!("cluster_admin_bound_to_user.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    if binding.kind != "ClusterRoleBinding" || !names_role(binding, CLUSTER_ADMIN) {
        return;
    }
    for subject in subjects(binding).filter(Subject::is_person) {
        let because = format!("{} holds the whole cluster at all times", subject.words);
        let fix = Fix::advice("bind a group that people join for the time they need it");
        report.finding(subject.at, because, fix);
    }
}
