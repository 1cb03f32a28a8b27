//! A store without conditions gives every namespace what the vault holds.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-010",
    name: "cluster-secret-store-open",
    title: "Secret store open to every namespace",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("cluster_secret_store_open.md"),
    check: Check::Object(Kinds::Of(&[("external-secrets.io", "ClusterSecretStore")]), check),
};

fn check(store: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = store.root.get("spec") else { return };
    // A store of made-up values has nothing to give away.
    let is_fake = spec.field("provider.fake").is_some();
    let is_condition = |condition: Node<'_>| {
        ["namespaces", "namespaceSelector", "namespaceRegexes"]
            .iter()
            .any(|field| condition.get(field).is_some_and(|node| !is_empty(node)))
    };
    let mut conditions = spec.list("conditions").peekable();
    if is_fake || (conditions.peek().is_some() && conditions.all(is_condition)) {
        return;
    }
    let because = format!(
        "whoever may write an ExternalSecret in any namespace can read all that store `{}` reaches",
        store.name
    );
    let fix = Fix::advice("name the namespaces in `conditions`, or use a SecretStore in each");
    report.finding(store.at("spec.conditions"), because, fix);
}

fn is_empty(node: Node<'_>) -> bool {
    node.items().next().is_none() && node.entries().next().is_none()
}
