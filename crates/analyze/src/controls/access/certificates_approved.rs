//! A certificate says who one is.

use model::Object;

use super::power::{Power, ROLES, Within, any, named, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-023",
    name: "certificates-approved",
    title: "Approves client certificates",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("certificates_approved.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["update", "patch"], "certificatesigningrequests.certificates.k8s.io/approval")],
    together_with: &[named(
        &["approve"],
        "signers.certificates.k8s.io",
        &["", "kubernetes.io/*", "kubernetes.io/kube-apiserver-client"],
    )],
    within: Within::Nothing,
    can: "approve a certificate for any user name",
    instead: "limit `signers` to the names that are approved",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
