//! A capability beyond the runtime's default set opens a part of the node's kernel.

use model::{Fix, Pod, Severity};

use crate::controls::group;
use crate::{Check, Control, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-003",
    name: "dangerous-capability-added",
    title: "Dangerous capability added",
    severity: Severity::High,
    page: include_str!("dangerous_capability_added.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    for container in pod.containers().filter(|container| !container.privileged()) {
        for (index, written) in container.added_capabilities() {
            let name = written.to_ascii_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            let Some((severity, consequence)) = danger(name) else { continue };
            let at = container.at("securityContext.capabilities.add").index(index);
            let because = format!("container `{}` has {written}: {consequence}", container.name());
            // In a user namespace of its own the capability ends at the pod's border.
            let severity = if pod.host_users() { severity } else { Severity::Low };
            report.finding_of(
                severity,
                at.clone(),
                because,
                Fix::remove(at).risky("the program may need the capability"),
            );
        }
    }
}

/// What a capability is good for in the wrong hands; nothing for those that runtimes give by
/// default.
fn danger(name: &str) -> Option<(Severity, &'static str)> {
    if DEFAULT.contains(&name) {
        return None;
    }
    let known = DANGERS.iter().find(|(capability, ..)| *capability == name);
    Some(known.map_or(
        (Severity::Medium, "it is not among those a container needs by default"),
        |(_, severity, consequence)| (*severity, *consequence),
    ))
}

/// The default set of container runtimes: what Pod Security baseline lets a container add
/// (k8s.io/pod-security-admission, `check_capabilities_baseline.go`).
const DEFAULT: &[&str] = &[
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

/// capabilities(7).
const DANGERS: &[(&str, Severity, &str)] = &[
    ("ALL", Severity::High, "it has every right of root over the node's kernel"),
    ("SYS_ADMIN", Severity::High, "it can mount file systems and leave the container"),
    ("SYS_MODULE", Severity::High, "it can load code into the node's kernel"),
    ("SYS_RAWIO", Severity::High, "it can read and write the node's memory and devices"),
    ("SYS_PTRACE", Severity::High, "it can read and change other processes"),
    ("DAC_READ_SEARCH", Severity::High, "it can open any file of the node by its handle"),
    ("BPF", Severity::High, "it can load programs into the kernel that watch the whole node"),
    ("PERFMON", Severity::High, "it can watch the kernel and every process of the node"),
    ("SYS_BOOT", Severity::High, "it can restart the node or boot another kernel"),
    ("MAC_ADMIN", Severity::High, "it can change the node's mandatory access control"),
    ("MAC_OVERRIDE", Severity::High, "mandatory access control does not bind it"),
    ("CHECKPOINT_RESTORE", Severity::High, "it can read and restore other processes"),
    ("NET_ADMIN", Severity::Medium, "it can redirect traffic and change firewall rules"),
    ("NET_RAW", Severity::Medium, "it can forge packets and impersonate its neighbours"),
    ("SYS_TIME", Severity::Medium, "it can set the node's clock, and with it expiry of tokens"),
    ("SYSLOG", Severity::Medium, "it can read kernel addresses that exploits need"),
    ("AUDIT_CONTROL", Severity::Medium, "it can switch off the node's audit log"),
    ("AUDIT_READ", Severity::Medium, "it can read the node's audit log"),
    ("SYS_RESOURCE", Severity::Medium, "limits on memory, files and quota do not bind it"),
    ("SYS_TTY_CONFIG", Severity::Medium, "it can take over the node's terminals"),
    ("IPC_OWNER", Severity::Medium, "permissions of shared memory do not bind it"),
    ("LINUX_IMMUTABLE", Severity::Medium, "it can protect its files from being removed"),
    ("IPC_LOCK", Severity::Low, "it can lock more memory than its share"),
    ("SYS_NICE", Severity::Low, "it can slow down its neighbours"),
    ("SYS_PACCT", Severity::Low, "it can switch process accounting"),
    ("LEASE", Severity::Low, "it can hold up access to files of others"),
    ("NET_BROADCAST", Severity::Low, "it can send to everybody on its network"),
    ("WAKE_ALARM", Severity::Low, "it can wake the node from sleep"),
    ("BLOCK_SUSPEND", Severity::Low, "it can keep the node from sleep"),
];
