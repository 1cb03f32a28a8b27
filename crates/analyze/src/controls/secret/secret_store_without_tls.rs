//! What comes from the vault in plain text is read on the way.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-015",
    name: "secret-store-without-tls",
    title: "Secrets fetched without TLS",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("secret_store_without_tls.md"),
    check: Check::Object(
        Kinds::Of(&[
            ("external-secrets.io", "SecretStore"),
            ("external-secrets.io", "ClusterSecretStore"),
        ]),
        check,
    ),
};

fn check(store: &Object<'_>, report: &mut Report<'_>) {
    for field in ADDRESSES {
        let at = store.at("spec.provider").field(field);
        let address = at.resolve(store.root).and_then(Node::as_str).unwrap_or_default();
        if address.starts_with("http://") {
            let because = format!(
                "whoever sits between {} `{}` and its vault reads the token and every secret: the \
                 address has no TLS",
                store.kind, store.name
            );
            report.finding(at, because, Fix::advice("use `https://` and name its `caBundle`"));
        }
    }
}

/// Fields with the address of a vault (documentation of External Secrets Operator).
const ADDRESSES: &[&str] = &[
    "vault.server",
    "conjur.url",
    "delinea.serverURL",
    "onepassword.connectHost",
    "passbolt.host",
    "webhook.url",
];
