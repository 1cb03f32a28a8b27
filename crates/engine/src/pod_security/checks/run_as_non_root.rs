//! Containers must be kept from running as root: by the pod or by each container.
//!
//! Restricted field: `securityContext.runAsNonRoot` of the pod and of all containers. Allowed:
//! true; a container may leave it to the pod. Since 1.35 anything in a pod with
//! `hostUsers: false`.
//!
//! Source: `policy/check_runAsNonRoot.go`.

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "runAsNonRoot",
    level: Level::Restricted,
    overrides: &[],
    versions: &[(0, v1_0), (35, v1_35)],
};

const FIELD: &str = "runAsNonRoot";
const REASON: &str = "runAsNonRoot != true";

fn v1_35(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    if pod.in_user_namespace { None } else { v1_0(pod) }
}

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let by_pod = pod.security.bool(FIELD);
    let bad = pod.containers_where(|container| container.security.bool(FIELD) == Some(false));
    if by_pod == Some(false) || !bad.is_empty() {
        let of_pod = (by_pod == Some(false)).then(|| pod.security_offence(FIELD));
        let of_containers = bad.iter().map(|container| container.security_offence(FIELD));
        return Some(Refusal {
            reason: REASON,
            detail: format!(
                "{} must not set securityContext.runAsNonRoot=false",
                wording::setters(by_pod == Some(false), &bad)
            ),
            fields: of_pod.into_iter().chain(of_containers).collect(),
        });
    }
    if by_pod == Some(true) {
        return None;
    }
    let without = pod.containers_where(|container| container.security.bool(FIELD).is_none());
    if without.is_empty() {
        return None;
    }
    Some(Refusal {
        reason: REASON,
        detail: format!(
            "pod or {} must set securityContext.runAsNonRoot=true",
            wording::containers(&without)
        ),
        fields: without.iter().map(|container| container.security_offence(FIELD)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn false_is_refused_even_where_another_says_true() {
        check(
            &CHECK,
            0,
            "spec: {securityContext: {runAsNonRoot: true}, containers: [
                {name: a, securityContext: {runAsNonRoot: false}}, {name: b}]}",
            &[
                "runAsNonRoot != true: container 'a' must not set \
                 securityContext.runAsNonRoot=false",
                "spec.containers[0].securityContext.runAsNonRoot = false",
            ],
        );
        check(
            &CHECK,
            0,
            "spec: {securityContext: {runAsNonRoot: false}, containers: [
                {name: a, securityContext: {runAsNonRoot: true}}]}",
            &[
                "runAsNonRoot != true: pod must not set securityContext.runAsNonRoot=false",
                "spec.securityContext.runAsNonRoot = false",
            ],
        );
    }

    #[test]
    fn pod_or_containers_must_say_true_outside_a_user_namespace() {
        let pod = "spec: {hostUsers: false, containers: [{name: a},
                          {name: b, securityContext: {runAsNonRoot: true}}]}";
        check(
            &CHECK,
            34,
            pod,
            &[
                "runAsNonRoot != true: pod or container 'a' must set \
                 securityContext.runAsNonRoot=true",
                "spec.containers[0].securityContext.runAsNonRoot is missing",
            ],
        );
        check(&CHECK, 35, pod, &[]);
    }
}
