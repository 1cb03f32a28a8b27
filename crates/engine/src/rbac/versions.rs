//! Requests whose checks depend on the version: connections to pods, and the kubelet's own API.

use model::KubernetesVersion;

/// Since when a connection over a websocket needs `create` as well: the feature gate
/// `AuthorizePodWebsocketUpgradeCreatePermission`, beta and on in 1.35.
///
/// Source: `pkg/features/kube_features.go` of `k8s.io/kubernetes`, as for the next one.
pub const WEBSOCKET_CREATE_SINCE: KubernetesVersion = KubernetesVersion::minor(35);
/// Since when the kubelet asks for finer subresources of nodes first: the feature gate
/// `KubeletFineGrainedAuthz`, beta and on in 1.33, locked on in 1.36.
pub const FINE_GRAINED_KUBELET_SINCE: KubernetesVersion = KubernetesVersion::minor(33);

/// How a client connects to a subresource of a pod: `exec`, `attach` or `portforward`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// SPDY, begun with POST.
    Spdy,
    /// A websocket, begun with GET.
    WebSocket,
}

/// The verbs a client needs, all of them, to connect to `pods/exec`, `pods/attach` or
/// `pods/portforward`. Until 1.34 a websocket needed no more than `get`: whoever may read could
/// run commands.
///
/// Source: `Connect` and `ensureAuthorizedForVerb` in
/// `pkg/registry/core/pod/rest/subresources.go` of `k8s.io/kubernetes`.
pub fn connect_verbs(transport: Transport, version: KubernetesVersion) -> &'static [&'static str] {
    match transport {
        Transport::Spdy => &["create"],
        Transport::WebSocket if version < WEBSOCKET_CREATE_SINCE => &["get"],
        Transport::WebSocket => &["get", "create"],
    }
}

/// The subresources of `nodes` any one of which lets a client use this path of a kubelet. The verb
/// is that of the HTTP method: `get` for GET, `create` for POST, `update` for PUT, `patch` for
/// PATCH, `delete` for DELETE, none for any other.
///
/// `proxy` stands for everything else, running commands in every pod of the node among it; a
/// websocket begins with GET, so `get` on `nodes/proxy` is enough for that.
///
/// Source: `GetRequestAttributes` in `pkg/kubelet/server/auth.go` of `k8s.io/kubernetes`.
pub fn kubelet_subresources(path: &str, version: KubernetesVersion) -> &'static [&'static str] {
    let is_below = |root: &&str| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let fine = (version >= FINE_GRAINED_KUBELET_SINCE).then_some(FINE_GRAINED).into_iter();
    let rows = fine.chain([COARSE]).flatten();
    let row = rows.into_iter().find(|(root, _)| is_below(root));
    row.map_or(&["proxy"], |(_, subresources)| subresources)
}

/// Paths of a kubelet and the subresources that stand for them.
type Paths = &'static [(&'static str, &'static [&'static str])];

const FINE_GRAINED: Paths = &[
    ("/allocatedPods", &["pods", "proxy"]),
    ("/pods", &["pods", "proxy"]),
    ("/healthz", &["healthz", "proxy"]),
    ("/configz", &["configz", "proxy"]),
    ("/runningpods", &["pods", "proxy"]),
];

const COARSE: Paths = &[
    ("/stats", &["stats"]),
    ("/metrics", &["metrics"]),
    ("/logs", &["log"]),
    ("/checkpoint", &["checkpoint"]),
    ("/statusz", &["statusz"]),
    ("/flagz", &["configz"]),
];
