//! What each NetworkPolicy does among the workloads of its world: whom it holds for, and what in
//! it matches nothing.

use model::ObjectId;

use super::address::Family;
use super::intervals::Intervals;
use super::policy::{Direction, Match, Tier};
use super::ports::Protocol;
use super::{Network, PolicyRecord, RuleRecord};

/// What a NetworkPolicy does. Told of those alone that the API server takes and that are given
/// once; what may match counts as matching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Whether it holds for some workload.
    pub has_subject: bool,
    /// Whether it holds for workloads on their nodes' network and for no others.
    pub is_host_network_alone: bool,
    /// Peers that match no workload and name no address, as direction, rule and peer, both
    /// counted from 0 as written.
    pub idle_peers: Vec<(Direction, u32, u32)>,
    /// Ports of ingress rules whose name no port of its workloads has, as rule and port, both
    /// counted from 0 as written.
    pub idle_ports: Vec<(u32, u32)>,
    /// Blocks of addresses in which pods have theirs that no selector of the same rule matches, as
    /// direction, rule and peer, both counted from 0 as written: whether they match pods is up to
    /// the network plugin. Those of all addresses of a family are left out.
    pub blocks_of_pods: Vec<(Direction, u32, u32)>,
    /// Whether it is the first to let its workloads call pods, and neither it nor another lets
    /// them ask any DNS server.
    pub lacks_dns: bool,
}

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// The port of DNS.
const DNS: u16 = 53;

impl Network {
    /// What each NetworkPolicy does, in no order.
    pub fn effects(&self) -> impl Iterator<Item = (ObjectId, Effect)> + use<'_> {
        let namespaced = |it: &(usize, &PolicyRecord)| it.1.tier == Tier::Namespace;
        let policies = self.policies.iter().enumerate().filter(namespaced);
        let certain = policies.filter(|(_, policy)| policy.is_certain);
        certain.map(|(number, policy)| (policy.id, self.effect(number, policy)))
    }

    fn effect(&self, number: usize, policy: &PolicyRecord) -> Effect {
        let subject = policy.subject[0].union(&policy.subject[1]);
        let has_subject = !subject.is_empty();
        let mut effect = Effect {
            has_subject,
            is_host_network_alone: has_subject
                && self.classes_in(&subject).all(|class| class.host_network),
            lacks_dns: has_subject
                && self.classes_in(&subject).all(|class| {
                    let group = &self.groups[1][class.groups[1] as usize];
                    self.lacks_dns(number, &group.entries)
                }),
            ..Effect::default()
        };
        for direction in [Direction::Ingress, Direction::Egress] {
            for rule in self.rules_of_policy(policy, direction) {
                let peers = rule.peers.iter().flatten();
                let idle = peers.filter(|(_, peer)| self.is_idle(*peer));
                effect.idle_peers.extend(idle.map(|(at, _)| (direction, rule.index, *at)));
                let of_pods = rule.peers.iter().flatten();
                let of_pods = of_pods.filter(|(_, peer)| self.is_block_of_pods(*peer, rule));
                effect.blocks_of_pods.extend(of_pods.map(|(at, _)| (direction, rule.index, *at)));
                if direction == Direction::Ingress && has_subject {
                    let idle = rule.named.iter().filter(|(_, protocol, name)| {
                        !self.classes_in(&subject).any(|class| {
                            let ports = &self.named_ports[class.ports as usize].ports;
                            ports.iter().any(|(its, of, _)| {
                                its == name && protocol.is_none_or(|protocol| protocol == *of)
                            })
                        })
                    });
                    effect.idle_ports.extend(idle.map(|(at, ..)| (rule.index, *at)));
                }
            }
        }
        effect
    }

    fn classes_in<'a>(
        &'a self,
        subject: &'a Intervals<u32>,
    ) -> impl Iterator<Item = &'a super::Class> {
        let numbers = subject.ranges().iter().flat_map(|(first, last)| *first..=*last);
        numbers.map(|class| &self.classes[class as usize])
    }

    /// Whether a peer matches no workload and no address.
    fn is_idle(&self, peer: u32) -> bool {
        let peer = &self.peers[peer as usize];
        let is_empty = |sets: &[Intervals<u32>; 2]| sets.iter().all(Intervals::is_empty);
        peer.classes.iter().all(is_empty) && peer.block.is_empty() && peer.outside == Match::No
    }

    /// Whether pods have their addresses in a block, and no selector of its rule matches them.
    fn is_block_of_pods(&self, peer: u32, rule: &RuleRecord) -> bool {
        let peer = &self.peers[peer as usize];
        if peer.block.is_empty() || FAMILIES.iter().any(|family| peer.block.covers(*family)) {
            return false;
        }
        let selected = |class: u32, family: usize| {
            let others = rule.peers.iter().flatten().map(|(_, other)| &self.peers[*other as usize]);
            let mut others = others.filter(|other| other.block.is_empty());
            others.any(|other| other.classes[family][0].contains(class))
        };
        FAMILIES.iter().any(|family| {
            let family = *family as usize;
            let found = peer.classes[family][0].ranges().iter();
            found.flat_map(|(first, last)| *first..=*last).any(|class| {
                let it = &self.classes[class as usize];
                !it.host_network && !it.places.is_empty() && !selected(class, family)
            })
        })
    }

    /// Whether these policies let pods be called and no DNS server, and this is the first of them
    /// that lets anybody be called.
    fn lacks_dns(&self, number: usize, entries: &[super::Entry]) -> bool {
        let policies = || entries.iter().map(|entry| (entry, &self.policies[entry.policy()]));
        if policies().any(|(entry, it)| it.tier != Tier::Namespace || !entry.is_certain()) {
            return false;
        }
        let rules = || {
            policies().flat_map(|(entry, policy)| {
                self.rules_of_policy(policy, Direction::Egress).map(|rule| (entry.policy(), rule))
            })
        };
        let allows_dns = |rule: &RuleRecord| {
            let by_number = [Protocol::Udp, Protocol::Tcp].into_iter();
            // What a port is called elsewhere is not looked at: it may be that of DNS.
            !rule.named.is_empty() || by_number.into_iter().any(|it| rule.numeric.contains(it, DNS))
        };
        let calls_pods = |rule: &RuleRecord| {
            let mut peers = rule.peers.iter().flatten();
            peers.any(|(_, peer)| self.peers[*peer as usize].block.is_empty())
        };
        let first = rules().find(|(_, rule)| calls_pods(rule)).map(|(policy, _)| policy);
        first == Some(number) && !rules().any(|(_, rule)| allows_dns(rule))
    }
}
