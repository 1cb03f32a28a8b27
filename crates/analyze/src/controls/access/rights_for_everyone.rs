//! Whoever has any account has these.

use model::{Fix, Node, Object};

use super::subject::{BINDINGS, Weight, is_bootstrap, subjects, weight_of_role};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-006",
    name: "rights-for-everyone",
    title: "Rights for every account",
    impact: Impact::Cluster,
    reach: Reach::Container,
    page: include_str!("rights_for_everyone.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    for subject in subjects(binding) {
        let Some(who) = subject.everyone() else { continue };
        if is_bootstrap(binding, subject.name) {
            continue;
        }
        let weight = weight_of_role(binding, report);
        let severity = weight.severity(who.is_of_one_namespace || binding.kind == "RoleBinding");
        let right = match weight {
            Weight::Unknown => "whatever the role grants, which is not in the input",
            _ => "what the role grants",
        };
        let role = binding.root.field("roleRef.name").and_then(Node::as_str);
        let because = format!("{} has {right}: `{}`", who.words, role.unwrap_or_default());
        let fix = Fix::advice("bind those who need it");
        report.finding_of(severity, subject.at, because, fix);
    }
}
