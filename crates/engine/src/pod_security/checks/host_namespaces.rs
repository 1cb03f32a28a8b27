//! Sharing the host's network, process and IPC namespaces.
//!
//! Restricted fields: `spec.hostNetwork`, `spec.hostPID`, `spec.hostIPC`. Allowed: false, unset.
//!
//! Source: `policy/check_hostNamespaces.go`.

use crate::pod_security::defaulted::DefaultedPod;
use crate::pod_security::{Check, Level, Offence, Refusal};

pub(super) const CHECK: Check =
    Check { id: "hostNamespaces", level: Level::Baseline, overrides: &[], versions: &[(0, v1_0)] };

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad: Vec<&str> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|namespace| pod.sets(namespace))
        .collect();
    if bad.is_empty() {
        return None;
    }
    let settings: Vec<String> = bad.iter().map(|namespace| format!("{namespace}=true")).collect();
    Some(Refusal {
        reason: "host namespaces",
        detail: settings.join(", "),
        fields: bad
            .iter()
            .map(|namespace| Offence { path: pod.at(namespace), value: Some("true".to_owned()) })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn each_namespace_is_named() {
        check(
            &CHECK,
            0,
            "spec: {hostNetwork: true, hostPID: false, hostIPC: true}",
            &[
                "host namespaces: hostNetwork=true, hostIPC=true",
                "spec.hostNetwork = true",
                "spec.hostIPC = true",
            ],
        );
        check(&CHECK, 0, "spec: {hostNetwork: null, hostPID: false}", &[]);
    }
}
