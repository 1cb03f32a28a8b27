//! Whoever creates the role decides what the binding grants.

use model::{Fix, Object};

use super::granted::built_in;
use super::subject::BINDINGS;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-041",
    name: "role-reference-dangling",
    title: "Binding to a role that is not there",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("role_reference_dangling.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(reference) = binding.root.get("roleRef") else { return };
    let (kind, name) = (reference.str("kind"), reference.str("name").unwrap_or_default());
    let namespace = (kind == Some("Role")).then(|| binding.namespace.unwrap_or_default());
    let is_installed = namespace.is_none() && name.starts_with("system:");
    if is_installed || built_in(namespace, name).is_some() {
        return;
    }
    if !report.ask_world(|world| world.lacks_role_of(binding)) {
        return;
    }
    let kind = kind.unwrap_or_default();
    let because = format!("whoever creates {kind} `{name}` decides what this binding grants");
    let fix = Fix::advice("add the role, correct its name, or remove the binding");
    report.finding(binding.at("roleRef.name"), because, fix);
}
