//! Processes must not gain more rights than their parent, for instance by set-user-ID files.
//!
//! Restricted field: `securityContext.allowPrivilegeEscalation` of all containers. Allowed: false.
//!
//! Since 1.25 pods with `spec.os.name: windows` are left out: the API server refuses the field
//! there.
//!
//! Source: `policy/check_allowPrivilegeEscalation.go`.

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "allowPrivilegeEscalation",
    level: Level::Restricted,
    overrides: &[],
    versions: &[(8, v1_8), (25, v1_25)],
};

const FIELD: &str = "allowPrivilegeEscalation";

fn v1_25(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    if pod.is_windows { None } else { v1_8(pod) }
}

fn v1_8(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad = pod.containers_where(|container| container.security.bool(FIELD) != Some(false));
    if bad.is_empty() {
        return None;
    }
    Some(Refusal {
        reason: "allowPrivilegeEscalation != false",
        detail: format!(
            "{} must set securityContext.allowPrivilegeEscalation=false",
            wording::containers(&bad)
        ),
        fields: bad.iter().map(|container| container.security_offence(FIELD)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn only_false_is_allowed_and_windows_since_1_25() {
        let pod = "spec: {os: {name: windows}, containers: [
            {name: a, securityContext: {allowPrivilegeEscalation: true}},
            {name: b, securityContext: {allowPrivilegeEscalation: false}},
            {name: c, securityContext: {allowPrivilegeEscalation: null}}]}";
        check(
            &CHECK,
            24,
            pod,
            &[
                "allowPrivilegeEscalation != false: containers 'a', 'c' must set \
                 securityContext.allowPrivilegeEscalation=false",
                "spec.containers[0].securityContext.allowPrivilegeEscalation = true",
                "spec.containers[2].securityContext.allowPrivilegeEscalation is missing",
            ],
        );
        check(&CHECK, 25, pod, &[]);
    }
}
