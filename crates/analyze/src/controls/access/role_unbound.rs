//! Rights in store.

use model::{Fix, Node, Object};

use super::power::ROLES;
use super::world::World;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-043",
    name: "role-unbound",
    title: "Role that nobody is bound to",
    impact: Impact::Evidence,
    reach: Reach::Mistake,
    page: include_str!("role_unbound.md"),
    check: Check::Object(ROLES, check),
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let labels = role.root.field("metadata.labels");
    let mut labels = labels.into_iter().flat_map(Node::entries);
    let is_aggregated = labels.any(|(key, _)| key.contains("/aggregate-to-"));
    if is_aggregated || report.granted(role).is_none() || report.bound_to(role).count > 0 {
        return;
    }
    if !report.ask_world(World::has_bindings) {
        return;
    }
    let because = format!("no binding in the input names {} `{}`", role.kind, role.name);
    report.finding(role.at("metadata.name"), because, Fix::advice("remove it, or bind it"));
}
