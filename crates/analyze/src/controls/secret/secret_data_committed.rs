//! Base64 is no encryption: a Secret in a repository is a published credential.

use model::{Fix, Node, Object, Severity};

use super::credential;
use crate::{Check, Control, Kinds, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-005",
    name: "secret-data-committed",
    title: "Secret with its data in the manifest",
    severity: Severity::Medium,
    page: include_str!("secret_data_committed.md"),
    check: Check::Object(Kinds::Of(&[("", "Secret")]), check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    // SOPS leaves its own key beside the data that it encrypted.
    if object.root.get("sops").is_some() {
        return;
    }
    for field in ["data", "stringData"] {
        let values = object.root.get(field).into_iter().flat_map(Node::entries);
        let held: Vec<_> = values.filter(|(key, value)| is_secret(key, *value)).collect();
        let Some(((first, _), others)) = held.split_first() else { continue };
        let more = match others.len() {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let known = held.iter().find_map(|(_, value)| value.redacted()?.kind);
        let severity = if known.is_some() { Severity::High } else { Severity::Medium };
        let known = known.map_or(String::new(), |kind| {
            format!(", {} among them", credential::with_article(kind))
        });
        let because = format!(
            "`{first}`{more}{known}: everybody with this manifest can read it, Base64 is no \
             encryption"
        );
        let fix = Fix::advice(
            "change the credential and let it come from a vault, a sealed or an encrypted Secret",
        );
        report.finding_of(severity, object.at(field).key(first), because, fix);
    }
}

/// Keys of what stands beside a secret without being one.
const COMPANIONS: &[&str] = &[
    "ca.crt",
    "ca.pem",
    "cert",
    "cluster",
    "database",
    "enableOCI",
    "host",
    "hostname",
    "insecure",
    "name",
    "namespace",
    "port",
    "project",
    "region",
    "server",
    "tls.cert",
    "tls.crt",
    "type",
    "url",
    "user",
    "username",
];

/// A value that is there; credentials are known by their length alone.
fn is_secret(key: &str, value: Node<'_>) -> bool {
    let redacted = value.redacted().filter(|redacted| redacted.length > 0);
    redacted.is_some_and(|redacted| redacted.kind.is_some() || !COMPANIONS.contains(&key))
}
