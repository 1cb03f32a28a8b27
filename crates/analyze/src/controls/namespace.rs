//! Namespaces: where objects lie, and what is enforced there.

use crate::Control;

mod default_namespace_used;
mod pod_security_labels_missing;
mod pod_security_level_privileged;

pub(super) const CONTROLS: &[&Control] = &[
    &default_namespace_used::CONTROL,
    &pod_security_labels_missing::CONTROL,
    &pod_security_level_privileged::CONTROL,
];

/// The label with the Pod Security level that the API server enforces.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Namespaces that Kubernetes makes for itself; its components need every right there.
fn is_of_the_system(namespace: &model::Object<'_>) -> bool {
    matches!(namespace.name, "kube-system" | "kube-public" | "kube-node-lease")
}
