//! Seccomp switched off, or a profile of an unknown kind.
//!
//! Restricted fields, v1.0 to v1.18:
//! `metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]` and
//! `metadata.annotations["container.seccomp.security.alpha.kubernetes.io/NAME"]` for the name of
//! each container, allowed: unset, `runtime/default`, `docker/default`, `localhost/*`.
//!
//! Since v1.19: `securityContext.seccompProfile.type` of the pod and of all containers, allowed:
//! `RuntimeDefault`, `Localhost`, or no profile at all.
//!
//! Source: `policy/check_seccompProfile_baseline.go`.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use crate::pod_security::defaulted::{DefaultedContainer, DefaultedPod, Security};
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "seccompProfile_baseline",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(0, v1_0), (19, v1_19)],
};

const POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_ANNOTATION_PREFIX: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let names: HashSet<&str> = pod.containers.iter().map(|container| container.name).collect();
    let is_read = |key: &str| {
        key == POD_ANNOTATION
            || key
                .strip_prefix(CONTAINER_ANNOTATION_PREFIX)
                .is_some_and(|name| names.contains(name))
    };
    let is_allowed = |profile: &str| {
        matches!(profile, "runtime/default" | "docker/default") || profile.starts_with("localhost/")
    };
    let mut settings = BTreeSet::new();
    let mut fields = Vec::new();
    for (key, profile) in pod.annotations() {
        if is_read(key) && !is_allowed(&profile) {
            settings.insert(format!("{key}={}", wording::go_quoted(&profile)));
            let path = pod.annotation_at(key);
            fields.push(Offence { path, value: Some(profile.into_owned()) });
        }
    }
    if settings.is_empty() {
        return None;
    }
    let word = wording::counted("annotation", "annotations", settings.len());
    let settings = settings.into_iter().collect::<Vec<_>>().join(", ");
    Some(Refusal {
        reason: "seccompProfile",
        detail: format!("forbidden {word} {settings}"),
        fields,
    })
}

fn v1_19(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad_pod = forbidden_type(pod.security).is_some();
    let bad = pod.containers_where(|container| forbidden_type(container.security).is_some());
    (bad_pod || !bad.is_empty()).then(|| refusal(pod, bad_pod, &bad))
}

/// The refusal of profiles that are set; also the restricted check's.
pub(super) fn refusal(
    pod: &DefaultedPod<'_>,
    bad_pod: bool,
    bad: &[&DefaultedContainer<'_>],
) -> Refusal {
    let mut types = BTreeSet::new();
    let mut fields = Vec::new();
    if bad_pod {
        types.extend(forbidden_type(pod.security));
        fields.push(pod.security_offence("seccompProfile.type"));
    }
    for container in bad {
        types.extend(forbidden_type(container.security));
        fields.push(container.security_offence("seccompProfile.type"));
    }
    Refusal {
        reason: "seccompProfile",
        detail: format!(
            "{} must not set securityContext.seccompProfile.type to {}",
            wording::setters(bad_pod, bad),
            wording::quoted(types)
        ),
        fields,
    }
}

/// The type of a profile that is set, unless it is an allowed one.
pub(super) fn forbidden_type(security: Security<'_>) -> Option<Cow<'_, str>> {
    let type_ = security.profile_type("seccompProfile")?;
    (!matches!(&*type_, "RuntimeDefault" | "Localhost")).then_some(type_)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn annotations_count_until_1_18_for_containers_there_are() {
        let pod = "metadata: {annotations: {
                       seccomp.security.alpha.kubernetes.io/pod: unconfined,
                       container.seccomp.security.alpha.kubernetes.io/a: null,
                       container.seccomp.security.alpha.kubernetes.io/b: docker/default,
                       container.seccomp.security.alpha.kubernetes.io/other: unconfined}}\n\
                   spec: {containers: [{name: a}, {name: b}]}";
        check(
            &CHECK,
            18,
            pod,
            &[
                "seccompProfile: forbidden annotations \
                 container.seccomp.security.alpha.kubernetes.io/a='', \
                 seccomp.security.alpha.kubernetes.io/pod='unconfined'",
                "metadata.annotations['seccomp.security.alpha.kubernetes.io/pod'] = unconfined",
                "metadata.annotations['container.seccomp.security.alpha.kubernetes.io/a'] = ",
            ],
        );
        check(&CHECK, 19, pod, &[]);
    }

    #[test]
    fn fields_count_since_1_19() {
        let pod = "spec: {securityContext: {seccompProfile: {type: Unconfined}},
                          containers: [{name: a, securityContext: {seccompProfile: {}}},
                                       {name: b}]}";
        check(&CHECK, 18, pod, &[]);
        check(
            &CHECK,
            19,
            pod,
            &[
                "seccompProfile: pod and container 'a' must not set \
                 securityContext.seccompProfile.type to '', 'Unconfined'",
                "spec.securityContext.seccompProfile.type = Unconfined",
                "spec.containers[0].securityContext.seccompProfile.type is missing",
            ],
        );
    }
}
