//! Volumes that show a folder of the host.
//!
//! Restricted field: `spec.volumes[*].hostPath`. Allowed: unset.
//!
//! Source: `policy/check_hostPathVolumes.go`.

use crate::pod_security::defaulted::{DefaultedPod, text};
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check =
    Check { id: "hostPathVolumes", level: Level::Baseline, overrides: &[], versions: &[(0, v1_0)] };

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let mut names = Vec::new();
    let mut fields = Vec::new();
    for volume in pod.volumes() {
        let Some(source) = volume.source("hostPath") else { continue };
        names.push(volume.name);
        let shown = source.get("path").map(text).unwrap_or_default();
        fields.push(Offence { path: volume.at("hostPath"), value: Some(shown.into_owned()) });
    }
    if names.is_empty() {
        return None;
    }
    let word = wording::counted("volume", "volumes", names.len());
    Some(Refusal {
        reason: "hostPath volumes",
        detail: format!("{word} {}", wording::quoted(names)),
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn a_host_path_is_refused_beside_another_source() {
        check(
            &CHECK,
            0,
            "spec: {volumes: [{name: ok, hostPath: null}, {name: a, hostPath: {path: /run}},
                              {name: b, emptyDir: {}, hostPath: {}}]}",
            &[
                "hostPath volumes: volumes 'a', 'b'",
                "spec.volumes[1].hostPath = /run",
                "spec.volumes[2].hostPath = ",
            ],
        );
    }
}
