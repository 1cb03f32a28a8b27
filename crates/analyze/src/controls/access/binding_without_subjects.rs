//! It waits for somebody to be added.

use model::{Fix, Object};

use super::subject::{BINDINGS, subjects};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-042",
    name: "binding-without-subjects",
    title: "Binding for nobody",
    impact: Impact::Evidence,
    reach: Reach::Mistake,
    page: include_str!("binding_without_subjects.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    if subjects(binding).next().is_some() {
        return;
    }
    let because = "it grants its role to nobody, until somebody is added";
    report.finding(binding.at("subjects"), because, Fix::advice("remove it"));
}
