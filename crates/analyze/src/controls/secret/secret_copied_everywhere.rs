//! A Secret that is copied to every namespace is everybody's.

use model::{Fix, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-016",
    name: "secret-copied-everywhere",
    title: "Secret is copied to every namespace",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("secret_copied_everywhere.md"),
    check: Check::Object(
        Kinds::Of(&[("", "Secret"), ("external-secrets.io", "ClusterExternalSecret")]),
        check,
    ),
};

/// Annotations by which controllers copy a Secret: the key, and what it says where it means every
/// namespace (README of emberstack/kubernetes-reflector, of mittwald/kubernetes-replicator, of
/// config-syncer, once kubed).
const COPIED: &[(&str, Means)] = &[
    ("reflector.v1.k8s.emberstack.com/reflection-allowed-namespaces", is_everything),
    ("reflector.v1.k8s.emberstack.com/reflection-auto-namespaces", is_everything),
    ("replicator.v1.mittwald.de/replicate-to", is_everything),
    ("replicator.v1.mittwald.de/replication-allowed-namespaces", is_everything),
    ("kubed.appscode.com/sync", is_empty),
    ("config-syncer.appscode.com/sync", is_empty),
];

/// Whether the value of an annotation means every namespace.
type Means = fn(&str) -> bool;

/// Reflector copies to every namespace where this is allowed and no list follows.
const REFLECTOR: [&str; 2] = [
    "reflector.v1.k8s.emberstack.com/reflection-allowed",
    "reflector.v1.k8s.emberstack.com/reflection-allowed-namespaces",
];

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if object.kind == "ClusterExternalSecret" {
        return cluster_wide(object, report);
    }
    let told = COPIED.iter().find_map(|(key, is_wide)| {
        let value = object.annotation(key)?;
        is_wide(value).then_some(*key)
    });
    let unbounded = || {
        let [allowed, list] = REFLECTOR;
        let is_open = object.annotation(allowed) == Some("true");
        (is_open && object.annotation(list).is_none_or(str::is_empty)).then_some(allowed)
    };
    let Some(key) = told.or_else(unbounded) else { return };
    let at = object.at("metadata.annotations").key(key);
    finding(object, at, report);
}

/// Every namespace is one that matches an empty selector.
fn cluster_wide(object: &Object<'_>, report: &mut Report<'_>) {
    let selects_all = |selector: model::Node<'_>| {
        selector.is_map()
            && selector.get("matchLabels").is_none_or(|map| map.entries().next().is_none())
            && selector.list("matchExpressions").next().is_none()
    };
    if object.root.field("spec.namespaceSelector").is_some_and(selects_all) {
        finding(object, object.at("spec.namespaceSelector"), report);
    }
    let selectors = object.root.field("spec.namespaceSelectors");
    for (index, selector) in selectors.into_iter().flat_map(model::Node::items).enumerate() {
        if selects_all(selector) {
            finding(object, object.at("spec.namespaceSelectors").index(index), report);
        }
    }
}

fn finding(object: &Object<'_>, at: model::Path, report: &mut Report<'_>) {
    let because = format!(
        "whoever may read Secrets in any one namespace, or run a pod there, has `{}`",
        object.name
    );
    let fix = Fix::advice("name the namespaces that need it, or give each its own");
    report.finding(at, because, fix);
}

/// A list of names or patterns that leaves no namespace out.
fn is_everything(list: &str) -> bool {
    list.split(',').any(|pattern| matches!(pattern.trim(), "*" | ".*" | ".+" | "^.*$"))
}

fn is_empty(selector: &str) -> bool {
    selector.is_empty()
}
