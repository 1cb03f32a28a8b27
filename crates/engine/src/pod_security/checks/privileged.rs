//! Privileged containers have no confinement.
//!
//! Restricted field: `securityContext.privileged` of all containers. Allowed: false, unset.
//!
//! Source: `policy/check_privileged.go`.

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check =
    Check { id: "privileged", level: Level::Baseline, overrides: &[], versions: &[(0, v1_0)] };

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad = pod.containers_where(|container| container.security.bool("privileged") == Some(true));
    if bad.is_empty() {
        return None;
    }
    Some(Refusal {
        reason: "privileged",
        detail: format!(
            "{} must not set securityContext.privileged=true",
            wording::containers(&bad)
        ),
        fields: bad.iter().map(|container| container.security_offence("privileged")).collect(),
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
            "spec: {containers: [{name: a, securityContext: {privileged: true}}, {name: b}],
                    initContainers: [{name: i, securityContext: {privileged: true}}],
                    ephemeralContainers: [{name: e, securityContext: {privileged: true}}]}",
            &[
                "privileged: containers 'i', 'a', 'e' must not set securityContext.privileged=true",
                "spec.initContainers[0].securityContext.privileged = true",
                "spec.containers[0].securityContext.privileged = true",
                "spec.ephemeralContainers[0].securityContext.privileged = true",
            ],
        );
        for value in ["false", "null"] {
            let pod =
                format!("spec: {{containers: [{{securityContext: {{privileged: {value}}}}}]}}");
            check(&CHECK, 0, &pod, &[]);
        }
    }
}
