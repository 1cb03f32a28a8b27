//! The Node authorizer: what a kubelet may do, by what runs on its node.
//!
//! It stands beside RBAC in the API server's chain (`--authorization-mode=Node,RBAC`): what it does
//! not allow, RBAC still may. What it lets every node do to nodes and pods is narrowed to the
//! node's own by the admission plugin `NodeRestriction`; without that plugin
//! [`NodeGrant::ByAdmission`] is a way from one node to all of them.
//!
//! Source: `plugin/pkg/auth/authorizer/node/node_authorizer.go` of `k8s.io/kubernetes`.

mod graph;
mod references;

use model::{KubernetesVersion, Snapshot, WorldId};

use super::index::{Resolved, Rule, RuleSets};
use super::symbol::Symbols;
use super::{Identity, Policy, Request, ResourceRequest, Rules};
use graph::{Graph, Kind};

/// Since when nodes read only their own Node object and the pods on them: the feature gate
/// `AuthorizeNodeWithSelectors`, beta in 1.32 and locked on in 1.34.
///
/// Source: `k8s.io/apiserver/pkg/features/kube_features.go`.
const SELECTORS_SINCE: KubernetesVersion = KubernetesVersion::minor(32);
/// Since when nodes read the ServiceAccounts of their pods: the feature gate
/// `KubeletServiceAccountTokenForCredentialProviders`.
///
/// Source: `pkg/features/kube_features.go`, as for the next one.
const ACCOUNTS_SINCE: KubernetesVersion = KubernetesVersion::minor(34);
/// Since when `PodCertificateRequest` is on without being told to.
const POD_CERTIFICATES_SINCE: KubernetesVersion = KubernetesVersion::minor(37);

/// The namespace of the leases by which nodes say that they live.
const NODE_LEASES: &str = "kube-node-lease";

/// The Node authorizer over what a world holds.
#[derive(Debug)]
pub struct NodeAuthorizer {
    graph: Graph,
    version: KubernetesVersion,
    symbols: Symbols,
    /// The one set of rules that every node has, those of the ClusterRole `system:node`.
    rules: RuleSets,
}

/// Why a node may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeGrant {
    /// Every node may: the number of the rule in the bootstrap ClusterRole `system:node`.
    Rule(u32),
    /// It is the node's own object.
    Own,
    /// A pod on the node refers to the object, itself or through its volumes; or the object is of
    /// the node.
    Related,
    /// It selects only what is on the node.
    Selected,
    /// Every node may ask; the admission plugin `NodeRestriction` lets it have only its own.
    ByAdmission,
}

/// What the Node authorizer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeAnswer {
    /// Allowed.
    Allowed(NodeGrant),
    /// No opinion: the identity is no node, or nothing allows it.
    NoOpinion(NodeReason),
}

/// Why the Node authorizer has no opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeReason {
    /// The identity is no node.
    NoNode,
    /// No rule of nodes allows this kind of request.
    NoRule,
    /// Nothing on the node refers to the object.
    NotRelated,
    /// It asks for more than is on the node.
    NotSelected,
}

/// Which nodes may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nodes {
    /// Every node.
    All(NodeGrant),
    /// These; empty for none.
    Some(Vec<(String, NodeGrant)>),
}

use NodeAnswer::Allowed;
use NodeReason::{NoRule, NotRelated, NotSelected};

impl NodeAuthorizer {
    /// From the pods, volumes and further objects of a world.
    pub fn of(snapshot: &Snapshot, world: WorldId) -> Self {
        let mut symbols = Symbols::new();
        let mut rules = RuleSets::default();
        rules.insert(node_rules(&mut symbols));
        Self {
            graph: Graph::of(snapshot, world),
            version: snapshot.version_of(world),
            symbols,
            rules,
        }
    }

    /// Whether the identity is a node and may do this as one.
    pub fn can(&self, identity: &Identity, request: &Request<'_>) -> NodeAnswer {
        match identity.as_node() {
            None | Some("") => NodeAnswer::NoOpinion(NodeReason::NoNode),
            Some(node) => self.authorize(node, request),
        }
    }

    /// Which nodes may do this.
    pub fn who_can(&self, request: &Request<'_>) -> Nodes {
        // No node has such a name: what it may do, every node may.
        if let Allowed(grant) = self.authorize("\u{0}", request) {
            return Nodes::All(grant);
        }
        let Request::Resource(resource) = request else { return Nodes::Some(Vec::new()) };
        let mut nodes = match kind_of(resource) {
            Some(kind) => self.graph.nodes_of(kind, resource.namespace, resource.name),
            None => Vec::new(),
        };
        nodes.push(resource.name);
        nodes.extend(resource.fields.iter().map(|field| field.value));
        nodes.sort_unstable();
        nodes.dedup();
        let allowed =
            nodes.into_iter().filter(|node| !node.is_empty()).filter_map(|node| {
                match self.authorize(node, request) {
                    Allowed(grant) => Some((node.to_owned(), grant)),
                    NodeAnswer::NoOpinion(_) => None,
                }
            });
        Nodes::Some(allowed.collect())
    }

    /// Bytes it takes, estimated from its parts.
    pub fn bytes(&self) -> usize {
        self.graph.bytes() + self.symbols.bytes() + self.rules.bytes()
    }

    /// Source: `Authorize`.
    fn authorize(&self, node: &str, request: &Request<'_>) -> NodeAnswer {
        let Request::Resource(resource) = request else { return self.by_rules(request) };
        match (resource.api_group, resource.resource) {
            ("", "secrets") => self.read(node, Kind::Secret, resource),
            ("", "configmaps") => self.read(node, Kind::ConfigMap, resource),
            ("", "persistentvolumeclaims") if resource.subresource == "status" => {
                match resource.verb {
                    "update" | "patch" => self.related(node, Kind::VolumeClaim, resource),
                    _ => NodeAnswer::NoOpinion(NoRule),
                }
            }
            ("", "persistentvolumeclaims") => self.get(node, Kind::VolumeClaim, resource),
            ("", "persistentvolumes") => self.get(node, Kind::Volume, resource),
            ("resource.k8s.io", "resourceclaims") => self.get(node, Kind::ResourceClaim, resource),
            ("storage.k8s.io", "volumeattachments") => {
                self.get(node, Kind::VolumeAttachment, resource)
            }
            ("", "serviceaccounts") => self.service_account(node, resource),
            ("coordination.k8s.io", "leases") => lease(node, resource),
            ("storage.k8s.io", "csinodes") => csi_node(node, resource),
            ("resource.k8s.io", "resourceslices") => self.resource_slice(node, resource),
            ("", "nodes") if self.version >= SELECTORS_SINCE => own_node(node, resource),
            ("", "pods") if self.version >= SELECTORS_SINCE => self.pod(node, resource),
            ("certificates.k8s.io", "podcertificaterequests") => {
                if self.version < POD_CERTIFICATES_SINCE {
                    return NodeAnswer::NoOpinion(NoRule);
                }
                self.pod_certificate_request(node, resource)
            }
            _ => self.by_rules(request),
        }
    }

    /// What every node may do.
    fn by_rules(&self, request: &Request<'_>) -> NodeAnswer {
        let resolved = Resolved::new(request, &self.symbols);
        let rule = self.rules.sets.first().and_then(|set| set.find(&resolved, &self.symbols));
        rule.map_or(NodeAnswer::NoOpinion(NoRule), |rule| Allowed(NodeGrant::Rule(rule)))
    }

    /// Source: `authorize` and `hasPathFrom`.
    fn related(&self, node: &str, kind: Kind, request: &ResourceRequest<'_>) -> NodeAnswer {
        if !request.name.is_empty()
            && self.graph.is_related(node, kind, request.namespace, request.name)
        {
            return Allowed(NodeGrant::Related);
        }
        NodeAnswer::NoOpinion(NotRelated)
    }

    /// Source: `authorizeReadNamespacedObject`.
    fn read(&self, node: &str, kind: Kind, request: &ResourceRequest<'_>) -> NodeAnswer {
        let is_read = matches!(request.verb, "get" | "list" | "watch");
        if !is_read || !request.subresource.is_empty() || request.namespace.is_empty() {
            return NodeAnswer::NoOpinion(NoRule);
        }
        self.related(node, kind, request)
    }

    /// Source: `authorizeGet`.
    fn get(&self, node: &str, kind: Kind, request: &ResourceRequest<'_>) -> NodeAnswer {
        if request.verb != "get" || !request.subresource.is_empty() {
            return NodeAnswer::NoOpinion(NoRule);
        }
        self.related(node, kind, request)
    }

    /// Source: `authorizeServiceAccount` and `authorizeCreateToken`.
    fn service_account(&self, node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
        match (request.verb, request.subresource) {
            ("get", "") if self.version >= ACCOUNTS_SINCE => {
                self.read(node, Kind::ServiceAccount, request)
            }
            ("create", "token") => self.related(node, Kind::ServiceAccount, request),
            _ => NodeAnswer::NoOpinion(NoRule),
        }
    }

    /// Source: `authorizeResourceSlice`.
    fn resource_slice(&self, node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
        match (request.subresource, request.verb) {
            ("", "create") => Allowed(NodeGrant::ByAdmission),
            ("", "get" | "update" | "patch" | "delete") => {
                self.related(node, Kind::ResourceSlice, request)
            }
            ("", "watch" | "list" | "deletecollection") => {
                if self.version < SELECTORS_SINCE {
                    return Allowed(NodeGrant::ByAdmission);
                }
                selected(request, "spec.nodeName", node)
            }
            _ => NodeAnswer::NoOpinion(NoRule),
        }
    }

    /// Source: `authorizePodCertificateRequest`.
    fn pod_certificate_request(&self, node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
        match (request.subresource, request.verb) {
            ("", "create") => Allowed(NodeGrant::ByAdmission),
            ("", "get") => self.related(node, Kind::PodCertificateRequest, request),
            ("", "list" | "watch") => selected(request, "spec.nodeName", node),
            _ => NodeAnswer::NoOpinion(NoRule),
        }
    }

    /// Source: `authorizePod`.
    fn pod(&self, node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
        match (request.subresource, request.verb) {
            ("", "get") => self.related(node, Kind::Pod, request),
            ("", "list" | "watch") => match selected(request, "spec.nodeName", node) {
                NodeAnswer::NoOpinion(_) if !request.name.is_empty() => {
                    self.related(node, Kind::Pod, request)
                }
                answer => answer,
            },
            ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => {
                Allowed(NodeGrant::ByAdmission)
            }
            _ => NodeAnswer::NoOpinion(NoRule),
        }
    }
}

fn selected(request: &ResourceRequest<'_>, field: &str, node: &str) -> NodeAnswer {
    if request.fields.iter().any(|it| it.field == field && it.value == node) {
        return Allowed(NodeGrant::Selected);
    }
    NodeAnswer::NoOpinion(NotSelected)
}

/// Source: `authorizeLease`.
fn lease(node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
    let is_verb = matches!(request.verb, "get" | "create" | "update" | "patch" | "delete");
    if !is_verb || request.namespace != NODE_LEASES {
        return NodeAnswer::NoOpinion(NoRule);
    }
    own_unless_created(node, request)
}

/// Source: `authorizeCSINode`, with the feature gate `CSIVolumeHealth` off as it is by default.
fn csi_node(node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
    let is_verb = matches!(request.verb, "get" | "create" | "update" | "patch" | "delete");
    if !is_verb || !request.subresource.is_empty() {
        return NodeAnswer::NoOpinion(NoRule);
    }
    own_unless_created(node, request)
}

/// The name of what is created is not known yet; admission looks at it.
fn own_unless_created(node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
    match request.verb {
        "create" => Allowed(NodeGrant::ByAdmission),
        _ if request.name == node => Allowed(NodeGrant::Own),
        _ => NodeAnswer::NoOpinion(NotRelated),
    }
}

/// Source: `authorizeNode`.
fn own_node(node: &str, request: &ResourceRequest<'_>) -> NodeAnswer {
    match (request.subresource, request.verb) {
        ("", "create" | "update" | "patch") | ("status", "update" | "patch") => {
            Allowed(NodeGrant::ByAdmission)
        }
        ("", "get" | "list" | "watch") if request.name == node => Allowed(NodeGrant::Own),
        ("", "get" | "list" | "watch") => NodeAnswer::NoOpinion(NotSelected),
        _ => NodeAnswer::NoOpinion(NoRule),
    }
}

fn kind_of(request: &ResourceRequest<'_>) -> Option<Kind> {
    Some(match (request.api_group, request.resource) {
        ("", "secrets") => Kind::Secret,
        ("", "configmaps") => Kind::ConfigMap,
        ("", "persistentvolumeclaims") => Kind::VolumeClaim,
        ("", "persistentvolumes") => Kind::Volume,
        ("", "pods") => Kind::Pod,
        ("", "serviceaccounts") => Kind::ServiceAccount,
        ("resource.k8s.io", "resourceclaims") => Kind::ResourceClaim,
        ("resource.k8s.io", "resourceslices") => Kind::ResourceSlice,
        ("storage.k8s.io", "volumeattachments") => Kind::VolumeAttachment,
        ("certificates.k8s.io", "podcertificaterequests") => Kind::PodCertificateRequest,
        _ => return None,
    })
}

/// The rules of the bootstrap ClusterRole `system:node`, which are those of the Node authorizer.
///
/// Source: `NodeRules` in `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`.
fn node_rules(symbols: &mut Symbols) -> Vec<Rule> {
    let bootstrap = Policy::bootstrap();
    let role = bootstrap.roles.into_iter().find(|role| role.name == "system:node");
    let Some(Rules::Known(rules)) = role.map(|role| role.rules) else { return Vec::new() };
    rules.iter().map(|rule| Rule::new(rule, symbols)).collect()
}
