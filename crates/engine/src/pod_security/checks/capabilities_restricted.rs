//! Capabilities must all be dropped; only `NET_BIND_SERVICE` may be added.
//!
//! Restricted fields: `securityContext.capabilities.drop` of all containers, which must include
//! `ALL`, and `.add`. Allowed there: unset, empty, `NET_BIND_SERVICE`.
//!
//! Since 1.25 pods with `spec.os.name: windows` are left out: the API server refuses the fields
//! there.
//!
//! Source: `policy/check_capabilities_restricted.go`.

use std::collections::BTreeSet;

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "capabilities_restricted",
    level: Level::Restricted,
    overrides: &["capabilities_baseline"],
    versions: &[(22, v1_22), (25, v1_25)],
};

const MUST_DROP: &str = "ALL";
const MAY_ADD: &str = "NET_BIND_SERVICE";

fn v1_25(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    if pod.is_windows { None } else { v1_22(pod) }
}

fn v1_22(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let mut keeping = Vec::new();
    let mut adding = Vec::new();
    let mut forbidden = BTreeSet::new();
    let mut fields = Vec::new();
    for container in &pod.containers {
        let mut dropped = container.security.texts("capabilities.drop");
        if !dropped.any(|capability| capability == MUST_DROP) {
            keeping.push(container);
            fields.push(container.security_offence("capabilities.drop"));
        }
        let before = fields.len();
        for (index, capability) in container.security.texts("capabilities.add").enumerate() {
            if capability == MAY_ADD {
                continue;
            }
            let path = container.at("securityContext.capabilities.add").index(index);
            fields.push(Offence { path, value: Some(capability.clone().into_owned()) });
            forbidden.insert(capability);
        }
        if fields.len() > before {
            adding.push(container);
        }
    }
    let mut details = Vec::new();
    if !keeping.is_empty() {
        let containers = wording::containers(&keeping);
        details.push(format!(r#"{containers} must set securityContext.capabilities.drop=["ALL"]"#));
    }
    if !adding.is_empty() {
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            wording::containers(&adding),
            wording::quoted(forbidden)
        ));
    }
    if details.is_empty() {
        return None;
    }
    Some(Refusal { reason: "unrestricted capabilities", detail: details.join("; "), fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn all_must_be_dropped_and_one_may_be_added() {
        check(
            &CHECK,
            22,
            "spec: {containers: [
                {name: a},
                {name: b, securityContext: {capabilities: {drop: [KILL, ALL], add: [CHOWN]}}},
                {name: c, securityContext: {capabilities: {drop: [all]}}},
                {name: d, securityContext: {capabilities: {
                    drop: [ALL], add: [NET_BIND_SERVICE]}}}]}",
            &[
                "unrestricted capabilities: containers 'a', 'c' must set \
                 securityContext.capabilities.drop=['ALL']; container 'b' must not include \
                 'CHOWN' in securityContext.capabilities.add",
                "spec.containers[0].securityContext.capabilities.drop is missing",
                "spec.containers[1].securityContext.capabilities.add[0] = CHOWN",
                "spec.containers[2].securityContext.capabilities.drop = […]",
            ],
        );
    }

    #[test]
    fn windows_is_left_out_since_1_25() {
        let windows = "spec: {os: {name: windows}, containers: [{name: a}]}";
        check(&CHECK, 25, windows, &[]);
        check(
            &CHECK,
            24,
            windows,
            &[
                "unrestricted capabilities: container 'a' must set \
                 securityContext.capabilities.drop=['ALL']",
                "spec.containers[0].securityContext.capabilities.drop is missing",
            ],
        );
    }
}
