//! A policy that is deleted leaves no error.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-030",
    name: "network-policies-changed",
    title: "Changes network policies everywhere",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("network_policies_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(
        &["update", "patch", "delete", "deletecollection"],
        "networkpolicies.networking.k8s.io",
    )],
    together_with: &[],
    within: Within::Only(Severity::Low),
    can: "open every namespace to the network",
    instead: "bind it in the namespaces it answers for",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
