//! What an edge is: what it needs, what it gives, and since when.

use model::KubernetesVersion;

use super::field::PodEdge;

/// A way to get from some places to another.
#[derive(Debug)]
pub struct Edge {
    /// Its name in answers, exceptions and pages: lower case with dashes.
    pub id: &'static str,
    /// A few words that stand alone.
    pub name: &'static str,
    /// What it needs: all of it.
    pub needs: &'static [Need],
    /// What it gives.
    pub gives: Gain,
    /// What a name is that its rights may be limited to.
    pub target: Target,
    /// The first version it works in.
    pub since: Option<KubernetesVersion>,
    /// The first version it no longer works in.
    pub until: Option<KubernetesVersion>,
    /// Where it is described.
    pub source: &'static str,
    /// What it is, for people.
    pub page: &'static str,
}

impl Edge {
    /// Whether it works in this version.
    pub fn holds_in(&self, version: KubernetesVersion) -> bool {
        self.since.is_none_or(|since| version >= since)
            && self.until.is_none_or(|until| version < until)
    }
}

/// One thing an edge needs.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// A right by RBAC.
    Right(&'static Right, Within, Name),
    /// Making pods in the namespace.
    NewPods,
    /// Pod Security that lets privileged pods into the namespace.
    PrivilegedPods,
    /// Being root on some node.
    AnyNode,
    /// Reading the Secrets of the namespace.
    Secrets,
    /// Holding the role that is named.
    HeldRole,
    /// That the user, group or service account which the rights are for may itself do what they
    /// allow in its name.
    ImpersonatedMay,
    /// A pod with a token, on a known node, whose own service account has the rights.
    OwnNode,
    /// Being a subject of a binding whose role is missing.
    MissingRole,
    /// Pods that run as this service account, the operator's own. It serves the namespace it runs
    /// in, or all of them.
    Operator(&'static str, Serves),
    /// A pod with such a field.
    Pod(&'static PodEdge),
    /// A service account whose annotation names a cloud identity.
    Annotation(&'static str),
    /// That the admission plugin `NodeRestriction` is off.
    NoNodeRestriction,
    /// A node of the control plane.
    ControlPlane,
    /// A node of a cloud provider, with its `spec.providerID`.
    CloudNode,
    /// Running commands in a pod that has a token of its service account.
    Token,
    /// An object of this kind (group, kind, namespace, name) is there.
    Object(&'static str, &'static str, &'static str, &'static str),
}

/// Whose objects an operator looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Those of its own namespace.
    OwnNamespace,
    /// Those of every namespace.
    EveryNamespace,
}

/// Where a right has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// In the namespace the edge is about.
    Namespace,
    /// In the whole cluster.
    Cluster,
    /// In this namespace.
    Fixed(&'static str),
    /// In the namespace of the service account that is impersonated.
    Account,
}

/// For which names a right has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// For all: a rule limited to names does not do.
    All,
    /// For the object the edge is about: all names, or this one.
    Target,
    /// For this name.
    Fixed(&'static str),
    /// For this signer of certificates, or for all of its domain: `example.com/*`.
    ///
    /// Source: `IsAuthorizedForSignerName` in `pkg/.../certificates/util.go` of
    /// `k8s.io/kubernetes/plugin`.
    Signer(&'static str),
    /// For any name whatever.
    Some,
    /// For the namespace the edge is about.
    Namespace,
}

/// A right an edge needs: one of some verbs on one of some resources.
#[derive(Debug)]
pub struct Right {
    /// Its name: lower case with dashes.
    pub id: &'static str,
    /// Any one of these is enough.
    pub any_of: &'static [Atom],
}

/// A verb on a resource: `create` on `deployments.apps/scale`.
pub type Atom = (&'static str, &'static str);

/// What the name is that an edge's rights may be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Nothing: names do not matter.
    Nothing,
    /// A service account.
    ServiceAccount,
    /// A Pod.
    Pod,
    /// An object that makes pods, of this kind.
    Workload(&'static str),
    /// A Secret with the token of a service account.
    TokenSecret,
    /// A node.
    Node,
    /// A user.
    User,
    /// A group.
    Group,
    /// A ClusterRole, bound by a RoleBinding of the namespace.
    ClusterRole,
    /// A Role of the namespace.
    Role,
    /// A ClusterRole, bound in the whole cluster.
    ClusterRoleEverywhere,
}

/// What an edge gives. Where the rights hold for all names it gives the whole, where they are
/// limited to a name it gives that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gain {
    /// Every right in the cluster.
    ClusterAdmin,
    /// Every right in the namespace.
    NamespaceAdmin,
    /// Acting as the service account, or as all of the namespace.
    ServiceAccounts,
    /// Acting as every service account of the cluster.
    EveryServiceAccount,
    /// Commands in the pod, or in all of the namespace.
    Pods,
    /// Commands in every pod of the cluster.
    EveryPod,
    /// Commands in the pods on the node, or in all pods.
    PodsOnNode,
    /// Making pods in the namespace.
    NewPods,
    /// Root on every node.
    EveryNode,
    /// Root on the pod's node.
    NodeOfPod,
    /// The Secrets of the namespace.
    Secrets,
    /// Acting as the user, or as any.
    Users,
    /// Acting as a member of the group, or of any.
    Groups,
    /// Acting as any user and as a member of any group but `system:masters`.
    AnyIdentity,
    /// What the role grants, or everything if any role can be chosen.
    Role,
    /// Every right where the role is held.
    EverythingWhereHeld,
    /// The cloud identity that the pod, the node or the service account has.
    Cloud,
    /// Whichever identity of a cloud trusts service accounts that bear this annotation.
    CloudClaim(&'static str),
    /// Acting as the service accounts of the pods on the node, or of all pods.
    AccountsOnNode,
    /// Acting as the kubelet of any node.
    Kubelet,
    /// Acting as a member of the groups of those who join nodes.
    Bootstrappers,
    /// Acting as the operator's service account.
    Operator,
    /// Acting as the controllers of the control plane.
    Controllers,
    /// Seeing and answering what is sent to the Services of the namespace.
    Traffic,
    /// The same for every namespace.
    EveryTraffic,
}
