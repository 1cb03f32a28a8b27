//! Fields of a pod that lead out of it.

use model::{Container, Node, Path, Pod, PodOs};

/// A field of a pod by which an edge starts.
#[derive(Debug)]
pub struct PodEdge {
    /// The places of the field in a pod: each alone is enough.
    pub find: fn(&Pod<'_>) -> Vec<Path>,
}

/// Folders of the host where whoever may write is root soon: by a job, a login, a static pod, a
/// binary or the kubelet's own files. The root folder is among them.
const WRITABLE: &[&str] = &[
    "/",
    "/etc",
    "/root",
    "/home",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/boot",
    "/opt",
    "/var",
    "/var/lib",
    "/var/lib/kubelet",
    "/var/spool",
    "/var/spool/cron",
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/var/run",
];

/// Sockets that start containers of any kind on the host.
const SOCKETS: &[&str] = &[
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/var/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/var/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
];

pub(super) const PRIVILEGED: PodEdge = PodEdge { find: |pod| containers(pod, privileged) };
pub(super) const HOST_PATH: PodEdge = PodEdge { find: |pod| host_paths(pod, true, is_writable) };
pub(super) const SOCKET: PodEdge = PodEdge { find: |pod| host_paths(pod, false, is_socket) };
pub(super) const KUBELET: PodEdge = PodEdge {
    find: |pod| {
        host_paths(pod, false, |path| is_or_is_below("/var/lib/kubelet", path) || contains(path))
    },
};
pub(super) const LOGS: PodEdge =
    PodEdge { find: |pod| host_paths(pod, true, |path| is_or_is_below("/var/log", path)) };
pub(super) const MODULES: PodEdge = PodEdge { find: |pod| capability(pod, &["SYS_MODULE"]) };
pub(super) const ADMIN: PodEdge = PodEdge { find: |pod| capability(pod, &["SYS_ADMIN"]) };
pub(super) const READ_SEARCH: PodEdge =
    PodEdge { find: |pod| capability(pod, &["DAC_READ_SEARCH"]) };
pub(super) const RAW_IO: PodEdge = PodEdge { find: |pod| capability(pod, &["SYS_RAWIO"]) };
pub(super) const TRACE: PodEdge = PodEdge {
    find: |pod| {
        if pod.host_pid() { capability(pod, &["SYS_PTRACE"]) } else { Vec::new() }
    },
};
pub(super) const HOST_NETWORK: PodEdge = PodEdge {
    find: |pod| if pod.host_network() { vec![pod.at("hostNetwork")] } else { Vec::new() },
};

fn containers(pod: &Pod<'_>, find: fn(&Container<'_>) -> Option<Path>) -> Vec<Path> {
    if pod.os() == PodOs::Windows {
        return Vec::new();
    }
    pod.containers().filter_map(|container| find(&container)).collect()
}

fn privileged(container: &Container<'_>) -> Option<Path> {
    container.privileged().then(|| container.at("securityContext.privileged"))
}

/// An added capability that counts on the host: not in a user namespace of the pod's own.
fn capability(pod: &Pod<'_>, wanted: &[&str]) -> Vec<Path> {
    if !pod.host_users() || pod.os() == PodOs::Windows {
        return Vec::new();
    }
    let added = pod.containers().flat_map(|container| {
        let added: Vec<Path> = container
            .added_capabilities()
            .filter(|(_, name)| *name == "ALL" || wanted.contains(name))
            .map(|(index, _)| container.at("securityContext.capabilities.add").index(index))
            .collect();
        added
    });
    added.collect()
}

/// Host folders that a container mounts, for writing if that is asked for.
fn host_paths(pod: &Pod<'_>, is_written: bool, is_wanted: fn(&str) -> bool) -> Vec<Path> {
    pod.volumes()
        .filter(|volume| volume.host_path().is_some_and(|path| is_wanted(&normal(path))))
        .filter(|volume| {
            pod.containers().any(|container| {
                container.volume_mounts().any(|(_, mount)| {
                    mount.str("name") == Some(volume.name())
                        && !(is_written && mount.bool("readOnly").unwrap_or(false))
                })
            })
        })
        .map(|volume| volume.at("hostPath"))
        .collect()
}

/// The path without repeated and trailing slashes.
fn normal(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.fold(String::new(), |path, part| path + "/" + part)
}

fn is_writable(path: &str) -> bool {
    path.is_empty() || WRITABLE.contains(&path) || is_or_is_below("/etc", path)
}

/// The socket, or a folder that holds it.
fn is_socket(path: &str) -> bool {
    SOCKETS.iter().any(|socket| is_or_is_below(path, socket))
}

fn contains(path: &str) -> bool {
    is_or_is_below(path, "/var/lib/kubelet")
}

fn is_or_is_below(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where the pod gets a token of its service account; none if it gets none. `account` is the
/// service account's own `automountServiceAccountToken`.
///
/// Source: `shouldAutomount` in `plugin/pkg/admission/serviceaccount/admission.go` of
/// `k8s.io/kubernetes`.
pub(super) fn token(pod: &Pod<'_>, account: Option<bool>) -> Vec<Path> {
    let own = pod.spec.bool("automountServiceAccountToken");
    let mut found = Vec::new();
    if own.or(account).unwrap_or(true) {
        found.push(pod.at("automountServiceAccountToken"));
    }
    for volume in pod.volumes() {
        let sources = volume.node.field("projected.sources").into_iter().flat_map(Node::items);
        for (index, source) in sources.enumerate() {
            if source.get("serviceAccountToken").is_some() {
                found.push(volume.at("projected.sources").index(index));
            }
        }
    }
    found
}
