//! Every pod that names no account has these.

use model::{Fix, Object};

use super::power::lower;
use super::subject::{BINDINGS, CLUSTER_ADMIN, Weight, names_role, subjects, weight_of_role};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-009",
    name: "rights-for-default-account",
    title: "Rights for a default service account",
    impact: Impact::Workload,
    reach: Reach::Container,
    page: include_str!("rights_for_default_account.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    // Bound to `cluster-admin` it has a finding of its own.
    if names_role(binding, CLUSTER_ADMIN) {
        return;
    }
    for subject in subjects(binding) {
        let Some((_, "default")) = subject.account() else { continue };
        let severity = match weight_of_role(binding, report) {
            Weight::Reads => lower(report.severity()),
            _ => report.severity(),
        };
        let because =
            format!("every pod that names no account has the rights of {}", subject.words);
        let fix = Fix::advice("make a service account for the workload and bind that");
        report.finding_of(severity, subject.at, because, fix);
    }
}
