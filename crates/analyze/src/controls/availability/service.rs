//! Which pods are to run for good.

use model::Pod;

/// Kinds whose pods are started again when they end.
const SERVICES: &[(&str, &str)] = &[
    ("apps", "Deployment"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("argoproj.io", "Rollout"),
];

/// Whether a pod is to run for good, as far as its kind says.
pub(super) fn runs_for_good(pod: &Pod<'_>) -> bool {
    SERVICES.iter().any(|(group, kind)| pod.object.is(group, kind))
}
