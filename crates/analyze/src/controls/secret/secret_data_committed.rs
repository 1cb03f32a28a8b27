//! Base64 is no encryption: a Secret in a repository is a published credential.

use model::{Fix, Node, Object, Severity};

use super::credential;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-005",
    name: "secret-data-committed",
    title: "Secret with its data in the manifest",
    impact: Impact::Neighbours,
    reach: Reach::Reader,
    page: include_str!("secret_data_committed.md"),
    check: Check::Object(Kinds::Of(&[("", "Secret")]), check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    // A Secret that is in the cluster is where it belongs.
    if report.snapshot.is_live {
        return;
    }
    // SOPS leaves its own key beside the data that it encrypted.
    if object.root.get("sops").is_some() {
        return;
    }
    for field in ["data", "stringData"] {
        let values = object.root.get(field).into_iter().flat_map(Node::entries);
        let held: Vec<_> = values.filter_map(held).collect();
        let Some((severity, key, what)) = held.iter().rev().max_by_key(|held| held.0) else {
            continue;
        };
        let more = match held.len() - 1 {
            0 => String::new(),
            others => format!(", and {others} more below `{field}`"),
        };
        let because = format!(
            "everybody with this manifest can read {what} in `{key}`{more}: Base64 is no encryption"
        );
        let fix = Fix::advice(
            "change the credential and let it come from a vault, a sealed or an encrypted Secret",
        );
        report.finding_of(*severity, object.at(field).key(key), because, fix);
    }
}

/// A value that is there, how bad that is and what it is; all that is kept of it is its length
/// and what it was recognised as.
fn held<'a>((key, value): (&'a str, Node<'_>)) -> Option<(Severity, &'a str, String)> {
    let redacted = value.redacted().filter(|redacted| redacted.length > 0)?;
    let (severity, what) = match redacted.kind {
        Some(kind) => (Severity::High, credential::with_article(kind)),
        None if COMPANIONS.contains(&key) => (Severity::Low, "the value".to_owned()),
        None => (Severity::Medium, "the value".to_owned()),
    };
    Some((severity, key, what))
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
