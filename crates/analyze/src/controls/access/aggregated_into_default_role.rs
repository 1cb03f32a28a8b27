//! A label hands the rules to everybody who has `view`, `edit` or `admin`.

use engine::rbac::{PolicyRule, Request};
use model::{Fix, Object};

use super::granted::is_of_every_resource;
use super::power::ROLES;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-038",
    name: "aggregated-into-default-role",
    title: "Rights slipped into a default role",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("aggregated_into_default_role.md"),
    check: Check::Object(ROLES, check),
};

const LABEL: &str = "rbac.authorization.k8s.io/aggregate-to-";

/// What no default role for users grants.
const FOREIGN: &[(&str, &str)] = &[
    ("get", "nodes/proxy"),
    ("escalate", "clusterroles.rbac.authorization.k8s.io"),
    ("bind", "clusterroles.rbac.authorization.k8s.io"),
    ("impersonate", "users"),
];

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let is_into = |name: &&str| role.label(&format!("{LABEL}{name}")) == Some("true");
    let Some(into) = ["view", "edit", "admin"].into_iter().find(is_into) else { return };
    let Some(granted) = report.granted(role) else { return };
    let reads = ["get", "list", "watch"];
    let of_all = |rule: &PolicyRule| {
        let groups = rule.api_groups.iter();
        is_of_every_resource(rule) && groups.clone().any(|it| it.is_empty() || it == "*")
    };
    let may = |verb, resource| granted.first(&Request::resource(verb, resource, "")).is_some();
    let writes = || {
        let mut verbs = granted.rules.iter().flat_map(|rule| &rule.verbs);
        verbs.any(|verb| !reads.contains(&verb.as_str()))
    };
    let what = if granted.rules.iter().any(of_all) {
        "a right on every resource"
    } else if FOREIGN.iter().any(|(verb, resource)| may(verb, resource)) {
        "a right over roles, identities or nodes"
    } else if into == "view" && reads.iter().any(|verb| may(verb, "secrets")) {
        "the right to read Secrets"
    } else if into == "view" && writes() {
        "a right to write"
    } else {
        return;
    };
    let because = format!("whoever holds `{into}` gets {what} by the label of this role");
    let fix = Fix::advice("bind the role to those who need it, or move the rule");
    let at = role.at("metadata.labels").key(&format!("{LABEL}{into}"));
    report.finding(at, because, fix);
}
