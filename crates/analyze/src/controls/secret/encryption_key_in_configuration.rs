//! Who reads the file reads what it encrypts.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-014",
    name: "encryption-key-in-configuration",
    title: "Encryption key in the configuration file",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("encryption_key_in_configuration.md"),
    check: Check::Object(
        Kinds::Of(&[("apiserver.config.k8s.io", "EncryptionConfiguration")]),
        check,
    ),
};

fn check(configuration: &Object<'_>, report: &mut Report<'_>) {
    for (index, rule) in configuration.root.list("resources").enumerate() {
        for (place, provider) in rule.list("providers").enumerate() {
            for (name, value) in provider.entries() {
                let key = value.list("keys").position(|key| is_written(key.get("secret")));
                let Some(key) = key else { continue };
                let at = configuration.at("resources").index(index).field("providers").index(place);
                let at = at.key(name).field("keys").index(key).field("secret");
                let because = format!(
                    "everybody with this file can decrypt what the provider `{name}` encrypts in \
                     etcd"
                );
                let fix = Fix::advice("change the key, and let a `kms` provider hold the new one");
                return report.finding(at, because, fix);
            }
        }
    }
}

/// Whether a key is there, rather than a place for it.
fn is_written(secret: Option<Node<'_>>) -> bool {
    secret.is_some_and(|secret| match secret.as_str() {
        Some(text) => !text.is_empty() && !text.contains(['<', '$', '{']),
        None => secret.redacted().is_some(),
    })
}
