//! A capability beyond the runtime's default set opens a part of the node's kernel.

use engine::pod_security::BASELINE_CAPABILITIES;
use model::{Fix, Pod, Severity};

use crate::controls::group;
use crate::severity::severity;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-003",
    name: "dangerous-capability-added",
    title: "Dangerous capability added",
    impact: Impact::Node,
    reach: Reach::Container,
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
    if BASELINE_CAPABILITIES.contains(&name) {
        return None;
    }
    let known = DANGERS.iter().find(|(capability, ..)| *capability == name);
    let (impact, consequence) = known.map_or(
        (Impact::Foothold, "it is not among those a container needs by default"),
        |(_, impact, consequence)| (*impact, *consequence),
    );
    Some((severity(impact, Reach::Container), consequence))
}

/// capabilities(7).
const DANGERS: &[(&str, Impact, &str)] = &[
    ("ALL", Impact::Node, "it has every right of root over the node's kernel"),
    ("SYS_ADMIN", Impact::Node, "it can mount file systems and leave the container"),
    ("SYS_MODULE", Impact::Node, "it can load code into the node's kernel"),
    ("SYS_RAWIO", Impact::Node, "it can read and write the node's memory and devices"),
    ("SYS_PTRACE", Impact::Neighbours, "it can read and change other processes"),
    ("DAC_READ_SEARCH", Impact::Neighbours, "it can open any file of the node by its handle"),
    ("BPF", Impact::Neighbours, "it can load programs into the kernel that watch the whole node"),
    ("PERFMON", Impact::Neighbours, "it can watch the kernel and every process of the node"),
    ("SYS_BOOT", Impact::Neighbours, "it can restart the node or boot another kernel"),
    ("MAC_ADMIN", Impact::Neighbours, "it can change the node's mandatory access control"),
    ("MAC_OVERRIDE", Impact::Neighbours, "mandatory access control does not bind it"),
    ("CHECKPOINT_RESTORE", Impact::Neighbours, "it can read and restore other processes"),
    ("NET_ADMIN", Impact::Foothold, "it can redirect traffic and change firewall rules"),
    ("NET_RAW", Impact::Foothold, "it can forge packets and impersonate its neighbours"),
    ("SYS_TIME", Impact::Foothold, "it can set the node's clock, and with it expiry of tokens"),
    ("SYSLOG", Impact::Foothold, "it can read kernel addresses that exploits need"),
    ("AUDIT_CONTROL", Impact::Foothold, "it can switch off the node's audit log"),
    ("AUDIT_READ", Impact::Foothold, "it can read the node's audit log"),
    ("SYS_RESOURCE", Impact::Foothold, "limits on memory, files and quota do not bind it"),
    ("SYS_TTY_CONFIG", Impact::Foothold, "it can take over the node's terminals"),
    ("IPC_OWNER", Impact::Foothold, "permissions of shared memory do not bind it"),
    ("LINUX_IMMUTABLE", Impact::Foothold, "it can protect its files from being removed"),
    ("IPC_LOCK", Impact::Availability, "it can lock more memory than its share"),
    ("SYS_NICE", Impact::Availability, "it can slow down its neighbours"),
    ("SYS_PACCT", Impact::Availability, "it can switch process accounting"),
    ("LEASE", Impact::Availability, "it can hold up access to files of others"),
    ("NET_BROADCAST", Impact::Availability, "it can send to everybody on its network"),
    ("WAKE_ALARM", Impact::Availability, "it can wake the node from sleep"),
    ("BLOCK_SUSPEND", Impact::Availability, "it can keep the node from sleep"),
];
