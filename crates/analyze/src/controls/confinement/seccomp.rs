//! Where seccomp profiles stand, and what they let through.

use model::{Node, Object, Path, Redactions, Value};

use crate::{Kinds, Report};

/// The kinds profiles stand in: the operator's own, and what loaders put on nodes as files.
pub(super) const KINDS: Kinds =
    Kinds::Of(&[("security-profiles-operator.x-k8s.io", "SeccompProfile"), ("", "ConfigMap")]);

/// Longest profile in a ConfigMap that is read, in bytes: longer texts are not kept.
const PROFILE_BYTES_MAX: usize = 16 << 10;

/// A seccomp profile of an object.
pub(super) struct Profile<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// Where it stands.
    pub(super) at: Path,
    /// Whether its fields are fields of the object: a text has no places inside.
    pub(super) has_fields: bool,
    /// The profile.
    pub(super) root: Node<'a>,
}

/// Calls `judge` with each profile of an object. One that cannot be read is told as unknown.
pub(super) fn each(
    object: &Object<'_>,
    report: &mut Report<'_>,
    judge: fn(&Profile<'_>, &mut Report<'_>),
) {
    if object.kind != "ConfigMap" {
        if let Some(root) = object.root.get("spec") {
            let (name, at) = (object.name, object.at("spec"));
            judge(&Profile { name, at, has_fields: true, root }, report);
        }
        return;
    }
    for (name, value) in object.root.get("data").into_iter().flat_map(Node::entries) {
        let at = object.at("data").key(name);
        let text = match value.value() {
            Value::String(text) => text,
            Value::Elided(_) if is_named(object, name) => {
                let reason = "a seccomp profile of this length is not kept: it was not judged";
                report.unknown(at, reason);
                continue;
            }
            _ => continue,
        };
        // A file for nodes is JSON (runtime-spec, config-linux.md).
        if !text.trim_start().starts_with('{') || !text.contains("\"defaultAction\"") {
            continue;
        }
        let limits = yaml::Limits { bytes: PROFILE_BYTES_MAX, ..yaml::Limits::default() };
        let stream = yaml::Stream::json(text, &limits);
        let none = Redactions::default();
        if let Some(Ok(document)) = stream.documents().next() {
            let root = Node::tree(document.root(), &none);
            judge(&Profile { name, at, has_fields: false, root }, report);
        }
    }
}

fn is_named(object: &Object<'_>, key: &str) -> bool {
    key.contains("seccomp") || object.name.contains("seccomp")
}

/// System calls that containerd's and Docker's default profile keep from a container without
/// further capabilities, and what each is good for (containerd, `contrib/seccomp/
/// seccomp_default.go`; github.com/moby/profiles, `seccomp/default_linux.go`). Not among them are
/// `chroot`, whose capability is a default one, and `ptrace` and `process_vm_*`, which they let
/// through since Linux 4.8, where tracing no longer passes a filter. Sorted.
const DANGEROUS: &[(&str, &str)] = &[
    ("acct", "switches the node's accounting"),
    ("add_key", "reaches the kernel's keyrings, which no namespace divides"),
    ("bpf", "loads programs into the kernel"),
    ("clock_settime", "sets the node's clock"),
    ("clock_settime64", "sets the node's clock"),
    ("delete_module", "unloads parts of the kernel"),
    ("fanotify_init", "watches files of the whole node"),
    ("finit_module", "loads code into the kernel"),
    ("fsconfig", "mounts file systems"),
    ("fsmount", "mounts file systems"),
    ("fsopen", "mounts file systems"),
    ("fspick", "changes mounted file systems"),
    ("init_module", "loads code into the kernel"),
    ("io_uring_enter", "acts past the filter, through rings in memory"),
    ("io_uring_register", "acts past the filter, through rings in memory"),
    ("io_uring_setup", "acts past the filter, through rings in memory"),
    ("ioperm", "reaches the node's devices"),
    ("iopl", "reaches the node's devices"),
    ("kcmp", "tells what other processes hold"),
    ("kexec_file_load", "replaces the kernel"),
    ("kexec_load", "replaces the kernel"),
    ("keyctl", "reaches the kernel's keyrings, which no namespace divides"),
    ("lookup_dcookie", "tells where things lie in the kernel"),
    ("mbind", "moves other processes' memory"),
    ("mount", "mounts file systems"),
    ("mount_setattr", "changes what mounts allow"),
    ("move_mount", "mounts file systems"),
    ("move_pages", "moves other processes' memory"),
    ("nfsservctl", "steers the kernel's file server"),
    ("open_by_handle_at", "opens files outside the container"),
    ("open_tree", "mounts file systems"),
    ("perf_event_open", "watches other processes and the kernel"),
    ("pidfd_getfd", "takes open files from other processes"),
    ("pivot_root", "changes the root of the file system"),
    ("process_madvise", "changes other processes' memory"),
    ("quotactl", "changes the node's quotas"),
    ("reboot", "stops the node"),
    ("request_key", "reaches the kernel's keyrings, which no namespace divides"),
    ("set_mempolicy", "decides where memory lies"),
    ("setdomainname", "changes the node's name where it is shared"),
    ("sethostname", "changes the node's name where it is shared"),
    ("setns", "enters other namespaces"),
    ("settimeofday", "sets the node's clock"),
    ("stime", "sets the node's clock"),
    ("swapoff", "takes the node's swap away"),
    ("swapon", "gives the node swap"),
    ("umount", "uncovers what is hidden under mounts"),
    ("umount2", "uncovers what is hidden under mounts"),
    ("unshare", "gains capabilities in a namespace of its own"),
    ("uselib", "loads libraries by a call nobody keeps up"),
    ("userfaultfd", "makes flaws of the kernel easier to use"),
    ("vhangup", "closes the terminal"),
    ("vm86", "enters a mode of the processor nobody keeps up"),
    ("vm86old", "enters a mode of the processor nobody keeps up"),
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
            let found = DANGEROUS.binary_search_by(|(call, _)| (*call).cmp(name)).ok()?;
            let (call, what) = DANGEROUS[found];
            Some((index, call, what))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::DANGEROUS;

    #[test]
    fn calls_are_sorted() {
        assert!(DANGEROUS.is_sorted_by(|(one, _), (other, _)| one < other));
    }
}
