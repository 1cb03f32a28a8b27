//! A star grants verbs nobody thought of.

use model::{Fix, Object};

use super::granted::is_of_every_resource;
use super::power::ROLES;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-003",
    name: "wildcard-verbs",
    title: "Rule with every verb",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("wildcard_verbs.md"),
    check: Check::Object(ROLES, check),
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let Some(granted) = report.granted(role) else { return };
    let rules = || {
        let all = granted.rules.iter().enumerate();
        all.filter(|(_, rule)| !is_of_every_resource(rule) && !rule.resources.is_empty())
            .filter(|(_, rule)| rule.verbs.iter().any(|verb| verb == "*"))
    };
    let Some((number, rule)) = rules().next() else { return };
    let more = match rules().count() - 1 {
        0 => String::new(),
        count => format!(", and {count} more rules likewise"),
    };
    let because = format!("every verb on `{}`, also those to come{more}", rule.resources[0]);
    let fix = Fix::advice("list the verbs that are used");
    report.finding(role.at("rules").index(number).field("verbs"), because, fix);
}
