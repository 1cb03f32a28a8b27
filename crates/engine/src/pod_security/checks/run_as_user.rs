//! Containers must not be told to run as root.
//!
//! Restricted field: `securityContext.runAsUser` of the pod and of all containers. Allowed: unset,
//! anything but 0; since 1.35 anything in a pod with `hostUsers: false`.
//!
//! Source: `policy/check_runAsUser.go`.

use crate::pod_security::defaulted::{DefaultedPod, Security};
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "runAsUser",
    level: Level::Restricted,
    overrides: &[],
    versions: &[(23, v1_23), (35, v1_35)],
};

const FIELD: &str = "runAsUser";

fn v1_35(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    if pod.in_user_namespace { None } else { v1_23(pod) }
}

fn v1_23(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let is_root =
        |security: Security<'_>| security.field(FIELD).and_then(model::Node::as_int) == Some(0);
    let bad_pod = is_root(pod.security);
    let bad = pod.containers_where(|container| is_root(container.security));
    if !bad_pod && bad.is_empty() {
        return None;
    }
    let of_pod = bad_pod.then(|| pod.security_offence(FIELD));
    let of_containers = bad.iter().map(|container| container.security_offence(FIELD));
    Some(Refusal {
        reason: "runAsUser=0",
        detail: format!("{} must not set runAsUser=0", wording::setters(bad_pod, &bad)),
        fields: of_pod.into_iter().chain(of_containers).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn root_is_refused_outside_a_user_namespace() {
        let pod = "spec: {hostUsers: false, securityContext: {runAsUser: 0}, containers: [
            {name: a, securityContext: {runAsUser: 0.0}},
            {name: b, securityContext: {runAsUser: 1000}}]}";
        check(
            &CHECK,
            34,
            pod,
            &[
                "runAsUser=0: pod and container 'a' must not set runAsUser=0",
                "spec.securityContext.runAsUser = 0",
                "spec.containers[0].securityContext.runAsUser = 0",
            ],
        );
        check(&CHECK, 35, pod, &[]);
    }
}
