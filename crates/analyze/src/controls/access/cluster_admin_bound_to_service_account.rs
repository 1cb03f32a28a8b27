//! One flaw in one pod and the cluster is gone.

use model::{Fix, Object};

use super::power::lower;
use super::subject::{BINDINGS, CLUSTER_ADMIN, names_role, subjects};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-004",
    name: "cluster-admin-bound-to-service-account",
    title: "Service account with cluster-admin",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("cluster_admin_bound_to_service_account.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    if !names_role(binding, CLUSTER_ADMIN) {
        return;
    }
    let (severity, what) = match binding.kind {
        "RoleBinding" => (lower(report.severity()), "its namespace"),
        _ => (report.severity(), "the whole cluster"),
    };
    for subject in subjects(binding).filter(|subject| subject.account.is_some()) {
        let because = format!("whoever takes over a pod of {} holds {what}", subject.words);
        let fix = Fix::advice("bind a role with the rights it uses");
        report.finding_of(severity, subject.at, because, fix);
    }
}
