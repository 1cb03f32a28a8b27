//! Whoever may be anybody is the most powerful of them.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, named, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-021",
    name: "identities-impersonated",
    title: "May act as anybody",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("identities_impersonated.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(&["impersonate"], "users"),
        named(&["impersonate"], "groups", &["", "system:masters"]),
        any(&["impersonate"], "serviceaccounts"),
        any(&["impersonate:user-info"], "users.authentication.k8s.io"),
        any(&["impersonate:user-info"], "groups.authentication.k8s.io"),
        any(&["impersonate:serviceaccount"], "serviceaccounts.authentication.k8s.io"),
        any(&["impersonate:arbitrary-node"], "nodes.authentication.k8s.io"),
    ],
    together_with: &[],
    within: Within::Only(Severity::Medium),
    can: "act as others who hold more",
    instead: "limit the rule to the names that are needed",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
