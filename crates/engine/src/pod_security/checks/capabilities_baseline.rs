//! Capabilities beyond those a container has by default, and `NET_RAW`.
//!
//! Restricted field: `securityContext.capabilities.add` of all containers. Allowed: unset, empty,
//! and the values of [`ALLOWED`], as written (no `CAP_` before them, no lower case).
//!
//! Source: `policy/check_capabilities_baseline.go`.

use std::collections::BTreeSet;

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "capabilities_baseline",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(0, v1_0)],
};

/// The default set of container runtimes: what baseline lets a container add, as written.
pub const ALLOWED: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let mut bad = Vec::new();
    let mut forbidden = BTreeSet::new();
    let mut fields = Vec::new();
    for container in &pod.containers {
        let before = fields.len();
        for (index, capability) in container.security.texts("capabilities.add").enumerate() {
            if ALLOWED.contains(&&*capability) {
                continue;
            }
            let path = container.at("securityContext.capabilities.add").index(index);
            fields.push(Offence { path, value: Some(capability.clone().into_owned()) });
            forbidden.insert(capability);
        }
        if fields.len() > before {
            bad.push(container);
        }
    }
    if bad.is_empty() {
        return None;
    }
    Some(Refusal {
        reason: "non-default capabilities",
        detail: format!(
            "{} must not include {} in securityContext.capabilities.add",
            wording::containers(&bad),
            wording::quoted(forbidden)
        ),
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn names_are_compared_as_written() {
        check(
            &CHECK,
            0,
            "spec: {containers: [{name: a, securityContext: {capabilities: {
                add: [CHOWN, NET_RAW, CAP_CHOWN, chown, null], drop: [SYS_ADMIN]}}}]}",
            &[
                "non-default capabilities: container 'a' must not include '', 'CAP_CHOWN', \
                 'NET_RAW', 'chown' in securityContext.capabilities.add",
                "spec.containers[0].securityContext.capabilities.add[1] = NET_RAW",
                "spec.containers[0].securityContext.capabilities.add[2] = CAP_CHOWN",
                "spec.containers[0].securityContext.capabilities.add[3] = chown",
                "spec.containers[0].securityContext.capabilities.add[4] = ",
            ],
        );
        check(&CHECK, 0, "spec: {containers: [{securityContext: {capabilities: {add: []}}}]}", &[]);
    }
}
