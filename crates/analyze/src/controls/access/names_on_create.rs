//! When an object is created its name is not asked.

use model::{Fix, Object};

use super::power::ROLES;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-040",
    name: "names-on-create",
    title: "Names that restrict nothing",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("names_on_create.md"),
    check: Check::Object(ROLES, check),
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let Some(granted) = report.granted(role) else { return };
    for (number, rule) in granted.rules.iter().enumerate() {
        let Some(create) = rule.verbs.iter().position(|verb| verb == "create") else { continue };
        let is_subresource = |resource: &String| resource.contains('/') || resource == "*";
        if rule.resource_names.is_empty() || rule.resources.iter().any(is_subresource) {
            continue;
        }
        let Some(resource) = rule.resources.first() else { continue };
        let because =
            format!("never allows to create `{resource}`: the request has no name to compare");
        let at = role.at("rules").index(number).field("verbs").index(create);
        report.finding(at, because, Fix::advice("give `create` a rule without names"));
    }
}
