//! A policy that only reports lets everything in.

use model::{Fix, Object};

use super::policy::refuses_nothing;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-006",
    name: "policy-only-audits",
    title: "Policy refuses nothing",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("policy_only_audits.md"),
    check: Check::Object(Kinds::Any, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if let Some(at) = refuses_nothing(object) {
        let because =
            format!("what {} `{}` objects to is let in: it only reports", object.kind, object.name);
        report.finding(at, because, Fix::advice("let it deny once its reports are empty"));
    }
}
