//! When the API server stopped, or will stop, to serve built-in kinds.

use model::Object;

/// The last versions of Kubernetes for kinds under one `apiVersion`.
#[derive(Clone, Copy)]
pub(super) struct Lifecycle {
    api_version: &'static str,
    kinds: &'static [&'static str],
    /// The minor version of Kubernetes that called it deprecated.
    pub(super) deprecated: u32,
    /// The minor version of Kubernetes without it.
    pub(super) removed: u32,
    /// The `apiVersion` that serves the same kind; empty if upstream names none.
    pub(super) replacement: &'static str,
}

/// What is known of an object's API; nothing for one that stays.
pub(super) fn of(object: &Object<'_>) -> Option<&'static Lifecycle> {
    let start = APIS.partition_point(|api| api.api_version < object.api_version);
    APIS[start..]
        .iter()
        .take_while(|api| api.api_version == object.api_version)
        .find(|api| api.kinds.contains(&object.kind))
}

impl Lifecycle {
    /// What to do about it.
    pub(super) fn advice(&self) -> String {
        match self.replacement {
            "" => "see the deprecation guide of Kubernetes for what took its place".to_owned(),
            replacement => format!("write it as `apiVersion: {replacement}`"),
        }
    }
}

const fn row(
    api_version: &'static str,
    kinds: &'static [&'static str],
    deprecated: u32,
    removed: u32,
    replacement: &'static str,
) -> Lifecycle {
    Lifecycle { api_version, kinds, deprecated, removed, replacement }
}

/// Facts of the lifecycle functions of k8s.io/api (`APILifecycleDeprecated`,
/// `APILifecycleRemoved`, `APILifecycleReplacement`), tags 0.17 to 0.37; sorted.
const APIS: &[Lifecycle] = &[
    row("admission.k8s.io/v1beta1", &["AdmissionReview"], 19, 22, "admission.k8s.io/v1"),
    row(
        "admissionregistration.k8s.io/v1alpha1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        29,
        32,
        "",
    ),
    row(
        "admissionregistration.k8s.io/v1alpha1",
        &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
        35,
        38,
        "",
    ),
    row(
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        16,
        22,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "admissionregistration.k8s.io/v1beta1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        31,
        34,
        "",
    ),
    row(
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
        37,
        40,
        "admissionregistration.k8s.io/v1",
    ),
    row("apidiscovery.k8s.io/v2beta1", &["APIGroupDiscovery"], 32, 35, ""),
    row(
        "apps/v1beta1",
        &["ControllerRevision", "Deployment", "DeploymentRollback", "StatefulSet"],
        8,
        16,
        "apps/v1",
    ),
    row("apps/v1beta1", &["Scale"], 8, 16, "autoscaling/v1"),
    row(
        "apps/v1beta2",
        &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        9,
        16,
        "apps/v1",
    ),
    row("apps/v1beta2", &["Scale"], 9, 16, "autoscaling/v1"),
    row("authentication.k8s.io/v1alpha1", &["SelfSubjectReview"], 29, 32, ""),
    row("authentication.k8s.io/v1beta1", &["TokenReview"], 19, 22, "authentication.k8s.io/v1"),
    row("authentication.k8s.io/v1beta1", &["SelfSubjectReview"], 30, 33, ""),
    row(
        "authorization.k8s.io/v1beta1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
        19,
        22,
        "authorization.k8s.io/v1",
    ),
    row("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 22, 25, "autoscaling/v2"),
    row("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 23, 26, "autoscaling/v2"),
    row("batch/v1beta1", &["CronJob"], 21, 25, "batch/v1"),
    row("batch/v1beta1", &["JobTemplate"], 22, 25, ""),
    row("certificates.k8s.io/v1alpha1", &["ClusterTrustBundle"], 34, 37, ""),
    row("certificates.k8s.io/v1alpha1", &["PodCertificateRequest"], 37, 40, ""),
    row(
        "certificates.k8s.io/v1beta1",
        &["CertificateSigningRequest"],
        19,
        22,
        "certificates.k8s.io/v1",
    ),
    row("certificates.k8s.io/v1beta1", &["ClusterTrustBundle"], 37, 40, "certificates.k8s.io/v1"),
    row("certificates.k8s.io/v1beta1", &["PodCertificateRequest"], 38, 41, ""),
    row("coordination.k8s.io/v1alpha1", &["LeaseCandidate"], 34, 37, ""),
    row("coordination.k8s.io/v1alpha2", &["LeaseCandidate"], 35, 38, ""),
    row("coordination.k8s.io/v1beta1", &["Lease"], 19, 22, "coordination.k8s.io/v1"),
    row("coordination.k8s.io/v1beta1", &["LeaseCandidate"], 36, 39, ""),
    row("discovery.k8s.io/v1beta1", &["EndpointSlice"], 21, 25, "discovery.k8s.io/v1"),
    row("events.k8s.io/v1beta1", &["Event"], 22, 25, ""),
    row("extensions/v1beta1", &["Scale"], 2, 16, ""),
    row("extensions/v1beta1", &["DeploymentRollback"], 8, 16, ""),
    row("extensions/v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 8, 16, "apps/v1"),
    row("extensions/v1beta1", &["NetworkPolicy"], 9, 16, "networking.k8s.io/v1"),
    row("extensions/v1beta1", &["PodSecurityPolicy"], 11, 16, "policy/v1beta1"),
    row("extensions/v1beta1", &["Ingress"], 14, 22, "networking.k8s.io/v1"),
    row(
        "flowcontrol.apiserver.k8s.io/v1alpha1",
        &["FlowSchema", "PriorityLevelConfiguration"],
        20,
        21,
        "flowcontrol.apiserver.k8s.io/v1beta3",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &["FlowSchema", "PriorityLevelConfiguration"],
        23,
        26,
        "flowcontrol.apiserver.k8s.io/v1beta3",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        &["FlowSchema", "PriorityLevelConfiguration"],
        26,
        29,
        "flowcontrol.apiserver.k8s.io/v1beta3",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        &["FlowSchema", "PriorityLevelConfiguration"],
        29,
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    row("networking.k8s.io/v1alpha1", &["ClusterCIDR"], 28, 31, ""),
    row("networking.k8s.io/v1alpha1", &["IPAddress", "ServiceCIDR"], 30, 33, ""),
    row("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 19, 22, "networking.k8s.io/v1"),
    row("networking.k8s.io/v1beta1", &["IPAddress", "ServiceCIDR"], 34, 37, ""),
    row("node.k8s.io/v1beta1", &["RuntimeClass"], 22, 25, ""),
    row("policy/v1beta1", &["PodSecurityPolicy"], 21, 25, ""),
    row("policy/v1beta1", &["PodDisruptionBudget"], 21, 25, "policy/v1"),
    row("policy/v1beta1", &["Eviction"], 22, 25, ""),
    row(
        "rbac.authorization.k8s.io/v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        17,
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "resource.k8s.io/v1alpha3",
        &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"],
        34,
        37,
        "resource.k8s.io/v1beta1",
    ),
    row("resource.k8s.io/v1alpha3", &["DeviceTaintRule"], 36, 39, ""),
    row("resource.k8s.io/v1alpha3", &["ResourcePoolStatusRequest"], 39, 42, ""),
    row(
        "resource.k8s.io/v1beta1",
        &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"],
        35,
        38,
        "",
    ),
    row(
        "resource.k8s.io/v1beta2",
        &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"],
        36,
        39,
        "",
    ),
    row("resource.k8s.io/v1beta2", &["DeviceTaintRule"], 39, 42, ""),
    row("scheduling.k8s.io/v1beta1", &["PriorityClass"], 14, 22, "scheduling.k8s.io/v1"),
    row("storage.k8s.io/v1alpha1", &["VolumeAttachment"], 21, 24, "storage.k8s.io/v1"),
    row("storage.k8s.io/v1alpha1", &["CSIStorageCapacity"], 21, 24, "storage.k8s.io/v1beta1"),
    row("storage.k8s.io/v1alpha1", &["VolumeAttributesClass"], 32, 35, "storage.k8s.io/v1"),
    row("storage.k8s.io/v1beta1", &["CSINode"], 17, 22, "storage.k8s.io/v1"),
    row(
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "StorageClass", "VolumeAttachment"],
        19,
        22,
        "storage.k8s.io/v1",
    ),
    row("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 24, 27, "storage.k8s.io/v1"),
    row("storage.k8s.io/v1beta1", &["VolumeAttributesClass"], 34, 37, "storage.k8s.io/v1"),
    row("storagemigration.k8s.io/v1alpha1", &["StorageVersionMigration"], 33, 36, ""),
    row(
        "storagemigration.k8s.io/v1beta1",
        &["StorageVersionMigration"],
        37,
        40,
        "storagemigration.k8s.io/v1",
    ),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(APIS.is_sorted_by_key(|api| api.api_version));
    }

    /// Every row, and none but these, stands in the truth data.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test reads the truth data")]
    fn the_table_says_what_upstream_says() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth/api-lifecycle.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", path.display());
            println!("skipped: {} is missing", path.display());
            return;
        };
        let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
        let document = stream.documents().next().expect("a document").expect("readable");
        let mut seen = 0;
        for item in document.root().items() {
            let text = |key: &str| item.get(key).and_then(yaml::Node::as_str).unwrap_or_default();
            let (Some(removed), kind) = (text("removed").strip_prefix("1."), text("kind")) else {
                continue;
            };
            if kind.ends_with("List") {
                continue;
            }
            let api_version = match text("group") {
                "" => text("version").to_owned(),
                group => format!("{group}/{}", text("version")),
            };
            let row =
                APIS.iter().find(|api| api.api_version == api_version && api.kinds.contains(&kind));
            let row = row.unwrap_or_else(|| panic!("{api_version} {kind} is missing"));
            let replacement = text("replacement").rsplit_once('/').map_or("", |(it, _)| it);
            assert_eq!(row.removed.to_string(), removed, "{api_version} {kind}");
            assert_eq!(format!("1.{}", row.deprecated), text("deprecated"), "{api_version} {kind}");
            assert_eq!(row.replacement, replacement, "{api_version} {kind}");
            seen += 1;
        }
        assert_eq!(seen, APIS.iter().map(|api| api.kinds.len()).sum::<usize>());
    }
}
