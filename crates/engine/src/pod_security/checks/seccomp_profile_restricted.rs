//! Seccomp must be on: by the pod or by each container.
//!
//! Restricted fields: `securityContext.seccompProfile.type` of the pod and of all containers.
//! Allowed: `RuntimeDefault`, `Localhost`; a container may leave it to the pod.
//!
//! Since 1.25 pods with `spec.os.name: windows` are left out: the API server refuses the field
//! there.
//!
//! Source: `policy/check_seccompProfile_restricted.go`.

use crate::pod_security::checks::seccomp_profile_baseline::{forbidden_type, refusal};
use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "seccompProfile_restricted",
    level: Level::Restricted,
    overrides: &["seccompProfile_baseline"],
    versions: &[(19, v1_19), (25, v1_25)],
};

fn v1_25(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    if pod.is_windows { None } else { v1_19(pod) }
}

fn v1_19(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad_pod = forbidden_type(pod.security).is_some();
    let bad = pod.containers_where(|container| forbidden_type(container.security).is_some());
    if bad_pod || !bad.is_empty() {
        return Some(refusal(pod, bad_pod, &bad));
    }
    // Whatever profile the pod has is an allowed one now.
    if pod.security.field("seccompProfile").is_some() {
        return None;
    }
    let without =
        pod.containers_where(|container| container.security.field("seccompProfile").is_none());
    if without.is_empty() {
        return None;
    }
    Some(Refusal {
        reason: "seccompProfile",
        detail: format!(
            "pod or {} must set securityContext.seccompProfile.type \
             to \"RuntimeDefault\" or \"Localhost\"",
            wording::containers(&without)
        ),
        fields: without
            .iter()
            .map(|container| container.security_offence("seccompProfile.type"))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn pod_or_containers_must_set_a_profile() {
        check(
            &CHECK,
            19,
            "spec: {containers: [{name: a, securityContext: {seccompProfile: {type: Localhost}}},
                                 {name: b}]}",
            &[
                "seccompProfile: pod or container 'b' must set securityContext.seccompProfile.type \
                 to 'RuntimeDefault' or 'Localhost'",
                "spec.containers[1].securityContext.seccompProfile.type is missing",
            ],
        );
        let by_pod = "spec: {securityContext: {seccompProfile: {type: RuntimeDefault}},
                             containers: [{name: a}]}";
        check(&CHECK, 19, by_pod, &[]);
        check(&CHECK, 25, "spec: {os: {name: windows}, containers: [{name: a}]}", &[]);
    }

    #[test]
    fn a_forbidden_profile_comes_before_missing_ones() {
        check(
            &CHECK,
            19,
            "spec: {containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}},
                                 {name: b}]}",
            &[
                "seccompProfile: container 'a' must not set securityContext.seccompProfile.type \
                 to 'Unconfined'",
                "spec.containers[0].securityContext.seccompProfile.type = Unconfined",
            ],
        );
    }
}
