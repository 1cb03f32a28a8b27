//! A webhook sees and changes what everybody writes.

use model::Object;

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-025",
    name: "webhooks-changed",
    title: "Changes admission webhooks",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("webhooks_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[
        any(
            &["create", "update", "patch"],
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        ),
        any(
            &["create", "update", "patch"],
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
        ),
    ],
    together_with: &[],
    within: Within::Nothing,
    can: "read and change every object on its way into the cluster",
    instead: "limit the rule to the names of its own webhooks",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
