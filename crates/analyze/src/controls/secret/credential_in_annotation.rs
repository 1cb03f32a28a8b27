//! Annotations are copied into events, logs and dashboards.

use model::{Fix, Node, Object, Path};

use super::credential;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-004",
    name: "credential-in-annotation",
    title: "Credential in an annotation",
    impact: Impact::Neighbours,
    reach: Reach::Reader,
    page: include_str!("credential_in_annotation.md"),
    check: Check::Object(Kinds::Any, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    annotations(object.root, &Path::root(), report);
    for pod in object.pods().iter().filter(|pod| !pod.is_bare()) {
        annotations(pod.root, &pod.template, report);
    }
}

fn annotations(root: Node<'_>, at: &Path, report: &mut Report<'_>) {
    let annotations = root.field("metadata.annotations");
    for (key, value) in annotations.into_iter().flat_map(Node::entries) {
        let Some(credential) = credential::named(value) else { continue };
        let because = format!(
            "annotation `{key}` holds {credential}, readable for everybody who may read this object"
        );
        let fix = Fix::advice("change the credential and keep it in a Secret");
        report.finding(at.clone().field("metadata.annotations").key(key), because, fix);
    }
}
