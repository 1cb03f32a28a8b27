//! What an authorizer hands out: roles, bindings, holders and permissions.

use model::ObjectId;

use super::{BindingId, Grant, Nodes, RoleId, Unknown};

/// Where a role, a binding or a service account was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// An object of the snapshot.
    Object(ObjectId),
    /// Made by every API server when it starts.
    Bootstrap,
    /// Given as a plain value; its number in the lists of [`super::Policy`].
    Value(u32),
}

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleView<'a> {
    /// Its number.
    pub id: RoleId,
    /// Its namespace; none for a ClusterRole.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// Where it was read.
    pub source: Source,
}

/// A binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindingView<'a> {
    /// Its number.
    pub id: BindingId,
    /// Its namespace; none for a ClusterRoleBinding.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// `Role` or `ClusterRole`, as written.
    pub role_kind: &'a str,
    /// The role's name.
    pub role_name: &'a str,
    /// Where it was read.
    pub source: Source,
}

/// Everybody a request is granted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoCan<'a> {
    /// Each holder once per grant, sorted.
    pub holders: Vec<(Holder<'a>, Grant)>,
    /// The nodes that may by the Node authorizer.
    pub nodes: Nodes,
    /// What may grant it to others.
    pub unknown: Vec<Unknown>,
}

/// Whom a binding names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder<'a> {
    /// All members of a group.
    Group(&'a str),
    /// A user.
    User(&'a str),
    /// A service account, also where a subject of kind User spells its name.
    ServiceAccount {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
}

/// Everything an identity holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// Whether it is in `system:masters` and so may do everything.
    pub is_master: bool,
    /// Each rule by each binding that grants it.
    pub permissions: Vec<Permission>,
    /// What may grant more.
    pub unknown: Vec<Unknown>,
}

/// A rule an identity holds: in the namespace of its binding, or everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// What grants it; [`super::Authorizer::rule`] of its `origin` and `rule` is the rule itself.
    pub grant: Grant,
}
