//! Kernel parameters that are not known to stay within the pod.
//!
//! Restricted field: `spec.securityContext.sysctls[*].name`. Allowed: [`ALLOWED`], each name since
//! its minor version.
//!
//! Source: `policy/check_sysctls.go`.

use std::borrow::Cow;

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
    let sysctls = pod.security.field("sysctls")?;
    let forbidden: Vec<(usize, Cow<'_, str>)> = sysctls
        .items()
        .map(|sysctl| sysctl.get("name").map(text).unwrap_or_default())
        .enumerate()
        .filter(|(_, name)| !is_allowed(name))
        .collect();
    if forbidden.is_empty() {
        return None;
    }
    let names: Vec<&str> = forbidden.iter().map(|(_, name)| &**name).collect();
    Some(Refusal {
        reason: "forbidden sysctls",
        detail: names.join(", "),
        fields: forbidden
            .iter()
            .map(|(index, name)| Offence {
                path: pod.at("securityContext.sysctls").index(*index).field("name"),
                value: Some(name.clone().into_owned()),
            })
            .collect(),
    })
}
