//! Answers: allowed with proof, denied, or not known and why.

use super::{BindingId, NodeGrant, RoleId, RoleRef};

/// The answer to one request of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Allowed, and by what.
    Allowed(Proof),
    /// Nothing allows it. [`super::Authorizer::why_not`] tells what comes closest.
    Denied(Denial),
    /// It depends on what is not known: each entry could allow it.
    Unknown(Vec<Unknown>),
}

/// What allows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The identity is in the group `system:masters`, which no authorizer is asked about.
    ///
    /// Source: `NewPrivilegedGroups` in
    /// `k8s.io/apiserver/pkg/authorization/authorizerfactory/builtin.go`.
    Masters,
    /// The identity is a node, and the Node authorizer allows it.
    Node(NodeGrant),
    /// A binding grants a role with a rule that matches.
    Grant(Grant),
}

/// A binding that names a subject, its role, and the rule that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The binding.
    pub binding: BindingId,
    /// Which of the binding's subjects it is, counted from 0.
    pub subject: u32,
    /// The role the binding refers to.
    pub role: RoleId,
    /// The role that holds the rule: another one where the bound role is aggregated.
    pub origin: RoleId,
    /// Which rule of `origin` it is, counted from 0.
    pub rule: u32,
}

/// That nothing allows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// How many bindings hold for the identity where it asks. None of them allows the request.
    pub bindings: usize,
}

/// Something that is not known and on which an answer depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Membership of this group would allow it, and the identity's groups are not all known.
    Group {
        /// The group.
        group: String,
        /// What would allow it to the group.
        grant: Grant,
    },
    /// A binding refers to a role that was not seen.
    RoleNotSeen {
        /// The binding.
        binding: BindingId,
        /// Which of its subjects the identity is.
        subject: u32,
    },
    /// A binding refers to a role, or to an aggregation of one, whose rules cannot be read.
    RoleUnreadable {
        /// The binding.
        binding: BindingId,
        /// Which of its subjects the identity is.
        subject: u32,
        /// The role that cannot be read.
        role: RoleId,
    },
    /// One of several objects with the same name allows it, another does not.
    Ambiguous(Grant),
    /// A role that somebody wants to bind was not seen.
    NamedRoleNotSeen(RoleRef),
    /// The rules of a role that somebody wants to bind cannot be read.
    NamedRoleUnreadable(RoleId),
    /// A pod that was not seen may relate the node to the object.
    NodeRelation,
    /// More of the same kinds than are listed.
    More(usize),
}
