//! From nodes, and through their kubelets.

use super::{EDGE, Edge, Gain, Need, Target, cluster_on, rights};

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "nodes-proxy-get",
        name: "Run commands through the kubelet, by GET",
        needs: &[cluster_on(&rights::NODES_PROXY_GET)],
        gives: Gain::PodsOnNode,
        target: Target::Node,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
        page: "A websocket to the kubelet begins with GET, so `get` on `nodes/proxy` runs \
               commands in every pod of the node, past admission and the audit log.",
        ..EDGE
    },
    Edge {
        id: "nodes-proxy-create",
        name: "Run commands through the kubelet",
        needs: &[cluster_on(&rights::NODES_PROXY_CREATE)],
        gives: Gain::PodsOnNode,
        target: Target::Node,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
        page: "`create` on `nodes/proxy` runs commands in every pod of the node, past admission \
               and the audit log.",
        ..EDGE
    },
    Edge {
        id: "control-plane-node",
        name: "The keys on a node of the control plane",
        needs: &[Need::ControlPlane],
        gives: Gain::ClusterAdmin,
        source: "https://kubernetes.io/docs/setup/best-practices/certificates/",
        page: "On a node of the control plane lie the cluster's certificate authorities and its \
               store.",
        ..EDGE
    },
    Edge {
        id: "node-without-restriction",
        name: "A kubelet that nothing restricts",
        needs: &[Need::AnyNode, Need::NoNodeRestriction],
        gives: Gain::EveryServiceAccount,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/\
                 admission-controllers/#noderestriction",
        page: "Without the admission plugin NodeRestriction a kubelet writes pods bound to \
               itself that run as any service account, and asks for their tokens.",
        ..EDGE
    },
];
