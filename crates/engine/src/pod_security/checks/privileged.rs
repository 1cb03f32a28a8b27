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
