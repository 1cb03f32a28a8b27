//! From a pod to its node and its service account.

use super::super::field;
use super::{EDGE, Edge, Gain, Need, PRACTICES};

const PSS: &str = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
const CAP: &str = "https://man7.org/linux/man-pages/man7/capabilities.7.html";

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "privileged-container",
        name: "A privileged container",
        needs: &[Need::Pod(&field::PRIVILEGED)],
        gives: Gain::NodeOfPod,
        source: PSS,
        page: "A privileged container sees the devices of its node and may mount its disks.",
        ..EDGE
    },
    Edge {
        id: "runtime-socket",
        name: "The socket of the container runtime",
        needs: &[Need::Pod(&field::SOCKET)],
        gives: Gain::NodeOfPod,
        source: PSS,
        page: "Whoever reaches the socket of the container runtime starts a privileged container \
               on the node.",
        ..EDGE
    },
    Edge {
        id: "writable-host-path",
        name: "A folder of the host that can be written",
        needs: &[Need::Pod(&field::HOST_PATH)],
        gives: Gain::NodeOfPod,
        source: PSS,
        page: "Files in such a folder are run by the node as root: jobs, logins, static pods, \
               binaries.",
        ..EDGE
    },
    Edge {
        id: "kubelet-folder",
        name: "The kubelet's folder",
        needs: &[Need::Pod(&field::KUBELET)],
        gives: Gain::PodsOnNode,
        source: PSS,
        page: "Below `/var/lib/kubelet` lie the tokens and Secrets of every pod on the node.",
        ..EDGE
    },
    Edge {
        id: "host-logs",
        name: "The host's logs",
        needs: &[Need::Pod(&field::LOGS)],
        gives: Gain::NodeOfPod,
        source: "https://www.aquasec.com/blog/kubernetes-security-pod-escape-log-mounts/",
        page: "A link from `/var/log` to elsewhere is followed by the kubelet, which reads files \
               of the node as root.",
        ..EDGE
    },
    Edge {
        id: "load-kernel-module",
        name: "The capability SYS_MODULE",
        needs: &[Need::Pod(&field::MODULES)],
        gives: Gain::NodeOfPod,
        source: CAP,
        page: "`SYS_MODULE` loads code into the node's kernel.",
        ..EDGE
    },
    Edge {
        id: "admin-capability",
        name: "The capability SYS_ADMIN",
        needs: &[Need::Pod(&field::ADMIN)],
        gives: Gain::NodeOfPod,
        source: CAP,
        page: "`SYS_ADMIN` mounts file systems; by a release agent of control groups it runs \
               commands on the node.",
        ..EDGE
    },
    Edge {
        id: "read-any-file",
        name: "The capability DAC_READ_SEARCH",
        needs: &[Need::Pod(&field::READ_SEARCH)],
        gives: Gain::NodeOfPod,
        source: CAP,
        page: "`DAC_READ_SEARCH` opens files of the node by their handles, its keys among them.",
        ..EDGE
    },
    Edge {
        id: "raw-io",
        name: "The capability SYS_RAWIO",
        needs: &[Need::Pod(&field::RAW_IO)],
        gives: Gain::NodeOfPod,
        source: CAP,
        page: "`SYS_RAWIO` reaches the node's memory and ports.",
        ..EDGE
    },
    Edge {
        id: "trace-host-process",
        name: "The host's processes and SYS_PTRACE",
        needs: &[Need::Pod(&field::TRACE)],
        gives: Gain::NodeOfPod,
        source: CAP,
        page: "With `hostPID` and `SYS_PTRACE`, code goes into a process of root on the node.",
        ..EDGE
    },
    Edge {
        id: "mounted-token",
        name: "The token in a pod",
        needs: &[Need::Token],
        gives: Gain::ServiceAccounts,
        source: PRACTICES,
        page: "Whoever runs commands in a pod reads the token of its service account.",
        ..EDGE
    },
];
