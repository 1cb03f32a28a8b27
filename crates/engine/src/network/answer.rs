//! Answers and their proof.

use model::ObjectId;

use super::address::AddressSet;
use super::policy::Action;
use super::ports::PortSet;

/// Number of a workload in its [`super::Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkloadId(pub u32);

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A pod, or the pods of a template.
    Workload(WorkloadId),
    /// Addresses outside of the pods' own.
    Addresses(AddressSet),
}

/// What is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Ports that are certainly open.
    pub allowed: PortSet,
    /// Ports that may be open, the allowed ones not among them.
    pub unknown: PortSet,
    /// Why some are not known.
    pub reasons: Vec<Reason>,
}

/// The answer for one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Both sides let it through.
    Allowed(Explanation),
    /// One side at least does not.
    Denied(Explanation),
    /// It depends on what is not known.
    Unknown(Explanation),
}

/// What decides on both sides of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// At the source.
    pub egress: Side,
    /// At the destination.
    pub ingress: Side,
}

/// A rule of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleAt {
    /// The policy.
    pub policy: ObjectId,
    /// Its rule, counted from 0 in `ingress` or `egress` as written.
    pub rule: u32,
    /// Its peer, counted from 0; none where the rule names none.
    pub peer: Option<u32>,
    /// Its port, counted from 0; none where the rule names none.
    pub port: Option<u32>,
}

/// What decides on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// No policy holds here: everything passes.
    NotIsolated,
    /// A rule of a NetworkPolicy allows it.
    Allowed(RuleAt),
    /// These NetworkPolicies isolate, and none of them allows it.
    Denied(Vec<ObjectId>),
    /// A rule of a policy of the cluster decides it.
    Decided(RuleAt, Action),
    /// The source is on the network of the destination's own node, which is always let in.
    SameNode,
    /// A pod reaches itself, whatever policies say.
    Loopback,
    /// The ends have no family of addresses in common.
    NoFamily,
    /// This end is not a pod of the cluster: policies do not hold there.
    Outside,
    /// It depends on what is not known.
    Unknown(Vec<Reason>),
}

impl Side {
    /// Whether it lets the packet through; none where that is not known.
    pub fn is_open(&self) -> Option<bool> {
        match self {
            Self::NotIsolated
            | Self::Allowed(_)
            | Self::SameNode
            | Self::Loopback
            | Self::Outside => Some(true),
            Self::Denied(_) | Self::NoFamily => Some(false),
            Self::Decided(_, action) => Some(*action == Action::Accept),
            Self::Unknown(_) => None,
        }
    }
}

/// Why an answer is not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A policy cannot be read, or there is another version of it.
    Policy(ObjectId),
    /// A rule of a policy asks for what is not known of the peer: its address, the labels of its
    /// namespace, whether it is a node or behind a name in DNS.
    Peer(RuleAt),
    /// Whether a policy holds for the workload is not known: its namespace was not seen, or it is
    /// on the host's network.
    Subject(ObjectId),
    /// Policies of one priority disagree, and their order is not defined.
    Priority(Vec<ObjectId>),
    /// Whether the source runs on the node of the destination is not known.
    Node,
    /// Some of the addresses are let through and some are not.
    SomeAddresses,
}
