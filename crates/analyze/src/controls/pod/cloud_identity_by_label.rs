//! Whoever may create a pod takes the identity by writing its name.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Fix, Pod};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-042",
    name: "cloud-identity-by-label",
    title: "Cloud identity by a label or annotation of the pod",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("cloud_identity_by_label.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let label = pod.root.field("metadata.labels").and_then(|labels| labels.str(LABEL));
    let annotation = pod.annotations().find(|(key, _)| ANNOTATIONS.contains(key));
    let found = match (label, annotation) {
        (Some(name), _) => (pod.metadata_at("labels").key(LABEL), name),
        (None, Some((key, name))) => (pod.metadata_at("annotations").key(key), name),
        (None, None) => return,
    };
    let (at, identity) = found;
    let because = format!(
        "whoever may create pods in the namespace takes the cloud identity `{identity}` by \
         writing its name on a pod"
    );
    let fix = Fix::advice("bind the identity to a service account (workload identity, IRSA)");
    report.finding(at, because, fix);
}

/// The label of aad-pod-identity, which was archived in 2023.
const LABEL: &str = "aadpodidbinding";

/// Annotations of kube2iam and kiam.
const ANNOTATIONS: &[&str] = &["iam.amazonaws.com/role"];
