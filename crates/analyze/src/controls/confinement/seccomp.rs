//! What a seccomp profile lets through.

use model::Node;

/// System calls that the runtimes' default profiles keep from a container without further
/// capabilities, and what each is good for (github.com/containers/common and
/// github.com/moby/profiles, seccomp default).
const DANGEROUS: &[(&str, &str)] = &[
    ("bpf", "loads programs into the kernel"),
    ("delete_module", "unloads parts of the kernel"),
    ("finit_module", "loads code into the kernel"),
    ("fsmount", "mounts file systems"),
    ("init_module", "loads code into the kernel"),
    ("kexec_file_load", "replaces the kernel"),
    ("kexec_load", "replaces the kernel"),
    ("mount", "mounts file systems"),
    ("move_mount", "mounts file systems"),
    ("open_by_handle_at", "opens files outside the container"),
    ("perf_event_open", "watches other processes and the kernel"),
    ("pivot_root", "changes the root of the file system"),
    ("process_vm_writev", "writes into other processes"),
    ("ptrace", "takes over other processes"),
    ("reboot", "stops the node"),
    ("setns", "enters other namespaces"),
    ("umount2", "uncovers what is hidden under mounts"),
    ("unshare", "gains capabilities in a namespace of its own"),
    ("userfaultfd", "makes flaws of the kernel easier to use"),
];

/// Actions under which a call is carried out.
fn allows(action: Option<&str>) -> bool {
    matches!(action, Some("SCMP_ACT_ALLOW" | "SCMP_ACT_LOG"))
}

/// Whether a profile carries out what it does not list.
pub(super) fn allows_by_default(profile: Node<'_>) -> bool {
    allows(profile.str("defaultAction"))
}

/// The first rule that lets a dangerous call through without asking for its arguments: the
/// rule's place, the call and what it is good for.
pub(super) fn dangerous_rule(profile: Node<'_>) -> Option<(usize, &'static str, &'static str)> {
    profile.list("syscalls").enumerate().find_map(|(index, rule)| {
        if !allows(rule.str("action")) || rule.list("args").next().is_some() {
            return None;
        }
        let names = rule.list("names").filter_map(Node::as_str).chain(rule.str("name"));
        names.into_iter().find_map(|name| {
            let (call, what) = DANGEROUS.iter().find(|(call, _)| *call == name)?;
            Some((index, *call, *what))
        })
    })
}
