//! Whose key it is decides who can take it away.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-012",
    name: "secrets-under-platform-key",
    title: "Secrets encrypted with the platform's key alone",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("secrets_under_platform_key.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    let kms = "securityProfile.azureKeyVaultKms.enabled";
    if !matches!(cluster.switch(kms), Fact::Known(false) | Fact::Unset) {
        return;
    }
    let because = "Secrets lie in etcd under keys of the platform alone: no key of your own can \
                   be watched, rotated or taken away";
    let fix = Fix::advice("`az aks update --enable-azure-keyvault-kms` with a key of your own");
    report.finding(cluster.at(kms), because, fix);
}
