//! Who writes the rules is bound by none.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-026",
    name: "admission-policies-changed",
    title: "Changes admission policies",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("admission_policies_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(
            &["create", "update", "patch", "delete"],
            "validatingadmissionpolicies.admissionregistration.k8s.io",
        ),
        any(
            &["create", "update", "patch", "delete"],
            "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        ),
        any(
            &["create", "update", "patch", "delete"],
            "mutatingadmissionpolicies.admissionregistration.k8s.io",
        ),
        any(
            &["create", "update", "patch", "delete"],
            "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
        ),
    ],
    together_with: &[],
    within: Within::Nothing,
    can: "switch off what admission refuses, or change objects on their way",
    instead: "limit the rule to the names of its own policies",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
