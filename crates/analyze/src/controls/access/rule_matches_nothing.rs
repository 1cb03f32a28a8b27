//! Somebody believes it grants something.

use engine::rbac::PolicyRule;
use model::{Fix, Object};

use super::power::ROLES;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-039",
    name: "rule-matches-nothing",
    title: "Rule that grants nothing",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("rule_matches_nothing.md"),
    check: Check::Object(ROLES, check),
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let Some(granted) = report.granted(role) else { return };
    for (number, rule) in granted.rules.iter().enumerate() {
        let Some((field, entry, because)) = misunderstood(rule) else { continue };
        let at = role.at("rules").index(number).field(field);
        let at = entry.map_or(at.clone(), |entry| at.index(entry));
        let fix = Fix::advice("write what was meant, or remove it");
        report.finding(at, because, fix);
    }
}

/// The field that makes a rule, or an entry of it, match nothing, and why.
fn misunderstood(rule: &PolicyRule) -> Option<(&'static str, Option<usize>, String)> {
    if rule.verbs.is_empty() {
        return Some(("verbs", None, "a rule without verbs matches no request".to_owned()));
    }
    if rule.resources.is_empty() {
        return None;
    }
    if rule.api_groups.is_empty() {
        let because = "without a group it matches nothing, and the API server refuses it: the \
                       core group is written `\"\"`";
        return Some(("apiGroups", None, because.to_owned()));
    }
    // No resource has a subresource with this name; source: `ResourceMatches` in
    // `pkg/apis/rbac/v1/evaluation_helpers.go`.
    let star = rule.resources.iter().position(|it| it.ends_with("/*"));
    if let Some(entry) = star {
        let because = format!(
            "`{}` matches no request: a star stands for all subresources only by itself",
            rule.resources[entry]
        );
        return Some(("resources", Some(entry), because));
    }
    let versioned = rule.api_groups.iter().position(|it| it.contains('/') || it == "v1")?;
    let because = format!(
        "no group is called `{}`: it is written without version",
        rule.api_groups[versioned]
    );
    Some(("apiGroups", Some(versioned), because))
}
