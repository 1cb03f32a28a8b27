//! Base64 is no encryption: a Secret in a repository is a published credential.

use model::{Fix, Node, Object, Severity};

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
        let held: Vec<_> = values.filter(|(_, value)| holds_something(*value)).collect();
        let Some(((first, _), others)) = held.split_first() else { continue };
        let known = held.iter().find_map(|(_, value)| value.redacted()?.kind);
        let severity = if known.is_some() { Severity::High } else { Severity::Medium };
        let what = known.map_or("a value", |kind| kind.title());
        let more =
            if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let because = format!(
            "`{first}`{more} ({what}) can be read by everybody with this manifest: Base64 is no \
             encryption"
        );
        let fix = Fix::advice(
            "change the credential and let it come from a vault, a sealed or an encrypted Secret",
        );
        report.finding_of(severity, object.at(field).key(first), because, fix);
    }
}

/// A value that is there; credentials are known by their length alone.
fn holds_something(value: Node<'_>) -> bool {
    value.redacted().is_some_and(|redacted| redacted.length > 0)
}
