//! Policies as values.

use std::collections::BTreeSet;

use model::ObjectId;

use super::super::address::{AddressSet, Prefix};
use super::super::policy::{
    Action, Namespaces, Operator, Peer, PodPeer, Policy, PortMatch, Requirement, Rule, Selector,
    Tier,
};
use super::super::ports::PortSet;
use super::super::workload::NAME_LABEL;
use super::selector::Choice;
use super::units::UnitId;

/// A NetworkPolicy (networking.k8s.io/v1) that was learned; its name is whoever writes it to give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LearnedPolicy {
    /// Its namespace.
    pub namespace: String,
    /// The workloads it was written for; none if for the whole namespace.
    pub units: Vec<UnitId>,
    /// Others it holds for, as no labels tell them apart: the first ones.
    pub also: Vec<UnitId>,
    /// Its pods.
    pub pods: Choice,
    /// Who may call them; none where it does not concern that.
    pub ingress: Option<Vec<LearnedRule>>,
    /// Whom they may call; none where it does not concern that.
    pub egress: Option<Vec<LearnedRule>>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LearnedRule {
    /// The ports.
    pub ports: PortSet,
    /// Any of these.
    pub peers: Vec<LearnedPeer>,
}

/// The other ends of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LearnedPeer {
    /// Pods.
    Pods(Scope, Choice),
    /// Addresses.
    Block(Prefix),
}

/// Where pods are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// In the policy's namespace.
    Own,
    /// In namespaces with these names.
    Named(BTreeSet<String>),
    /// In every namespace.
    All,
}

impl LearnedPolicy {
    /// How many rules it has.
    pub fn rules(&self) -> usize {
        self.ingress.iter().chain(&self.egress).map(Vec::len).sum()
    }

    /// As the network reads it.
    pub(super) fn as_policy(&self, id: ObjectId) -> Policy {
        let rules = |rules: &Vec<LearnedRule>| -> Vec<Rule> {
            let rules = (0..).zip(rules);
            rules.map(|(index, rule)| rule.as_rule(index, &self.namespace)).collect()
        };
        Policy {
            id,
            tier: Tier::Namespace,
            namespace: Some(self.namespace.clone()),
            subject: PodPeer {
                namespaces: Namespaces::Named(self.namespace.clone()),
                pods: selector(&self.pods),
            },
            ingress: self.ingress.as_ref().map(rules),
            egress: self.egress.as_ref().map(rules),
            is_certain: true,
        }
    }
}

impl LearnedRule {
    fn as_rule(&self, index: u32, namespace: &str) -> Rule {
        let peer = |peer: &LearnedPeer| match peer {
            LearnedPeer::Block(prefix) => Peer::Block(AddressSet::prefix(*prefix)),
            LearnedPeer::Pods(scope, pods) => {
                let namespaces = match scope {
                    Scope::Own => Namespaces::Named(namespace.to_owned()),
                    Scope::All => Namespaces::Labelled(Selector::default()),
                    Scope::Named(names) => {
                        Namespaces::Labelled(Selector(vec![requirement(NAME_LABEL, names)]))
                    }
                };
                Peer::Pods(PodPeer { namespaces, pods: selector(pods) })
            }
        };
        Rule {
            index,
            action: Action::Accept,
            peers: Some((0..).zip(self.peers.iter().map(peer)).collect()),
            ports: Some(vec![PortMatch::Ports(self.ports.clone())]),
        }
    }
}

fn selector(pods: &Choice) -> Selector {
    Selector(pods.iter().map(|(key, values)| requirement(key, values)).collect())
}

fn requirement(key: &str, values: &BTreeSet<String>) -> Requirement {
    Requirement {
        key: key.to_owned(),
        operator: Operator::In,
        values: values.iter().cloned().collect(),
    }
}
