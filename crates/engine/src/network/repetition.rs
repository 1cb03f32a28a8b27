//! NetworkPolicies that say what others say already, whatever pods there are.
//!
//! Sound and not complete: a selector lies within another if each requirement of the other follows
//! from one of its own, and a peer within another of the same form. What is open to everybody
//! counts only where two policies say the same: it is there until others take its place, and they
//! are not told because of it.

use std::collections::BTreeMap;

use model::{ObjectId, Snapshot, WorldId};

use super::policy::{
    Direction, Namespaces, Operator, Peer, PodPeer, Policy, PortMatch, Requirement, Rule, Selector,
    Tier,
};
use super::ports::PortSet;
use super::workload::{self, NAME_LABEL};

/// Comparisons of selectors and peers in one namespace, at the most; policies beyond are not
/// compared.
const COMPARISONS_MAX: u32 = 1_000_000;

/// A policy that could be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// This one says the same.
    Same(ObjectId),
    /// These isolate the same pods and let through all that it does.
    Within(Vec<ObjectId>),
    /// Whether it could is not known: too much to compare.
    NotCompared,
}

/// The policies of a world that could be left out, all of them together: of two that say the same
/// the second by name is told, and none counts for another once it is told itself. Those that let
/// everybody through, or nobody, are told only where they say the same.
pub fn repetitions(snapshot: &Snapshot, world: WorldId) -> BTreeMap<ObjectId, Repetition> {
    let mut inventory = workload::read(snapshot, world);
    workload::mark_same_names(&mut inventory.policies, |_, policy| snapshot.object(policy.id));
    let mut by_namespace: BTreeMap<&str, Vec<&Policy>> = BTreeMap::new();
    for policy in inventory.policies.iter().filter(|it| it.tier == Tier::Namespace) {
        if let Some(namespace) = policy.namespace.as_deref().filter(|_| policy.is_certain) {
            by_namespace.entry(namespace).or_default().push(policy);
        }
    }
    let mut found = BTreeMap::new();
    for policies in by_namespace.into_values() {
        let mut policies: Vec<(&str, &Policy)> =
            policies.into_iter().map(|it| (snapshot.object(it.id).name, it)).collect();
        // Of several versions that agree one counts.
        policies.sort_by_key(|(name, policy)| (*name, policy.id));
        policies.dedup_by_key(|(name, _)| *name);
        let policies: Vec<&Policy> = policies.into_iter().map(|(_, policy)| policy).collect();
        Comparison { left: COMPARISONS_MAX }.all(&policies, &mut found);
    }
    found
}

/// What may still be compared.
struct Comparison {
    left: u32,
}

impl Comparison {
    fn all(&mut self, policies: &[&Policy], found: &mut BTreeMap<ObjectId, Repetition>) {
        for (number, policy) in policies.iter().enumerate() {
            if self.left == 0 {
                break;
            }
            let same = policies[..number].iter().find(|before| {
                !found.contains_key(&before.id)
                    && self.is_within(policy, &[before])
                    && self.is_within(before, &[policy])
            });
            if let Some(same) = same {
                found.insert(policy.id, Repetition::Same(same.id));
            }
        }
        // One that says more is the better proof; several together are asked last.
        for is_one_enough in [true, false] {
            for policy in policies {
                // A policy without rules says that what is not allowed is closed: a base to build
                // on.
                let rules = [&policy.ingress, &policy.egress].into_iter().flatten().flatten();
                let mut rules = rules.peekable();
                let is_base = rules.peek().is_none() || rules.any(is_for_everybody);
                if found.contains_key(&policy.id) || is_base {
                    continue;
                }
                if self.left == 0 {
                    if !is_one_enough {
                        found.insert(policy.id, Repetition::NotCompared);
                    }
                    continue;
                }
                let others = self.others(policy, policies, found);
                let within = if is_one_enough {
                    others
                        .into_iter()
                        .find(|it| self.is_within(policy, &[it]))
                        .map(|it| vec![it.id])
                } else {
                    self.is_within(policy, &others).then(|| {
                        let used = others.iter().filter(|it| shares_a_direction(policy, it));
                        used.map(|it| it.id).collect()
                    })
                };
                if let Some(within) = within {
                    found.insert(policy.id, Repetition::Within(within));
                } else if self.left == 0 && !is_one_enough {
                    found.insert(policy.id, Repetition::NotCompared);
                }
            }
        }
    }

    /// Those that count for others and hold for all pods of a policy.
    fn others<'p>(
        &mut self,
        policy: &Policy,
        policies: &[&'p Policy],
        found: &BTreeMap<ObjectId, Repetition>,
    ) -> Vec<&'p Policy> {
        let is_other = |it: &&&Policy| {
            it.id != policy.id
                && !found.contains_key(&it.id)
                && self.selects_within(&policy.subject.pods, &it.subject.pods)
        };
        policies.iter().filter(is_other).copied().collect()
    }

    /// Whether others hold for all pods of a policy, isolate them as it does, and let through all
    /// that it lets through.
    fn is_within(&mut self, policy: &Policy, others: &[&Policy]) -> bool {
        let subject = &policy.subject.pods;
        if !others.iter().all(|it| self.selects_within(subject, &it.subject.pods)) {
            return false;
        }
        [Direction::Ingress, Direction::Egress].into_iter().all(|direction| {
            let Some(own) = rules(policy, direction) else { return true };
            let theirs: Vec<&[Rule]> =
                others.iter().filter_map(|it| rules(it, direction)).collect();
            !theirs.is_empty() && own.iter().all(|rule| self.lets_through(rule, &theirs))
        })
    }

    fn lets_through(&mut self, rule: &Rule, others: &[&[Rule]]) -> bool {
        let peers: Vec<Option<&Peer>> = match &rule.peers {
            None => vec![None],
            Some(peers) => peers.iter().map(|(_, peer)| Some(peer)).collect(),
        };
        peers.into_iter().all(|peer| {
            let rules = others.iter().copied().flatten();
            let known: Vec<&Rule> = rules.filter(|it| self.is_peer_of(peer, it)).collect();
            ports_are_within(rule, &known)
        })
    }

    fn is_peer_of(&mut self, peer: Option<&Peer>, rule: &Rule) -> bool {
        match (peer, &rule.peers) {
            _ if !self.spend() => false,
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
            (Some(peer), Some(others)) => others.iter().any(|(_, other)| {
                (is_every_pod(peer) || !is_every_pod(other)) && self.peer_is_within(peer, other)
            }),
        }
    }

    fn peer_is_within(&mut self, one: &Peer, other: &Peer) -> bool {
        match (one, other) {
            (Peer::Pods(one), Peer::Pods(other)) => {
                self.namespaces_are_within(one, other)
                    && self.selects_within(&one.pods, &other.pods)
            }
            (Peer::Block(one), Peer::Block(other)) => {
                self.spend() && one.difference(other).is_empty()
            }
            _ => false,
        }
    }

    fn namespaces_are_within(&mut self, one: &PodPeer, other: &PodPeer) -> bool {
        let named = |name: &String| {
            let key = NAME_LABEL.to_owned();
            Selector(vec![Requirement { key, operator: Operator::In, values: vec![name.clone()] }])
        };
        let selector = |namespaces: &Namespaces| match namespaces {
            Namespaces::Named(name) => named(name),
            Namespaces::Labelled(selector) => selector.clone(),
        };
        self.selects_within(&selector(&one.namespaces), &selector(&other.namespaces))
    }

    /// Whether each pod that one selector matches the other matches too.
    fn selects_within(&mut self, one: &Selector, other: &Selector) -> bool {
        self.spend()
            && other
                .0
                .iter()
                .all(|wanted| one.0.iter().any(|given| self.spend() && follows(given, wanted)))
    }

    /// Whether one more comparison may be made.
    fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

fn rules(policy: &Policy, direction: Direction) -> Option<&[Rule]> {
    match direction {
        Direction::Ingress => policy.ingress.as_deref(),
        Direction::Egress => policy.egress.as_deref(),
    }
}

fn shares_a_direction(one: &Policy, other: &Policy) -> bool {
    let is_of_both = |of| rules(one, of).is_some() && rules(other, of).is_some();
    is_of_both(Direction::Ingress) || is_of_both(Direction::Egress)
}

fn is_for_everybody(rule: &Rule) -> bool {
    rule.peers.as_ref().is_none_or(|peers| peers.iter().any(|(_, peer)| is_every_pod(peer)))
}

fn is_every_pod(peer: &Peer) -> bool {
    matches!(peer, Peer::Pods(PodPeer { namespaces: Namespaces::Labelled(namespaces), pods })
        if namespaces.0.is_empty() && pods.0.is_empty())
}

/// Whether one requirement holds wherever another does.
fn follows(given: &Requirement, wanted: &Requirement) -> bool {
    use Operator::{DoesNotExist, Exists, In, NotIn};
    let is_in = |list: &[String]| given.values.iter().all(|value| list.contains(value));
    given.key == wanted.key
        && match (given.operator, wanted.operator) {
            (In, In) => is_in(&wanted.values),
            (In, NotIn) => !given.values.iter().any(|value| wanted.values.contains(value)),
            (NotIn, NotIn) => wanted.values.iter().all(|value| given.values.contains(value)),
            (In | Exists, Exists) | (DoesNotExist, NotIn | DoesNotExist) => true,
            _ => false,
        }
}

/// Whether the ports of a rule are those of others taken together.
fn ports_are_within(rule: &Rule, others: &[&Rule]) -> bool {
    if others.iter().any(|other| other.ports.is_none()) {
        return true;
    }
    let Some(ports) = &rule.ports else { return false };
    let known = || others.iter().filter_map(|other| other.ports.as_ref()).flatten();
    let numeric = known().fold(PortSet::empty(), |all, port| match port {
        PortMatch::Ports(ports) => all.union(ports),
        PortMatch::Named(..) => all,
    });
    ports.iter().all(|port| match port {
        PortMatch::Ports(ports) => ports.difference(&numeric).is_empty(),
        PortMatch::Named(protocol, _) => {
            let all = protocol.map_or_else(PortSet::all, PortSet::all_of);
            all.difference(&numeric).is_empty() || known().any(|other| other == port)
        }
    })
}
