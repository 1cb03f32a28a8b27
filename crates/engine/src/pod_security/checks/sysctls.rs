//! Kernel parameters that are not known to stay within the pod.
//!
//! Restricted field: `spec.securityContext.sysctls[*].name`. Allowed: [`ALLOWED`], each name since
//! its minor version.
//!
//! Source: `policy/check_sysctls.go`.

use crate::pod_security::defaulted::{DefaultedPod, text};
use crate::pod_security::{Check, Level, Offence, Refusal};

pub(super) const CHECK: Check = Check {
    id: "sysctls",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(0, v1_0), (27, v1_27), (29, v1_29), (32, v1_32), (37, v1_37)],
};

/// Allowed names, with the first minor version that allows them.
const ALLOWED: &[(u32, &str)] = &[
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle"),
    (37, "net.ipv4.tcp_notsent_lowat"),
];

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, 0)
}

fn v1_27(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, 27)
}

fn v1_29(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, 29)
}

fn v1_32(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, 32)
}

fn v1_37(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, 37)
}

fn judge(pod: &DefaultedPod<'_>, minor: u32) -> Option<Refusal> {
    let is_allowed =
        |name: &str| ALLOWED.iter().any(|(since, allowed)| *since <= minor && *allowed == name);
    let mut names = Vec::new();
    let mut fields = Vec::new();
    for (index, sysctl) in pod.security.field("sysctls")?.items().enumerate() {
        let written = sysctl.get("name");
        let name = written.map(text).unwrap_or_default();
        if is_allowed(&name) {
            continue;
        }
        names.push(name);
        let path = pod.at("securityContext.sysctls").index(index).field("name");
        fields.push(Offence::new(path, written));
    }
    if names.is_empty() {
        return None;
    }
    Some(Refusal { reason: "forbidden sysctls", detail: names.join(", "), fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn names_are_allowed_from_their_version_on() {
        for (since, name) in ALLOWED {
            let pod = format!("spec: {{securityContext: {{sysctls: [{{name: {name}}}]}}}}");
            check(&CHECK, *since, &pod, &[]);
            if let Some(before) = since.checked_sub(1) {
                let refusal = format!("forbidden sysctls: {name}");
                let field = format!("spec.securityContext.sysctls[0].name = {name}");
                check(&CHECK, before, &pod, &[&refusal, &field]);
            }
        }
    }

    #[test]
    fn a_missing_name_is_refused() {
        check(
            &CHECK,
            37,
            "spec: {securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}, {}]}}",
            &[
                "forbidden sysctls: kernel.msgmax, ",
                "spec.securityContext.sysctls[0].name = kernel.msgmax",
                "spec.securityContext.sysctls[1].name is missing",
            ],
        );
    }
}
