//! What pods and volumes refer to.
//!
//! Source: `VisitPodSecretNames` and `VisitPodConfigmapNames` in `pkg/api/v1/pod/util.go`,
//! `VisitPVSecretNames` in `pkg/api/v1/persistentvolume/util.go`, `VolumeClaimName` in
//! `storage/ephemeral` of `k8s.io/component-helpers`, `PodClaims` in `resourceclaim/pod.go` of
//! `k8s.io/dynamic-resource-allocation`.

use model::{Node, Object};

const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Sources of a pod's volume that name a Secret, in the order upstream looks for the first that is
/// set, and the field with the name.
const SECRET_SOURCES: [(&str, &str); 11] = [
    ("azureFile", "secretName"),
    ("cephfs", "secretRef.name"),
    ("cinder", "secretRef.name"),
    ("flexVolume", "secretRef.name"),
    ("projected", ""),
    ("rbd", "secretRef.name"),
    ("secret", "secretName"),
    ("scaleIO", "secretRef.name"),
    ("iscsi", "secretRef.name"),
    ("storageos", "secretRef.name"),
    ("csi", "nodePublishSecretRef.name"),
];

/// Sources of a PersistentVolume that name a Secret, in upstream's order, and whether the
/// namespace of the claim stands in for one that is not written.
const VOLUME_SOURCES: [(&str, bool); 7] = [
    ("cephfs", true),
    ("cinder", false),
    ("flexVolume", true),
    ("rbd", true),
    ("scaleIO", true),
    ("iscsi", true),
    ("storageos", false),
];

/// Secrets of a CSI volume that the kubelet reads.
const CSI_SECRETS: [&str; 3] =
    ["nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"];

fn text<'a>(node: Node<'a>, field: &str) -> Option<&'a str> {
    node.field(field).and_then(Node::as_str).filter(|text| !text.is_empty())
}

/// Names of the Secrets a pod refers to.
pub(super) fn secrets<'a>(spec: Node<'a>, each: &mut impl FnMut(&'a str)) {
    spec.list("imagePullSecrets").filter_map(|it| text(it, "name")).for_each(&mut *each);
    of_environment(spec, "secretRef.name", "valueFrom.secretKeyRef.name", each);
    for volume in spec.list("volumes") {
        let source = SECRET_SOURCES
            .iter()
            .find_map(|(source, field)| volume.get(source).map(|found| (found, *field)));
        match source {
            Some((projected, "")) => {
                let sources = projected.list("sources");
                sources.filter_map(|it| text(it, "secret.name")).for_each(&mut *each);
            }
            Some((source, field)) => text(source, field).into_iter().for_each(&mut *each),
            None => {}
        }
    }
}

/// Names of the ConfigMaps a pod refers to.
pub(super) fn config_maps<'a>(spec: Node<'a>, each: &mut impl FnMut(&'a str)) {
    of_environment(spec, "configMapRef.name", "valueFrom.configMapKeyRef.name", each);
    for volume in spec.list("volumes") {
        if let Some(projected) = volume.get("projected") {
            let sources = projected.list("sources");
            sources.filter_map(|it| text(it, "configMap.name")).for_each(&mut *each);
        } else if let Some(name) = text(volume, "configMap.name") {
            each(name);
        }
    }
}

fn of_environment<'a>(spec: Node<'a>, whole: &str, one_key: &str, each: &mut impl FnMut(&'a str)) {
    for container in CONTAINERS.iter().flat_map(|kind| spec.list(kind)) {
        container.list("envFrom").filter_map(|it| text(it, whole)).for_each(&mut *each);
        container.list("env").filter_map(|it| text(it, one_key)).for_each(&mut *each);
    }
}

/// Names of the PersistentVolumeClaims of a pod's volumes.
pub(super) fn volume_claims(pod: &Object<'_>, spec: Node<'_>, each: &mut impl FnMut(&str)) {
    for volume in spec.list("volumes") {
        if let Some(claim) = volume.get("persistentVolumeClaim") {
            text(claim, "claimName").into_iter().for_each(&mut *each);
        } else if volume.get("ephemeral").is_some() {
            each(&format!("{}-{}", pod.name, volume.str("name").unwrap_or_default()));
        }
    }
}

/// Names of the ResourceClaims of a pod: those it names, and those made for it that its status
/// tells.
pub(super) fn resource_claims(pod: &Object<'_>, spec: Node<'_>, each: &mut impl FnMut(&str)) {
    let status = pod.root.get("status");
    for claim in spec.list("resourceClaims") {
        if let Some(name) = claim.str("resourceClaimName") {
            each(name);
        } else if claim.get("resourceClaimTemplateName").is_some() {
            let name = claim.str("name").unwrap_or_default();
            let mut made = status.into_iter().flat_map(|it| it.list("resourceClaimStatuses"));
            let made = made.find(|made| made.str("name").unwrap_or_default() == name);
            made.and_then(|made| made.str("resourceClaimName")).into_iter().for_each(&mut *each);
        }
    }
    let extended = status.and_then(|it| it.get("extendedResourceClaimStatus"));
    extended.and_then(|it| text(it, "resourceClaimName")).into_iter().for_each(each);
}

/// Namespaces and names of the Secrets of a PersistentVolume that the kubelet reads.
pub(super) fn volume_secrets(
    spec: Node<'_>,
    claim_namespace: &str,
    each: &mut impl FnMut(&str, &str),
) {
    if let Some(source) = spec.get("azureFile") {
        if let Some(name) = text(source, "secretName") {
            each(text(source, "secretNamespace").unwrap_or(claim_namespace), name);
        }
        return;
    }
    let found =
        VOLUME_SOURCES.iter().find_map(|(kind, falls_back)| Some((spec.get(kind)?, *falls_back)));
    if let Some((source, falls_back)) = found {
        if let Some(name) = text(source, "secretRef.name") {
            let written = text(source, "secretRef.namespace");
            each(written.unwrap_or(if falls_back { claim_namespace } else { "" }), name);
        }
        return;
    }
    let Some(csi) = spec.get("csi") else { return };
    for secret in CSI_SECRETS.iter().filter_map(|field| csi.get(field)) {
        if let Some(name) = text(secret, "name") {
            each(secret.str("namespace").unwrap_or_default(), name);
        }
    }
}
