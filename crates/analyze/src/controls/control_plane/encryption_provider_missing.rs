//! Without a provider Secrets lie in etcd as plain text.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-010",
    name: "encryption-provider-missing",
    title: "API server encrypts no Secrets",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("encryption_provider_missing.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "encryption-provider-config";
    if component.lacks(FLAG) {
        let because = "every Secret lies in etcd and in its backups as plain text: no encryption \
                       is set up";
        let fix = Fix::advice("name an EncryptionConfiguration in `--encryption-provider-config`");
        report.finding(component.at(FLAG), because, fix);
    }
}
