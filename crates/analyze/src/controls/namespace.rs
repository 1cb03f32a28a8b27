//! Namespaces: where objects lie, and what is enforced there.

use crate::Control;

mod default_account_holds_pull_secret;
mod default_account_mounts_token;
mod default_namespace_used;
pub(crate) mod guard;
mod limit_range_missing;
mod namespace_egress_open;
mod namespace_without_network_policy;
mod pod_security_labels_missing;
mod pod_security_level_privileged;
mod pod_security_version_outdated;
mod resource_quota_missing;
mod workload_in_system_namespace;

pub(super) const CONTROLS: &[&Control] = &[
    &default_namespace_used::CONTROL,
    &pod_security_labels_missing::CONTROL,
    &pod_security_level_privileged::CONTROL,
    &namespace_without_network_policy::CONTROL,
    &namespace_egress_open::CONTROL,
    &resource_quota_missing::CONTROL,
    &limit_range_missing::CONTROL,
    &pod_security_version_outdated::CONTROL,
    &workload_in_system_namespace::CONTROL,
    &default_account_mounts_token::CONTROL,
    &default_account_holds_pull_secret::CONTROL,
];

/// The label with the Pod Security level that the API server enforces.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Namespaces that Kubernetes makes for itself; its components need every right there.
pub(crate) fn is_of_the_system(namespace: &model::Object<'_>) -> bool {
    matches!(namespace.name, "kube-system" | "kube-public" | "kube-node-lease")
}
