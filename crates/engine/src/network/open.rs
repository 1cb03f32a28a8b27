//! What is open to everybody, and what policies leave to the network plugin.

use model::ObjectId;

use super::policy::{Direction, Tier};
use super::ports::Protocol;
use super::{Entry, Network, PolicyRecord, RuleRecord, WorkloadId};

/// Why every pod gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// No NetworkPolicy isolates the workload.
    NotIsolated,
    /// A rule of this policy is for every pod of every namespace.
    Rule(ObjectId),
}

impl Network {
    /// Whether every pod of every namespace, seen or not, is let in to a port of a workload by its
    /// own policies; none where that is not certain.
    pub fn opening(&self, id: WorkloadId, protocol: Protocol, port: u16) -> Option<Opening> {
        let class = &self.classes[self.workload(id).class as usize];
        let group = &self.groups[0][class.groups[0] as usize];
        let is_of_namespace = |it: &&Entry| self.policies[it.policy()].tier == Tier::Namespace;
        if group.entries.iter().any(|it| !it.is_certain()) {
            return None;
        }
        // Policies of the cluster may close it: ask for those that were seen.
        let is_tiered = group.entries.iter().any(|it| !is_of_namespace(&it));
        if is_tiered && !self.lets_seen_in(class, group, protocol, port) {
            return None;
        }
        let mut policies = group.entries.iter().filter(is_of_namespace).peekable();
        if policies.peek().is_none() {
            return Some(Opening::NotIsolated);
        }
        let policy = policies.map(|it| &self.policies[it.policy()]).find(|policy| {
            self.rules_of_policy(policy, Direction::Ingress).any(|rule| {
                self.is_for_every_pod(rule) && self.opens(rule, class.ports, protocol, port)
            })
        })?;
        Some(Opening::Rule(policy.id))
    }

    fn lets_seen_in(
        &self,
        class: &super::Class,
        group: &super::rows::Group,
        protocol: Protocol,
        port: u16,
    ) -> bool {
        let is_other = |at: usize| self.classes[at].namespace != class.namespace;
        let row = group.row(0);
        row.iter().enumerate().all(|(at, (first, outcome))| {
            let end = row.get(at + 1).map_or(self.classes.len(), |next| next.0 as usize);
            let certain = &self.outcomes[*outcome as usize].certain;
            certain.contains(protocol, port) || !(*first as usize..end).any(is_other)
        })
    }

    pub(super) fn rules_of_policy(
        &self,
        policy: &PolicyRecord,
        direction: Direction,
    ) -> impl Iterator<Item = &RuleRecord> + use<'_> {
        let rules = policy.rules[direction as usize].clone();
        rules.into_iter().flatten().map(|rule| &self.rules[rule as usize])
    }

    fn is_for_every_pod(&self, rule: &RuleRecord) -> bool {
        let Some(peers) = &rule.peers else { return true };
        peers.iter().any(|(_, peer)| self.peers[*peer as usize].is_every_pod)
    }

    fn opens(&self, rule: &RuleRecord, named: u32, protocol: Protocol, port: u16) -> bool {
        let ports = &self.named_ports[named as usize].ports;
        rule.numeric.contains(protocol, port)
            || rule.named.iter().any(|(_, of, name)| {
                of.is_none_or(|of| of == protocol)
                    && ports.contains(&(name.clone(), protocol, port))
            })
    }

    /// One workload of each class of a namespace, in the order of their names: no policy tells
    /// others apart from them.
    pub fn representatives(&self, namespace: &str) -> Vec<WorkloadId> {
        let first =
            self.by_name.partition_point(|it| self.namespace_of(WorkloadId(*it)) < namespace);
        let rest = self.by_name[first..].iter().map(|number| WorkloadId(*number));
        let own = rest.take_while(|id| self.namespace_of(*id) == namespace);
        let mut seen = std::collections::HashSet::new();
        own.filter(|id| seen.insert(self.workload(*id).class)).collect()
    }

    /// One workload of each class that a NetworkPolicy certainly or maybe holds for.
    pub fn subjects(&self, policy: ObjectId) -> Vec<WorkloadId> {
        let place =
            self.policies.binary_search_by_key(&(Tier::Namespace, policy), |it| (it.tier, it.id));
        let Some(record) = place.ok().map(|at| &self.policies[at]) else { return Vec::new() };
        let first = record.subject.iter().filter_map(|set| set.ranges().first()).min();
        let Some((first, _)) = first else { return Vec::new() };
        let namespace = self.classes[*first as usize].namespace;
        let mut found = self.representatives(&self.namespaces[namespace as usize]);
        found.retain(|id| {
            let class = self.workload(*id).class;
            record.subject.iter().any(|set| set.contains(class))
        });
        found
    }
}
