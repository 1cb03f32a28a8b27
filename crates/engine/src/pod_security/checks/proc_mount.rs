//! `/proc` without the masks that container runtimes put over it.
//!
//! Restricted field: `securityContext.procMount` of all containers. Allowed: unset, `Default`;
//! since 1.35 anything in a pod with `hostUsers: false`.
//!
//! Source: `policy/check_procMount_baseline.go`.

use std::collections::BTreeSet;

use crate::pod_security::defaulted::{DefaultedContainer, DefaultedPod, text};
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "procMount",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(0, v1_0), (35, v1_35)],
};

fn v1_35(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    if pod.in_user_namespace { None } else { v1_0(pod) }
}

/// Also the restricted check of 1.35, which knows no exception.
pub(super) fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let mount = |container: &DefaultedContainer<'_>| -> Option<String> {
        let mount = text(container.security.field("procMount")?);
        (mount != "Default").then(|| mount.into_owned())
    };
    let bad = pod.containers_where(|container| mount(container).is_some());
    if bad.is_empty() {
        return None;
    }
    let forbidden: BTreeSet<String> = bad.iter().filter_map(|container| mount(container)).collect();
    Some(Refusal {
        reason: "procMount",
        detail: format!(
            "{} must not set securityContext.procMount to {}",
            wording::containers(&bad),
            wording::quoted(forbidden)
        ),
        fields: bad.iter().map(|container| container.security_offence("procMount")).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    const UNMASKED: &str =
        "spec: {hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}";
    const REFUSAL: [&str; 2] = [
        "procMount: container 'a' must not set securityContext.procMount to 'Unmasked'",
        "spec.containers[0].securityContext.procMount = Unmasked",
    ];

    #[test]
    fn a_user_namespace_makes_an_exception_since_1_35() {
        check(&CHECK, 34, UNMASKED, &REFUSAL);
        check(&CHECK, 35, UNMASKED, &[]);
        check(&CHECK, 35, &UNMASKED.replace("false", "null"), &REFUSAL);
    }

    #[test]
    fn default_is_allowed_and_empty_is_not() {
        check(&CHECK, 0, &UNMASKED.replace("Unmasked", "Default"), &[]);
        check(&CHECK, 0, &UNMASKED.replace("Unmasked", "null"), &[]);
        check(
            &CHECK,
            0,
            &UNMASKED.replace("Unmasked", "''"),
            &[
                "procMount: container 'a' must not set securityContext.procMount to ''",
                "spec.containers[0].securityContext.procMount = ",
            ],
        );
    }
}
