//! A star takes in what nobody thought of.

use engine::rbac::PolicyRule;
use model::{Fix, Object, Severity};

use super::granted::{grants, is_of_every_resource};
use super::power::{ROLES, Within, lower, severity, who};
use super::role_grants_everything::is_everything;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-002",
    name: "wildcard-resources",
    title: "Rule over every resource",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("wildcard_resources.md"),
    check: Check::Object(ROLES, check),
};

/// What makes a rule over every resource dangerous: verb and resource.
const DANGEROUS: &[(&str, &str)] = &[
    ("get", "secrets"),
    ("list", "secrets"),
    ("get", "nodes/proxy"),
    ("create", "pods"),
    ("create", "pods/exec"),
    ("create", "serviceaccounts/token"),
    ("impersonate", "users"),
    ("patch", "deployments.apps"),
    ("create", "daemonsets.apps"),
    ("create", "jobs.batch"),
    ("bind", "clusterroles.rbac.authorization.k8s.io"),
    ("escalate", "clusterroles.rbac.authorization.k8s.io"),
    ("patch", "mutatingwebhookconfigurations.admissionregistration.k8s.io"),
];

fn is_dangerous(rule: &PolicyRule) -> bool {
    DANGEROUS.iter().any(|(verb, resource)| grants(rule, verb, resource, ""))
}

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let Some(granted) = report.granted(role) else { return };
    let rules = || {
        let all = granted.rules.iter().enumerate();
        all.filter(|(_, rule)| is_of_every_resource(rule) && !rule.api_groups.is_empty())
    };
    // Everything at once has a name of its own, and takes in what the other rules say.
    if rules().any(|(_, rule)| is_everything(rule)) {
        return;
    }
    let dangerous = rules().find(|(_, rule)| is_dangerous(rule));
    let Some((number, rule)) = dangerous.or_else(|| rules().next()) else { return };
    let bound = report.bound_to(role);
    let worst = if dangerous.is_some() { report.severity() } else { Severity::Low };
    let within = Within::Only(lower(lower(worst)));
    let Some(severity) = severity(role, &bound, within, worst) else { return };
    let groups = if rule.api_groups.iter().any(|group| group == "*") {
        "all groups".to_owned()
    } else {
        let names: Vec<_> = rule.api_groups.iter().take(3).map(|it| format!("`{it}`")).collect();
        names.join(", ")
    };
    let who = who(role, &bound);
    let because = format!("{who} may use every resource of {groups}, also those to come");
    let fix = Fix::advice("list the resources that are used");
    report.finding_of(severity, role.at("rules").index(number).field("resources"), because, fix);
}
