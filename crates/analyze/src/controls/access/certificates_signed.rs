//! What it writes is taken for signed.

use model::Object;

use super::power::{Power, ROLES, Within, any, named, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-024",
    name: "certificates-signed",
    title: "Signs certificates of the cluster",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("certificates_signed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["update", "patch"], "certificatesigningrequests.certificates.k8s.io/status")],
    together_with: &[named(
        &["sign"],
        "signers.certificates.k8s.io",
        &["", "kubernetes.io/*", "kubernetes.io/kube-apiserver-client"],
    )],
    within: Within::Nothing,
    can: "answer requests for client certificates in the cluster's name",
    instead: "limit `signers` to the signer it is",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
