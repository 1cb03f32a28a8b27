//! Policies of all three generations, as they are read.

use std::collections::BTreeMap;

use model::ObjectId;

use super::address::AddressSet;
use super::ports::{PortSet, Protocol};

/// Which side of a connection a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// What comes in to the subject.
    Ingress,
    /// What leaves the subject.
    Egress,
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Lets it through; lower tiers are not asked. Every rule of a NetworkPolicy does this.
    Accept,
    /// Refuses it.
    Deny,
    /// Leaves it to the next tier.
    Pass,
}

/// Where a policy stands in the order of evaluation: the derived order is that of the tiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Tier {
    /// AdminNetworkPolicy, and ClusterNetworkPolicy of the admin tier, by priority.
    Admin(u32),
    /// NetworkPolicy: union of all that select a pod.
    Namespace,
    /// BaselineAdminNetworkPolicy, and ClusterNetworkPolicy of the baseline tier, by priority.
    Baseline(u32),
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) id: ObjectId,
    pub(super) tier: Tier,
    /// Its namespace; none for those of the cluster.
    pub(super) namespace: Option<String>,
    pub(super) subject: PodPeer,
    /// Its rules; none where it does not concern the direction.
    pub(super) ingress: Option<Vec<Rule>>,
    pub(super) egress: Option<Vec<Rule>>,
    /// Whether it is the only version of its identity and could be read.
    pub(super) is_certain: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Its place in the list as written.
    pub(super) index: u32,
    pub(super) action: Action,
    /// Any of these, with their place in the list as written; none for everybody.
    pub(super) peers: Option<Vec<(u32, Peer)>>,
    /// Any of these; none for all ports.
    pub(super) ports: Option<Vec<PortMatch>>,
}

/// Some of the other ends of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Peer {
    Pods(PodPeer),
    Block(AddressSet),
    /// `networks` of the cluster's policies: every plugin matches pods by them.
    Networks(AddressSet),
    /// Nodes by their labels.
    Nodes(Selector),
    /// The addresses of nodes, and whether there are no others.
    NodeAddresses(AddressSet, bool),
    /// Names in DNS: any address may be behind one.
    Domains,
}

/// Pods by the labels of their namespace and their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PodPeer {
    pub(super) namespaces: Namespaces,
    pub(super) pods: Selector,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Namespaces {
    Named(String),
    Labelled(Selector),
}

/// A port of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum PortMatch {
    Ports(PortSet),
    /// A port by its name at the destination, of one protocol or of any.
    Named(Option<Protocol>, String),
}

/// A label selector: all of its requirements. None matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Selector(pub(super) Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Requirement {
    pub(super) key: String,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// Whether something matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Match {
    No,
    Maybe,
    Yes,
}

/// Labels of something, which may be known in part.
pub(super) struct Labels<'a> {
    pub(super) known: &'a BTreeMap<String, String>,
    /// Whether labels beyond the known ones may exist.
    pub(super) may_have_more: bool,
}

impl Selector {
    /// Source: `Requirement.Matches` in `k8s.io/apimachinery/pkg/labels/selector.go`: `NotIn` and
    /// `DoesNotExist` match what does not have the key.
    pub(super) fn matches(&self, labels: &Labels<'_>) -> Match {
        let of = |requirement: &Requirement| {
            let value = labels.known.get(&requirement.key);
            if value.is_none() && labels.may_have_more {
                return Match::Maybe;
            }
            if requirement.is_met(value.map(String::as_str)) { Match::Yes } else { Match::No }
        };
        self.0.iter().map(of).min().unwrap_or(Match::Yes)
    }
}

impl Requirement {
    fn is_met(&self, value: Option<&str>) -> bool {
        let is_listed = |value| self.values.iter().any(|it| it == value);
        match self.operator {
            Operator::In => value.is_some_and(is_listed),
            Operator::NotIn => !value.is_some_and(is_listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}
