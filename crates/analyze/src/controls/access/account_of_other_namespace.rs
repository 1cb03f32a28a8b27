//! Another namespace's pods come in.

use model::{Fix, Object};

use super::subject::{BINDINGS, subjects};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-046",
    name: "account-of-other-namespace",
    title: "Rights for an account of another namespace",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("account_of_other_namespace.md"),
    check: Check::Object(BINDINGS, check),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(own) = binding.namespace.filter(|_| binding.kind == "RoleBinding") else { return };
    for subject in subjects(binding) {
        let Some((Some(other), _)) = subject.account() else { continue };
        if other == own || other.is_empty() {
            continue;
        }
        let because = format!("whoever starts pods in `{other}` has this role in `{own}`");
        let fix = Fix::advice("review who may create pods there");
        report.finding(subject.at, because, fix);
    }
}
