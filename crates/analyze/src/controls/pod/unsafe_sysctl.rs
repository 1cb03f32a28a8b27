//! Kernel parameters that are not kept apart per pod change the node for all.

use model::{Fix, KubernetesVersion, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-022",
    name: "unsafe-sysctl",
    title: "Unsafe kernel parameter set",
    impact: Impact::Outage,
    reach: Reach::Container,
    page: include_str!("unsafe_sysctl.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    let sysctls = pod.security("sysctls");
    for (index, sysctl) in sysctls.into_iter().flat_map(model::Node::items).enumerate() {
        let Some(name) = sysctl.str("name") else { continue };
        // Both spellings reach the same parameter.
        let dotted = name.replace('/', ".");
        if is_safe(&dotted, pod.object.version) {
            continue;
        }
        let at = pod.at("securityContext.sysctls").index(index).field("name");
        let because = format!(
            "`{name}` is not known to be kept apart per pod: it may change the node for its \
             neighbours"
        );
        let fix = Fix::remove(at.clone().parent())
            .risky("the program may need the parameter")
            .worded("remove this parameter");
        report.finding(at, because, fix);
    }
}

/// Parameters that are namespaced and isolated, with the minor version of Kubernetes that added
/// them (k8s.io/pod-security-admission, `check_sysctls.go`).
const SAFE: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

fn is_safe(name: &str, version: KubernetesVersion) -> bool {
    SAFE.iter().any(|(safe, since)| *safe == name && version.minor >= *since)
}
