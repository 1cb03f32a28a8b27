//! What each selector matches among the classes.

use std::collections::HashMap;

use super::address::{AddressSet, Family};
use super::classes::{Asked, Classes};
use super::intervals::Intervals;
use super::policy::{
    Labels, Match, Namespaces, Operator, Peer, PodPeer, Policy, PortMatch, Requirement, Rule,
    Selector, Tier,
};
use super::ports::PortSet;
use super::profile::{HostNetwork, Profile};
use super::workload::{NAME_LABEL, Surroundings};
use super::{PeerSet, PolicyRecord, RuleRecord};

/// What selectors are evaluated over.
pub(super) struct World<'a> {
    pub(super) profile: Profile,
    /// Where the addresses of pods lie, if known.
    pub(super) pod_addresses: &'a AddressSet,
    /// The namespaces of classes, by their number.
    pub(super) namespaces: &'a [String],
    pub(super) around: &'a Surroundings,
    pub(super) classes: &'a Classes,
    pub(super) asked: &'a Asked,
}

/// Whether any address of a family lies in a block.
fn within(block: &AddressSet, family: Family) -> Match {
    if block.covers(family) { Match::Yes } else { Match::Maybe }
}

/// Evaluates selectors over classes, each distinct one once.
pub(super) struct Selection<'a> {
    world: World<'a>,
    /// The classes of each namespace.
    of_namespace: Vec<Vec<u32>>,
    by_name: HashMap<&'a str, u32>,
    /// Classes that have a label with a value, and with any value (under `u32::MAX`).
    postings: HashMap<(u32, u32), Vec<u32>>,
    /// Namespaces that have a label with a value, and those that may have any.
    labelled: HashMap<(&'a str, &'a str), Vec<u32>>,
    unsure: Vec<u32>,
    /// For each family, the places of classes, sorted, and the classes without an address.
    placed: [Vec<(u128, u32)>; 2],
    unplaced: Vec<u32>,
    known_peers: HashMap<(Peer, bool), u32>,
    known_namespaces: HashMap<Selector, Vec<(u32, Match)>>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(world: World<'a>) -> Self {
        let names = world.namespaces;
        let by_name: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
        let mut selection = Self {
            of_namespace: vec![Vec::new(); names.len()],
            by_name,
            postings: HashMap::new(),
            labelled: HashMap::new(),
            unsure: Vec::new(),
            placed: [Vec::new(), Vec::new()],
            unplaced: Vec::new(),
            known_peers: HashMap::new(),
            known_namespaces: HashMap::new(),
            world,
        };
        selection.index_classes();
        selection.index_namespaces();
        selection
    }

    fn index_classes(&mut self) {
        let classes = self.world.classes;
        for (class, key) in (0..).zip(&classes.keys) {
            self.of_namespace[key.namespace as usize].push(class);
            for (label, value) in &classes.labels[key.labels as usize] {
                self.postings.entry((*label, *value)).or_default().push(class);
                self.postings.entry((*label, u32::MAX)).or_default().push(class);
            }
            let places = &classes.places[key.addresses as usize];
            for (family, first) in places {
                self.placed[*family as usize].push((*first, class));
            }
            if places.is_empty() {
                self.unplaced.push(class);
            }
        }
        for it in &mut self.placed {
            it.sort_unstable();
        }
    }

    fn index_namespaces(&mut self) {
        for (number, name) in (0..).zip(self.world.namespaces) {
            let known = self.world.around.namespaces.get(name);
            if known.is_none_or(|it| !it.is_known) {
                self.unsure.push(number);
            }
            if let Some(namespace) = known {
                for (key, value) in &namespace.labels {
                    self.labelled.entry((key, value)).or_default().push(number);
                }
            } else {
                self.labelled.entry((NAME_LABEL, name)).or_default().push(number);
            }
        }
    }

    /// Evaluates a policy; its rules and peers go behind those there are.
    pub(super) fn policy(
        &mut self,
        policy: &Policy,
        rules: &mut Vec<RuleRecord>,
        peers: &mut Vec<PeerSet>,
    ) -> PolicyRecord {
        let is_tier = policy.tier != Tier::Namespace;
        let mut take = |selection: &mut Self, list: &Option<Vec<Rule>>, is_egress: bool| {
            let first = rules.len() as u32;
            for rule in list.iter().flatten() {
                selection.rule(rule, is_tier, is_egress, rules, peers);
            }
            list.as_ref().map(|_| first..rules.len() as u32)
        };
        let ingress = take(self, &policy.ingress, false);
        let egress = take(self, &policy.egress, true);
        PolicyRecord {
            id: policy.id,
            tier: policy.tier,
            rules: [ingress, egress],
            is_certain: policy.is_certain,
            subject: self.pods(&policy.subject, is_tier),
        }
    }

    fn rule(
        &mut self,
        rule: &Rule,
        is_tier: bool,
        is_egress: bool,
        rules: &mut Vec<RuleRecord>,
        peers: &mut Vec<PeerSet>,
    ) {
        let mut numeric = PortSet::empty();
        let mut named = Vec::new();
        let mut parts = Vec::new();
        for (index, port) in (0..).zip(rule.ports.iter().flatten()) {
            match port {
                PortMatch::Ports(ports) => {
                    numeric = numeric.union(ports);
                    parts.push((index, ports.clone()));
                }
                PortMatch::Named(protocol, name) => named.push((index, *protocol, name.clone())),
            }
        }
        if rule.ports.is_none() {
            numeric = PortSet::all();
        }
        let record = |peers, named| RuleRecord {
            index: rule.index,
            action: rule.action,
            peers,
            numeric: numeric.clone(),
            named,
            parts: parts.clone().into_boxed_slice(),
        };
        let Some(list) = &rule.peers else {
            return rules.push(record(None, named.into_boxed_slice()));
        };
        // Names of ports are those of a pod that selectors found: an address has none.
        let is_split = is_egress && !named.is_empty();
        let (pods, others): (Vec<_>, Vec<_>) =
            list.iter().partition(|(_, peer)| !is_split || matches!(peer, Peer::Pods(_)));
        let is_alone = others.is_empty();
        let mut number = |list: Vec<&(u32, Peer)>| -> Box<[(u32, u32)]> {
            list.into_iter().map(|(at, peer)| (*at, self.peer(peer, is_tier, peers))).collect()
        };
        rules.push(record(Some(number(pods)), named.into_boxed_slice()));
        if !is_alone {
            rules.push(record(Some(number(others)), Box::default()));
        }
    }

    fn peer(&mut self, peer: &Peer, is_tier: bool, peers: &mut Vec<PeerSet>) -> u32 {
        let key = (peer.clone(), is_tier);
        if let Some(number) = self.known_peers.get(&key) {
            return *number;
        }
        let none = || [Intervals::default(), Intervals::default()];
        let profile = self.world.profile;
        let set = match peer {
            Peer::Pods(pods) => {
                let [yes, maybe] = self.pods(pods, is_tier);
                let classes = [[yes.clone(), maybe.clone()], [yes, maybe]];
                let is_every_pod = pods.pods.0.is_empty()
                    && pods.namespaces == Namespaces::Labelled(Selector::default());
                let block = AddressSet::empty();
                PeerSet { classes, block, outside: Match::No, is_every_pod }
            }
            Peer::Block(block) => {
                let matches = (profile.ip_block_matches_pods, profile.ip_block_matches_nodes);
                self.block(block, matches)
            }
            Peer::Networks(block) => self.block(block, (true, true)),
            // A pod on the host's network has its node's address.
            Peer::NodeAddresses(block, true) => self.block(block, (false, true)),
            Peer::NodeAddresses(..) | Peer::Nodes(_) => {
                let hosts = self.classes_of_hosts();
                let of = || [Intervals::default(), hosts.clone()];
                let classes = [of(), of()];
                let block = AddressSet::empty();
                PeerSet { classes, block, outside: Match::Maybe, is_every_pod: false }
            }
            Peer::Domains => {
                let classes = [none(), none()];
                let block = AddressSet::empty();
                PeerSet { classes, block, outside: Match::Maybe, is_every_pod: false }
            }
        };
        let number = peers.len() as u32;
        peers.push(set);
        self.known_peers.insert(key, number);
        number
    }

    fn classes_of_hosts(&self) -> Intervals<u32> {
        let classes = (0..).zip(&self.world.classes.keys);
        Intervals::new(
            classes.filter(|(_, it)| it.host_network).map(|(number, _)| (number, number)).collect(),
        )
    }

    /// Whether pods whose addresses are not known have them in a block.
    fn pods_are_in(&self, block: &AddressSet, family: Family) -> Match {
        let all = AddressSet::all_of(family).intersection(self.world.pod_addresses);
        match () {
            () if all.is_empty() => within(block, family),
            () if all.difference(block).is_empty() => Match::Yes,
            () if all.intersection(block).is_empty() => Match::No,
            () => Match::Maybe,
        }
    }

    /// Classes whose addresses a block holds. One whose addresses are not known may be in any
    /// block, and is in one that holds all of a family.
    fn block(&self, block: &AddressSet, (pods, nodes): (bool, bool)) -> PeerSet {
        let is_matched = |class: u32| {
            if self.world.classes.keys[class as usize].host_network { nodes } else { pods }
        };
        let of = |family: Family| {
            let placed = &self.placed[family as usize];
            let mut yes = Vec::new();
            let mut maybe = Vec::new();
            for (first, last) in block.ranges(family) {
                let start = placed.partition_point(|(place, _)| place < first);
                let found = placed[start..].iter().take_while(|(place, _)| place <= last);
                yes.extend(found.map(|(_, class)| *class).filter(|class| is_matched(*class)));
            }
            if !block.ranges(family).is_empty() {
                let pods_are_in = self.pods_are_in(block, family);
                for class in self.unplaced.iter().copied().filter(|class| is_matched(*class)) {
                    let is_host = self.world.classes.keys[class as usize].host_network;
                    match if is_host { within(block, family) } else { pods_are_in } {
                        Match::Yes => yes.push(class),
                        Match::Maybe => maybe.push(class),
                        Match::No => {}
                    }
                }
            }
            let set = |it: Vec<u32>| Intervals::new(it.into_iter().map(|it| (it, it)).collect());
            [set(yes), set(maybe)]
        };
        let classes = [of(Family::V4), of(Family::V6)];
        let block = block.clone();
        PeerSet { classes, block, outside: Match::No, is_every_pod: false }
    }

    /// Classes that a selection of pods certainly and maybe matches.
    fn pods(&mut self, peer: &PodPeer, is_tier: bool) -> [Intervals<u32>; 2] {
        let mut found = [Vec::new(), Vec::new()];
        match &peer.namespaces {
            Namespaces::Named(name) => {
                if let Some(number) = self.by_name.get(name.as_str()) {
                    let classes = &self.of_namespace[*number as usize];
                    self.add(classes, &peer.pods, Match::Yes, &mut found);
                }
            }
            Namespaces::Labelled(selector) => {
                let namespaces = self.namespaces(selector);
                let within: usize =
                    namespaces.iter().map(|(at, _)| self.of_namespace[*at as usize].len()).sum();
                match self.candidates(&peer.pods).filter(|it| it.len() < within) {
                    Some(candidates) => {
                        let keys = &self.world.classes.keys;
                        let of = |class: &u32| {
                            let namespace = keys[*class as usize].namespace;
                            let at = namespaces.binary_search_by_key(&namespace, |it| it.0);
                            at.map_or(Match::No, |at| namespaces[at].1)
                        };
                        for equals in candidates.chunk_by(|a, b| of(a) == of(b)) {
                            self.add(equals, &peer.pods, of(&equals[0]), &mut found);
                        }
                    }
                    None => {
                        for (number, in_namespace) in namespaces {
                            let classes = &self.of_namespace[number as usize];
                            self.add(classes, &peer.pods, in_namespace, &mut found);
                        }
                    }
                }
            }
        }
        let mut sets: [Vec<(u32, u32)>; 2] = [Vec::new(), Vec::new()];
        for (is_maybe, classes) in found.into_iter().enumerate() {
            for class in classes {
                let is_host = self.world.classes.keys[class as usize].host_network;
                // The cluster's policies leave pods on the host's network out.
                let to = match self.world.profile.host_network {
                    _ if !is_host => Some(is_maybe),
                    _ if is_tier => None,
                    HostNetwork::Pod => Some(is_maybe),
                    HostNetwork::Node => None,
                    HostNetwork::Either => Some(1),
                };
                if let Some(to) = to {
                    sets[to].push((class, class));
                }
            }
        }
        sets.map(Intervals::new)
    }

    fn add(
        &self,
        classes: &[u32],
        selector: &Selector,
        in_namespace: Match,
        found: &mut [Vec<u32>; 2],
    ) {
        let found = match in_namespace {
            Match::No => return,
            Match::Yes => &mut found[0],
            Match::Maybe => &mut found[1],
        };
        let mut requirements = Vec::with_capacity(selector.0.len());
        for requirement in &selector.0 {
            let Some((key, values)) = self.world.asked.labels.get(&requirement.key) else { return };
            let values: Vec<u32> =
                requirement.values.iter().filter_map(|it| values.get(it).copied()).collect();
            requirements.push((*key, requirement.operator, values));
        }
        found.extend(classes.iter().copied().filter(|class| {
            let labels = self.labels(*class);
            requirements.iter().all(|(key, operator, values)| {
                let at = labels.binary_search_by_key(key, |(label, _)| *label);
                let value = at.ok().map(|at| labels[at].1);
                let is_listed = value.is_some_and(|it| values.contains(&it));
                match operator {
                    Operator::In => is_listed,
                    Operator::NotIn => !is_listed,
                    Operator::Exists => value.is_some(),
                    Operator::DoesNotExist => value.is_none(),
                }
            })
        }));
    }

    /// The fewest classes that one requirement leaves, if one asks for a label.
    fn candidates(&self, selector: &Selector) -> Option<&[u32]> {
        let of = |requirement: &Requirement| {
            let (key, values) = self.world.asked.labels.get(&requirement.key)?;
            let value = match (requirement.operator, requirement.values.as_slice()) {
                (Operator::In, [value]) => *values.get(value)?,
                (Operator::In | Operator::Exists, _) => u32::MAX,
                _ => return None,
            };
            Some(self.postings.get(&(*key, value)).map_or(&[][..], Vec::as_slice))
        };
        selector.0.iter().filter_map(of).min_by_key(|it| it.len())
    }

    fn labels(&self, class: u32) -> &[(u32, u32)] {
        let classes = self.world.classes;
        &classes.labels[classes.keys[class as usize].labels as usize]
    }

    /// The namespaces that a selector certainly or maybe matches, in their order.
    fn namespaces(&mut self, selector: &Selector) -> Vec<(u32, Match)> {
        if let Some(known) = self.known_namespaces.get(selector) {
            return known.clone();
        }
        let names = self.world.namespaces;
        let candidates = self.candidate_namespaces(selector);
        let of = |number: u32| {
            let name = &names[number as usize];
            let implied = || [(NAME_LABEL.to_owned(), name.clone())].into();
            let known = self.world.around.namespaces.get(name);
            let is_matched = known.map_or_else(
                || selector.matches(&Labels { known: &implied(), may_have_more: true }),
                |it| selector.matches(&Labels { known: &it.labels, may_have_more: !it.is_known }),
            );
            (number, is_matched)
        };
        let all = candidates.unwrap_or_else(|| (0..names.len() as u32).collect());
        let found = all.into_iter().map(of).filter(|(_, it)| *it != Match::No);
        let found: Vec<(u32, Match)> = found.collect();
        self.known_namespaces.insert(selector.clone(), found.clone());
        found
    }

    /// The fewest namespaces that one requirement leaves, if one asks for values.
    fn candidate_namespaces(&self, selector: &Selector) -> Option<Vec<u32>> {
        let of = |requirement: &Requirement| {
            if requirement.operator != Operator::In {
                return None;
            }
            let key = requirement.key.as_str();
            let values = requirement.values.iter();
            let known = values.filter_map(|value| self.labelled.get(&(key, value.as_str())));
            let mut found: Vec<u32> = known.flatten().copied().collect();
            // The name of a namespace is its label, seen or not.
            if key != NAME_LABEL {
                found.extend(&self.unsure);
            }
            found.sort_unstable();
            found.dedup();
            Some(found)
        };
        selector.0.iter().filter_map(of).min_by_key(Vec::len)
    }
}
