//! Folders of the node in a pod, and what they give away.

use std::collections::HashMap;

use model::{Node, Path, Pod, Severity, Volume};

/// A folder of the node that a pod shows.
pub(super) struct HostPath<'p> {
    volume: Volume<'p>,
    /// The folder as written.
    pub(super) path: &'p str,
    /// The first container that mounts it, if any does.
    pub(super) container: Option<&'p str>,
    /// Whether a container can write to it.
    pub(super) is_writable: bool,
}

impl<'p> HostPath<'p> {
    /// The volume's name.
    pub(super) fn name(&self) -> &'p str {
        self.volume.name()
    }

    /// Where the folder is written.
    pub(super) fn at(&self) -> Path {
        self.volume.at("hostPath.path")
    }
}

/// The folders of the node in a pod. Mounts are gone through once, whatever the number of volumes.
pub(super) fn all<'p>(pod: &'p Pod<'p>) -> Vec<HostPath<'p>> {
    let volumes = pod.volumes().filter_map(|volume| Some((volume, volume.host_path()?)));
    let volumes: Vec<_> = volumes.collect();
    if volumes.is_empty() {
        return Vec::new();
    }
    let mut mounts: HashMap<&str, (&str, bool)> = HashMap::new();
    for container in pod.containers() {
        for (_, mount) in container.volume_mounts() {
            let is_writable = mount.get("readOnly").and_then(Node::as_bool) != Some(true);
            let name = mount.str("name").unwrap_or_default();
            mounts.entry(name).or_insert((container.name(), false)).1 |= is_writable;
        }
    }
    let found = volumes.into_iter().map(|(volume, path)| {
        let mount = mounts.get(volume.name());
        HostPath {
            volume,
            path,
            container: mount.map(|(container, _)| *container),
            is_writable: mount.is_some_and(|(_, is_writable)| *is_writable),
        }
    });
    found.collect()
}

/// Whether the path is the socket of a container runtime or a folder made for it.
pub(super) fn is_runtime_socket(path: &str) -> bool {
    let path = normal(path);
    let path = path.strip_prefix("/var").filter(|rest| rest.starts_with("/run")).unwrap_or(&path);
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    RUNTIME_SOCKETS.contains(&name) || RUNTIME_FOLDERS.contains(&path)
}

/// File names of runtime sockets (their documentation), and of the named pipes on Windows.
const RUNTIME_SOCKETS: &[&str] = &[
    "docker.sock",
    "containerd.sock",
    "crio.sock",
    "podman.sock",
    "cri-dockerd.sock",
    "dockershim.sock",
    "frakti.sock",
    "rktlet.sock",
    "docker_engine",
    "containerd-containerd",
];

const RUNTIME_FOLDERS: &[&str] =
    &["/run/containerd", "/run/crio", "/run/podman", "/run/docker", "/run/k3s/containerd"];

/// How bad it is that a container can read, or write, a path of its node, and what is to be had
/// there; nothing for paths that tell little.
pub(super) fn exposure(path: &str, is_writable: bool) -> Option<(Severity, &'static str)> {
    if is_runtime_socket(path) {
        return None;
    }
    let path = normal(path);
    let place = PLACES
        .iter()
        .filter(|place| place.covers(&path))
        .max_by_key(|p| (p.path.len(), !p.below))?;
    let severity = if is_writable { place.write } else { place.read };
    Some((severity?, place.exposes))
}

/// A place on a node and what reaching it means.
struct Place {
    path: &'static str,
    /// Whether everything below is as sensitive.
    below: bool,
    read: Option<Severity>,
    write: Option<Severity>,
    exposes: &'static str,
}

impl Place {
    fn covers(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.path);
        rest.is_some_and(|rest| rest.is_empty() || (self.below && rest.starts_with('/')))
    }
}

const fn only(
    path: &'static str,
    read: Option<Severity>,
    write: Option<Severity>,
    exposes: &'static str,
) -> Place {
    Place { path, below: false, read, write, exposes }
}

const fn tree(
    path: &'static str,
    read: Option<Severity>,
    write: Option<Severity>,
    exposes: &'static str,
) -> Place {
    Place { path, below: true, read, write, exposes }
}

const MEDIUM: Option<Severity> = Some(Severity::Medium);
const HIGH: Option<Severity> = Some(Severity::High);
const CRITICAL: Option<Severity> = Some(Severity::Critical);

/// Of the places that cover a path the longest decides, of two the one without what is below.
/// Paths: Filesystem Hierarchy Standard 3.0 and the defaults of kubeadm, the kubelet and the
/// container runtimes.
const PLACES: &[Place] = &[
    only("/", HIGH, CRITICAL, "its whole file system, with all keys, tokens and programs"),
    only("/etc", HIGH, CRITICAL, "accounts, keys and what the node starts as root"),
    tree("/etc", None, HIGH, "configuration that the node trusts"),
    tree("/etc/kubernetes", HIGH, CRITICAL, "keys of the control plane and static pods"),
    tree("/etc/shadow", HIGH, CRITICAL, "passwords of the node's accounts"),
    tree("/etc/ssh", HIGH, CRITICAL, "the node's SSH keys and who may log in"),
    tree("/etc/cron.d", None, CRITICAL, "what the node starts as root"),
    tree("/etc/systemd", None, CRITICAL, "what the node starts as root"),
    tree("/root", HIGH, CRITICAL, "keys and tools of the node's administrators"),
    tree("/home", HIGH, HIGH, "keys and data of the node's users"),
    only("/var", HIGH, CRITICAL, "secrets and file systems of all pods on the node"),
    only("/var/lib", HIGH, CRITICAL, "secrets and file systems of all pods on the node"),
    only("/var/lib/kubelet", HIGH, CRITICAL, "tokens, secrets and volumes of all pods on the node"),
    tree("/var/lib/kubelet/pods", HIGH, CRITICAL, "tokens, secrets and volumes of all pods"),
    tree("/var/lib/kubelet/pki", HIGH, CRITICAL, "the node's own credentials"),
    tree("/var/lib/kubelet/kubeconfig", HIGH, CRITICAL, "the node's own credentials"),
    tree("/var/lib/docker", MEDIUM, CRITICAL, "images, file systems and logs of all containers"),
    tree("/var/lib/containerd", MEDIUM, CRITICAL, "images and file systems of all containers"),
    tree("/var/lib/containers", MEDIUM, CRITICAL, "images and file systems of all containers"),
    tree("/var/lib/rancher", HIGH, CRITICAL, "keys of the control plane and all containers"),
    tree("/var/lib/etcd", HIGH, CRITICAL, "every object of the cluster, Secrets included"),
    tree("/var/log", MEDIUM, HIGH, "logs of the node and of all its pods"),
    tree("/var/spool/cron", MEDIUM, CRITICAL, "what the node starts as root"),
    tree("/proc", MEDIUM, CRITICAL, "all processes of the node and controls of its kernel"),
    tree("/sys", MEDIUM, HIGH, "devices and controls of the node's kernel"),
    only("/dev", HIGH, CRITICAL, "all devices of the node, its disks among them"),
    tree("/dev/mem", HIGH, CRITICAL, "the node's memory"),
    tree("/dev/kmem", HIGH, CRITICAL, "the node's memory"),
    tree("/dev/disk", HIGH, CRITICAL, "the node's disks"),
    only("/run", HIGH, CRITICAL, "sockets of the container runtime and of the node's services"),
    only("/var/run", HIGH, CRITICAL, "sockets of the container runtime and the node's services"),
    tree("/run/systemd", MEDIUM, CRITICAL, "the socket of the node's service manager"),
    tree("/run/dbus", MEDIUM, HIGH, "the bus that the node's services take orders from"),
    tree("/var/run/dbus", MEDIUM, HIGH, "the bus that the node's services take orders from"),
    tree("/boot", None, CRITICAL, "the kernel that the node starts next"),
    tree("/usr", None, CRITICAL, "programs that the node runs as root"),
    tree("/bin", None, CRITICAL, "programs that the node runs as root"),
    tree("/sbin", None, CRITICAL, "programs that the node runs as root"),
    tree("/lib", None, CRITICAL, "libraries that the node's programs load"),
    tree("/lib/modules", None, HIGH, "code that the node's kernel loads"),
    tree("/lib64", None, CRITICAL, "libraries that the node's programs load"),
    tree("/opt/cni/bin", None, HIGH, "programs that the node runs as root for every pod"),
    tree("/etc/cni", None, HIGH, "which programs the node runs as root for every pod"),
    only("C:", HIGH, CRITICAL, "its whole file system, with all keys, tokens and programs"),
    tree("C:/Windows", MEDIUM, CRITICAL, "programs that the node runs as system"),
    tree("C:/k", HIGH, CRITICAL, "the node's own credentials"),
    tree("C:/var/lib/kubelet", HIGH, CRITICAL, "tokens, secrets and volumes of all pods"),
];

/// The path with one slash between its parts and without `.`, `..` and a slash at the end.
fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_container_runtimes() {
        for path in [
            "/var/run/docker.sock",
            "/run/containerd/containerd.sock",
            "//run//crio/./crio.sock",
            "/var/run/crio",
            "/run/k3s/containerd/",
            r"\\.\pipe\docker_engine",
        ] {
            assert!(is_runtime_socket(path), "{path}");
        }
        for path in ["/run", "/var/run", "/run/udev", "/var/lib/containerd", "/srv/docker.sock.d"] {
            assert!(!is_runtime_socket(path), "{path}");
        }
    }

    #[test]
    fn the_longest_place_decides() {
        let severity =
            |path, is_writable| exposure(path, is_writable).map(|(severity, _)| severity);
        assert_eq!(severity("/", true), CRITICAL);
        assert_eq!(severity("/srv/../", false), HIGH);
        assert_eq!(severity("/etc/kubernetes/pki/ca.key", false), HIGH);
        assert_eq!(severity("/etc/localtime", false), None);
        assert_eq!(severity("/etc/profile", true), HIGH);
        assert_eq!(severity("/var/lib/kubelet/plugins/x", true), None);
        assert_eq!(severity("/lib/modules", false), None);
        assert_eq!(severity("/usr/local/bin", true), CRITICAL);
        assert_eq!(severity("/varnish", true), None);
        assert_eq!(severity(r"C:\", true), CRITICAL);
        assert_eq!(severity("/run/containerd/containerd.sock", true), None);
    }
}
