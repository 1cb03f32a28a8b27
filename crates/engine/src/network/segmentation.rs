//! Network policies from connections that were seen: the smallest that let them through.
//!
//! [`Units`] are workloads with all their pods, told apart by labels that stay when pods come and
//! go. [`Directory`] finds the workloads behind a flow log's names and addresses, [`Observed`]
//! holds what was seen between them, [`synthesize`] writes one policy for each workload, and
//! [`prove`] asks a network that holds them about every connection. [`Cells`] counts how much
//! more than that they let through.
//!
//! Nothing hangs on what pods are called, on their addresses or hashes, or on the order of the
//! log: the same connections after all pods were made anew give the same policies.

mod cells;
mod directory;
mod dns;
mod learned;
mod observed;
mod proof;
mod selector;
mod services;
mod synthesis;
mod units;

use model::flow::Flow;

pub use cells::{Cells, Tightness};
pub use directory::{Directory, Party};
pub use dns::Dns;
pub use learned::{LearnedPeer, LearnedPolicy, LearnedRule, Scope};
pub use observed::{Observed, Question};
pub use proof::{Existing, Proof, Refused, prove};
pub use selector::Choice;
pub use synthesis::{Segmentation, synthesize};
pub use units::{Unit, UnitId, Units};

use super::address::AddressSet;

/// How policies are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// A whole namespace is allowed where at least so many of its workloads were seen, in percent
    /// from 1 to 100; none allows workloads alone.
    pub lift_percent: Option<u8>,
    /// Addresses outside are allowed as prefixes of this length, of IPv4 and of IPv6, as far as
    /// these hold nothing that is guarded: 32 and 128 for the addresses alone.
    pub prefixes: [u8; 2],
    /// What no lifted prefix may hold, beside what belongs to the cluster: addresses that hand
    /// out credentials.
    pub guarded: AddressSet,
}

impl Default for Knobs {
    /// What was seen and nothing else.
    fn default() -> Self {
        Self { lift_percent: None, prefixes: [32, 128], guarded: AddressSet::empty() }
    }
}

/// Why nothing was written for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An end is named that is not in the input.
    NotInInput,
    /// An end has the name of several workloads.
    Ambiguous,
    /// An address of those that pods get, which no pod of the input has: a pod that is gone.
    FormerPod,
    /// It comes from a node that is not known to be the pod's own: no selector finds nodes.
    FromNode,
    /// It goes to a node, or to a pod on its network, whose address is not known or which the
    /// plugin does not find by its address.
    ToNode,
    /// It goes to a service of which nobody is known to answer.
    NoBackend,
    /// Calls of services stand for more pairs than are looked at.
    TooMany,
}

impl Cause {
    /// What is the matter, as the rest of a sentence about connections.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotInInput => "have an end that is not in the input",
            Self::Ambiguous => "have an end whose name several workloads have",
            Self::FormerPod => "have an address of a pod that is not in the input",
            Self::FromNode => "come from a node that may be another than the pod's own",
            Self::ToNode => "go to a node, or to a pod on its network, that no rule can name",
            Self::NoBackend => "go to a service of which no endpoint is known",
            Self::TooMany => "are calls of services that stand for too many pairs",
        }
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotInInput => "not-in-input",
            Self::Ambiguous => "ambiguous",
            Self::FormerPod => "former-pod",
            Self::FromNode => "from-node",
            Self::ToNode => "to-node",
            Self::NoBackend => "no-backend",
            Self::TooMany => "too-many",
        }
    }
}

/// Connections that nothing was written for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// How many different ones.
    pub connections: usize,
    /// How often they were seen.
    pub times: u64,
    /// Some of them.
    pub examples: Vec<Flow>,
}
