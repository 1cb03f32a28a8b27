//! Places: what somebody holds.

use std::fmt;

use model::ObjectId;

/// What somebody holds: an identity to act as, a pod or node to run commands in, a right.
///
/// Pods, users, groups and service accounts are where attackers start; [`Place::ClusterAdmin`],
/// [`Place::AnyNode`], [`Place::Node`], [`Place::Secrets`] and [`Place::Cloud`] are goals. Any
/// place can be either.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Acting as this user.
    User(String),
    /// Acting as a member of this group.
    Group(String),
    /// Acting as this service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Acting as any service account of this namespace, or of any at all.
    ServiceAccounts(Option<String>),
    /// Running commands in this pod, or in the pods that this object makes.
    Pod(ObjectId),
    /// Running commands in any pod of this namespace, or of any at all.
    Pods(Option<String>),
    /// Running commands in any pod on this node.
    PodsOn(String),
    /// Making pods of one's own design in this namespace, within its Pod Security, or in each.
    NewPods(Option<String>),
    /// Being root on this node.
    Node(String),
    /// Being root on some node.
    AnyNode,
    /// Being root on whichever node one chooses.
    EveryNode,
    /// Reading all Secrets of this namespace, or of any at all.
    Secrets(Option<String>),
    /// Every right in this namespace, or in each of them.
    NamespaceAdmin(Option<String>),
    /// Every right in the cluster.
    ClusterAdmin,
    /// An identity at a cloud, as its provider writes it.
    Cloud(String),
    /// Acting as whichever user one chooses.
    AnyUser,
    /// Acting as a member of whichever group one chooses, but `system:masters`.
    AnyGroup,
    /// A right of the table: [`super::Right::id`].
    Right {
        /// The right's id.
        right: &'static str,
        /// Where it holds; the whole cluster if none.
        namespace: Option<String>,
        /// The name it is limited to.
        name: Option<String>,
    },
    /// Holding what a role grants.
    Role {
        /// The role, by its number in the authorizer.
        role: crate::rbac::RoleId,
        /// Where it is granted; in the whole cluster if none.
        namespace: Option<String>,
    },
    /// Acting as the service accounts of the pods on this node, or of all pods.
    AccountsOn(Option<String>),
    /// Seeing and answering what is sent to the Services of this namespace, or of each.
    Traffic(Option<String>),
    /// Taking whichever identity of a cloud trusts service accounts that bear this annotation.
    CloudClaim(String),
    /// Being a subject of a binding whose role is missing.
    MissingRole {
        /// Whether it is a ClusterRole.
        is_cluster_role: bool,
        /// Its name.
        name: String,
        /// Where it would be granted; in the whole cluster if none.
        namespace: Option<String>,
    },
    /// Pod Security lets privileged pods into this namespace.
    PrivilegedPods(String),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |namespace: &Option<String>| {
            namespace.as_ref().map_or_else(String::new, |name| format!(" of namespace {name}"))
        };
        let within = |namespace: &Option<String>| {
            namespace.as_ref().map_or_else(String::new, |name| format!(" in namespace {name}"))
        };
        match self {
            Self::User(name) => write!(out, "user {name}"),
            Self::Group(name) => write!(out, "group {name}"),
            Self::ServiceAccount { namespace, name } => {
                write!(out, "service account {namespace}/{name}")
            }
            Self::ServiceAccounts(namespace) => {
                write!(out, "every service account{}", of(namespace))
            }
            Self::Pod(id) => write!(out, "pod of object {}", id.0),
            Self::Pods(namespace) => write!(out, "every pod{}", of(namespace)),
            Self::PodsOn(node) => write!(out, "every pod on node {node}"),
            Self::NewPods(namespace) => write!(out, "new pods{}", within(namespace)),
            Self::Node(name) => write!(out, "root on node {name}"),
            Self::AnyNode => write!(out, "root on some node"),
            Self::EveryNode => write!(out, "root on every node"),
            Self::Secrets(namespace) => write!(out, "all Secrets{}", of(namespace)),
            Self::NamespaceAdmin(namespace) => write!(out, "every right{}", {
                let text = within(namespace);
                if text.is_empty() { " in every namespace".to_owned() } else { text }
            }),
            Self::ClusterAdmin => write!(out, "cluster-admin"),
            Self::Cloud(identity) => write!(out, "cloud identity {identity}"),
            Self::AnyUser => write!(out, "any user"),
            Self::AnyGroup => write!(out, "any group"),
            Self::Right { right, namespace, name } => {
                write!(out, "the right {right}")?;
                if let Some(name) = name {
                    write!(out, " {name}")?;
                }
                write!(out, "{}", within(namespace))
            }
            Self::Role { role, namespace } => write!(out, "role {}{}", role.0, within(namespace)),
            Self::AccountsOn(Some(node)) => {
                write!(out, "the service accounts of the pods on node {node}")
            }
            Self::AccountsOn(None) => write!(out, "the service accounts of all pods"),
            Self::Traffic(namespace) => write!(out, "traffic to Services{}", of(namespace)),
            Self::CloudClaim(key) => write!(out, "a service account with the annotation {key}"),
            Self::MissingRole { is_cluster_role, name, namespace } => {
                let kind = if *is_cluster_role { "ClusterRole" } else { "Role" };
                write!(out, "the missing {kind} {name}{}", within(namespace))
            }
            Self::PrivilegedPods(namespace) => {
                write!(out, "privileged pods let into namespace {namespace}")
            }
        }
    }
}
