//! Every verb on every resource.

use engine::rbac::{Coverage, PolicyRule, covers};
use model::{Fix, Object, Severity};

use super::power::{ROLES, Within, severity, who};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-001",
    name: "role-grants-everything",
    title: "Role that grants everything",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("role_grants_everything.md"),
    check: Check::Object(ROLES, check),
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let Some(granted) = report.granted(role) else { return };
    let Some(number) = granted.rules.iter().position(is_everything) else { return };
    let bound = report.bound_to(role);
    let within = Within::Only(Severity::Medium);
    let Some(severity) = severity(role, &bound, within, report.severity()) else { return };
    let because = format!("{} can do everything to every object", who(role, &bound));
    let fix = Fix::advice("list the groups, resources and verbs that are used");
    report.finding_of(severity, role.at("rules").index(number).field("resources"), because, fix);
}

/// Whether a rule grants every verb on every resource.
pub(super) fn is_everything(rule: &PolicyRule) -> bool {
    let star = || vec!["*".to_owned()];
    let all = PolicyRule {
        verbs: star(),
        api_groups: star(),
        resources: star(),
        ..PolicyRule::default()
    };
    covers(std::slice::from_ref(rule), &[all]) == Coverage::Covered
}
