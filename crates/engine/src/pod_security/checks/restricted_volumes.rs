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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn an_allowed_source_or_none_passes() {
        check(
            &CHECK,
            0,
            "spec: {volumes: [{name: a}, {name: b, nfs: null}, {name: c, emptyDir: {}, nfs: {}},
                              {name: d, unknown: {}}, null]}",
            &[],
        );
        for source in ALLOWED {
            check(&CHECK, 0, &format!("spec: {{volumes: [{{{source}: {{}}}}]}}"), &[]);
        }
    }

    #[test]
    fn the_first_other_source_is_told() {
        check(
            &CHECK,
            0,
            "spec: {volumes: [{name: a, nfs: {path: /x}},
                              {name: b, nfs: {}, hostPath: {path: /y}}]}",
            &[
                "restricted volume types: volumes 'a', 'b' use restricted volume types \
                 'hostPath', 'nfs'",
                "spec.volumes[0].nfs = nfs",
                "spec.volumes[1].hostPath = /y",
            ],
        );
    }
}
