//! Containers that run on the Windows host itself.
//!
//! Restricted field: `securityContext.windowsOptions.hostProcess` of the pod and of all
//! containers. Allowed: false, unset.
//!
//! Source: `policy/check_windowsHostProcess.go`.

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "windowsHostProcess",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(0, v1_0)],
};

const FIELD: &str = "windowsOptions.hostProcess";

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad_pod = pod.security.bool(FIELD) == Some(true);
    let bad = pod.containers_where(|container| container.security.bool(FIELD) == Some(true));
    if !bad_pod && bad.is_empty() {
        return None;
    }
    let of_pod = bad_pod.then(|| pod.security_offence(FIELD));
    let of_containers = bad.iter().map(|container| container.security_offence(FIELD));
    Some(Refusal {
        reason: "hostProcess",
        detail: format!(
            "{} must not set securityContext.windowsOptions.hostProcess=true",
            wording::setters(bad_pod, &bad)
        ),
        fields: of_pod.into_iter().chain(of_containers).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn only_true_is_refused() {
        check(
            &CHECK,
            0,
            "spec: {securityContext: {windowsOptions: {hostProcess: true}},
                    containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}},
                                 {name: b, securityContext: {windowsOptions: {
                                     hostProcess: false}}}]}",
            &[
                "hostProcess: pod and container 'a' must not set \
                 securityContext.windowsOptions.hostProcess=true",
                "spec.securityContext.windowsOptions.hostProcess = true",
                "spec.containers[0].securityContext.windowsOptions.hostProcess = true",
            ],
        );
        check(&CHECK, 0, "spec: {securityContext: {windowsOptions: {}}}", &[]);
    }
}
