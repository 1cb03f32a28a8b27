//! The policies held against what was seen.

use model::{ObjectId, Snapshot, WorldId};

use std::collections::HashSet;

use super::super::policy::{Policy, Tier};
use super::super::ports::Protocol;
use super::super::profile::Options;
use super::super::{Answer, Endpoint, Network, build};
use super::observed::Observed;
use super::synthesis::Segmentation;

/// What becomes of the NetworkPolicies that are there. Those of the cluster stay in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They are taken away where some were learned: these alone have to do.
    Replaced,
    /// They stay: what is allowed by one of both is allowed.
    Kept,
}

/// What a network says of the connections that were seen.
#[derive(Debug, Default)]
pub struct Proof {
    /// How many it was asked about.
    pub asked: usize,
    /// Those that it would not certainly let through: none, if the policies are right.
    pub refused: Vec<Refused>,
}

/// A connection that was seen and would be refused.
#[derive(Debug)]
pub struct Refused {
    /// Who opened it.
    pub from: Endpoint,
    /// To whom.
    pub to: Endpoint,
    /// The protocol.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// What the network says.
    pub answer: Answer,
}

impl Network {
    /// The network of a world with learned policies in it, those that close namespaces among
    /// them. Proofs name them by numbers of objects behind those of the snapshot: first the
    /// policies, then the defaults.
    pub fn with(
        snapshot: &Snapshot,
        world: WorldId,
        options: &Options,
        learned: &Segmentation,
        existing: Existing,
    ) -> Self {
        let closed: HashSet<&str> =
            learned.defaults.iter().map(|it| it.namespace.as_str()).collect();
        let is_gone = |policy: &Policy| {
            let namespace = policy.namespace.as_deref();
            policy.tier == Tier::Namespace && namespace.is_some_and(|it| closed.contains(it))
        };
        build::build(snapshot, world, options, |policies| {
            if existing == Existing::Replaced {
                policies.retain(|policy| !is_gone(policy));
            }
            let all = learned.policies.iter().chain(&learned.defaults);
            let first = snapshot.numbers() as u32;
            policies.extend((first..).zip(all).map(|(id, it)| it.as_policy(ObjectId(id))));
            policies.sort_by_key(|policy| (policy.tier, policy.id));
        })
    }
}

/// Asks a network about every connection that was seen. Its workloads are those of the network
/// the connections were found in.
pub fn prove(network: &Network, observed: &Observed) -> Proof {
    let mut proof = Proof::default();
    for question in &observed.questions {
        proof.asked += 1;
        let answer = question.answer(network);
        if !matches!(answer, Answer::Allowed(_)) {
            let (from, to) = (question.from.endpoint(), question.to.endpoint());
            let (protocol, port) = (question.protocol, question.port);
            proof.refused.push(Refused { from, to, protocol, port, answer });
        }
    }
    proof
}
