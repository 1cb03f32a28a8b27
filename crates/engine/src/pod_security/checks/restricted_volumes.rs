//! Volumes of other types than those any user may have.
//!
//! Restricted field: `spec.volumes[*]`. Allowed sources: [`ALLOWED`], and none at all, which is an
//! `emptyDir` by defaulting. A volume with an allowed source beside another passes here (the API
//! server's validation refuses two).
//!
//! Source: `policy/check_restrictedVolumes.go`.

use std::collections::BTreeSet;

use crate::pod_security::defaulted::{DefaultedPod, DefaultedVolume, text};
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "restrictedVolumes",
    level: Level::Restricted,
    overrides: &["hostPathVolumes"],
    versions: &[(0, v1_0)],
};

const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// All other sources the API has, in the order upstream looks for them.
const RESTRICTED: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let mut names = Vec::new();
    let mut sources = BTreeSet::new();
    let mut fields = Vec::new();
    for volume in pod.volumes() {
        let Some(source) = restricted_source(&volume) else { continue };
        names.push(volume.name);
        sources.insert(source);
        let shown = volume.source(source).and_then(|node| node.get("path")).map(text);
        let value = match shown {
            Some(path) if source == "hostPath" => path.into_owned(),
            _ => source.to_owned(),
        };
        fields.push(Offence { path: volume.at(source), value: Some(value) });
    }
    if names.is_empty() {
        return None;
    }
    let word = wording::counted("volume", "volumes", names.len());
    let uses = wording::counted("uses", "use", names.len());
    let what = wording::counted("restricted volume type", "restricted volume types", sources.len());
    Some(Refusal {
        reason: "restricted volume types",
        detail: format!(
            "{word} {} {uses} {what} {}",
            wording::quoted(names),
            wording::quoted(sources)
        ),
        fields,
    })
}

/// The source that makes a volume a restricted one.
fn restricted_source(volume: &DefaultedVolume<'_>) -> Option<&'static str> {
    if ALLOWED.iter().any(|source| volume.source(source).is_some()) {
        return None;
    }
    RESTRICTED.iter().copied().find(|source| volume.source(source).is_some())
}
