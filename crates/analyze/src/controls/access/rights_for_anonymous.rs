//! Nobody asks who they are.

use model::{Fix, Node, Object};

use super::subject::{BINDINGS, Subject, is_bootstrap, subjects, weight_of_role};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-007",
    name: "rights-for-anonymous",
    title: "Rights without logging in",
    impact: Impact::Cluster,
    reach: Reach::Outside,
    page: include_str!("rights_for_anonymous.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    for subject in subjects(binding).filter(Subject::is_anonymous) {
        if is_bootstrap(binding, subject.name) {
            continue;
        }
        let severity = weight_of_role(binding, report).severity_without_login();
        let role = binding.root.field("roleRef.name").and_then(Node::as_str);
        let because = format!(
            "whoever reaches the API server has what `{}` grants, without logging in",
            role.unwrap_or_default()
        );
        let fix = Fix::advice("bind those who need it, by name or group");
        report.finding_of(severity, subject.at, because, fix);
    }
}
