//! Builds a network: classes of workloads that no policy can tell apart, and what each selector
//! matches among them.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use model::{Gap, GapKind, Object, Pod, Snapshot, WorldId};

use super::address::{self, AddressSet, Family};

use super::intervals::Intervals;
use super::policy::{
    Labels, Match, Namespaces, Peer, PodPeer, Policy, PortMatch, Requirement, Rule, Selector, Tier,
};
use super::ports::PortSet;
use super::profile::{HostNetwork, Options};
use super::workload::{self, Inventory};
use super::{Class, Network, PeerSet, PolicyRecord, RuleRecord, Workload};

/// What a class is told apart by.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord, Clone)]
struct Key {
    namespace: u32,
    labels: u32,
    ports: u32,
    addresses: u32,
    host_network: bool,
}

/// Numbers for values, each once.
struct Interner<T> {
    numbers: HashMap<T, u32>,
}

impl<T: Eq + std::hash::Hash + Clone> Interner<T> {
    fn new() -> Self {
        Self { numbers: HashMap::new() }
    }

    fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(value.clone(), number);
        number
    }

    fn values(self) -> Vec<T> {
        let mut values: Vec<(T, u32)> = self.numbers.into_iter().collect();
        values.sort_unstable_by_key(|(_, number)| *number);
        values.into_iter().map(|(value, _)| value).collect()
    }
}

/// What selectors and rules ask for: nothing else of a pod matters.
#[derive(Default)]
struct Asked {
    /// Keys of labels, and the values asked for. Other values are alike.
    labels: HashMap<String, (u32, HashMap<String, u32>)>,
    names: BTreeSet<String>,
    blocks: Vec<AddressSet>,
}

impl Asked {
    fn of(policies: &[Policy]) -> Self {
        let mut asked = Self::default();
        for policy in policies {
            asked.selector(&policy.subject.pods);
            let rules = [&policy.ingress, &policy.egress].into_iter().flatten().flatten();
            for rule in rules {
                for (_, peer) in rule.peers.iter().flatten() {
                    match peer {
                        Peer::Pods(pods) => asked.selector(&pods.pods),
                        Peer::Block(set) | Peer::Networks(set) | Peer::NodeAddresses(set, _) => {
                            asked.blocks.push(set.clone());
                        }
                        Peer::Nodes(_) | Peer::Domains => {}
                    }
                }
                for port in rule.ports.iter().flatten() {
                    if let PortMatch::Named(_, name) = port {
                        asked.names.insert(name.clone());
                    }
                }
            }
        }
        asked
    }

    fn selector(&mut self, selector: &Selector) {
        for Requirement { key, values, .. } in &selector.0 {
            let next = self.labels.len() as u32;
            let known = self.labels.entry(key.clone()).or_insert((next, HashMap::new()));
            for value in values {
                let next = known.1.len() as u32 + 1;
                known.1.entry(value.clone()).or_insert(next);
            }
        }
    }

    /// Boundaries of the address blocks in each family, sorted: no block tells apart two
    /// addresses between the same ones.
    fn cuts(&self) -> [Vec<u128>; 2] {
        let of = |family| {
            let ranges = self.blocks.iter().flat_map(|block| block.ranges(family));
            let mut cuts: Vec<u128> = ranges
                .flat_map(|(first, last)| [Some(*first), last.checked_add(1)])
                .flatten()
                .chain([0])
                .collect();
            cuts.sort_unstable();
            cuts.dedup();
            cuts
        };
        [of(Family::V4), of(Family::V6)]
    }
}

/// A pod's labels, as pairs of numbers of [`Asked::labels`]; value 0 is one nobody asks for.
type Projected = Vec<(u32, u32)>;
/// Addresses by the block interval they lie in, each by the first one of it.
type Places = Vec<(Family, u128)>;

struct Builder<'a> {
    snapshot: &'a Snapshot,
    options: &'a Options,
    asked: Asked,
    cuts: [Vec<u128>; 2],
    namespaces: Vec<String>,
    labels: Interner<Projected>,
    ports: Interner<super::NamedPorts>,
    places: Interner<Places>,
    workloads: Vec<Workload>,
    keys: Vec<Key>,
    gaps: Vec<Gap>,
}

/// Builds it; `change` is told the policies and may put others in their place.
pub(super) fn build(
    snapshot: &Snapshot,
    world: WorldId,
    options: &Options,
    change: impl FnOnce(&mut Vec<Policy>),
) -> Network {
    let mut inventory = workload::read(snapshot, world);
    inventory.mark_same_names(snapshot);
    change(&mut inventory.policies);
    let asked = Asked::of(&inventory.policies);
    let cuts = asked.cuts();
    let mut builder = Builder {
        snapshot,
        options,
        asked,
        cuts,
        namespaces: Vec::new(),
        labels: Interner::new(),
        ports: Interner::new(),
        places: Interner::new(),
        workloads: Vec::new(),
        keys: Vec::new(),
        gaps: std::mem::take(&mut inventory.gaps),
    };
    builder.ports.number(&super::NamedPorts::default());
    builder.take_workloads(&inventory);
    builder.finish(inventory)
}

impl Builder<'_> {
    fn take_workloads(&mut self, inventory: &Inventory) {
        let mut namespaces: Interner<String> = Interner::new();
        for id in &inventory.makers {
            let object = self.snapshot.object(*id);
            if object.kind != "Pod" && inventory.top(&object).is_some() {
                continue;
            }
            let (pods, is_whole) = object.pods_within_limits();
            if !is_whole {
                let reason = "makes more pods than are looked at".to_owned();
                self.gap(&object, GapKind::Limit, reason);
            }
            if pods.is_empty() {
                continue;
            }
            let Some(namespace) = object.namespace else {
                let reason = "has no namespace, so which policies hold for it is not known";
                self.gap(&object, GapKind::NoObject, reason.to_owned());
                continue;
            };
            let namespace = namespaces.number(&namespace.to_owned());
            for (template, pod) in (0..).zip(&pods) {
                let Some(addresses) =
                    (if pod.is_bare() { workload::addresses(&object) } else { Some(Vec::new()) })
                else {
                    continue;
                };
                let owner = pod.is_bare().then(|| inventory.top(&object)).flatten();
                self.take(&object, *id, pod, (namespace, template), addresses, owner);
            }
        }
        self.namespaces = namespaces.values();
    }

    fn gap(&mut self, object: &Object<'_>, kind: GapKind, reason: String) {
        let subject = object.identity().to_string();
        self.gaps.push(Gap { kind, subject, location: None, reason });
    }

    fn take(
        &mut self,
        object: &Object<'_>,
        id: model::ObjectId,
        pod: &Pod<'_>,
        (namespace, template): (u32, u32),
        addresses: Vec<IpAddr>,
        owner: Option<(String, String)>,
    ) {
        let mut labels = Projected::new();
        let written = pod.root.field("metadata.labels");
        for (key, value) in written.into_iter().flat_map(model::Node::entries) {
            if let Some((key, values)) = self.asked.labels.get(key) {
                let value = value.as_str().unwrap_or_default();
                labels.push((*key, values.get(value).copied().unwrap_or(0)));
            }
        }
        labels.sort_unstable();
        let ports = if self.asked.names.is_empty() {
            0
        } else {
            let mut ports = workload::named_ports(pod);
            ports.retain(|(name, _, _)| self.asked.names.contains(name));
            ports.sort_unstable();
            let is_on_host = pod.host_network() && !ports.is_empty();
            self.ports.number(&super::NamedPorts { is_on_host, ports })
        };
        let place = |address: &IpAddr| {
            let (family, number) = address::number(*address);
            let cuts = &self.cuts[family as usize];
            let at = cuts.partition_point(|cut| *cut <= number);
            (family, cuts[at.saturating_sub(1)])
        };
        let mut places: Places = addresses.iter().map(place).collect();
        places.sort_unstable();
        places.dedup();
        let host_network = pod.host_network();
        self.keys.push(Key {
            namespace,
            labels: self.labels.number(&labels),
            ports,
            addresses: self.places.number(&places),
            host_network,
        });
        let node = pod.spec.str("nodeName").filter(|node| !node.is_empty());
        self.workloads.push(Workload {
            namespace,
            kind: object.kind.into(),
            name: object.name.into(),
            object: id,
            template,
            is_pod: pod.is_bare(),
            owner,
            addresses: addresses.into_boxed_slice(),
            host_network,
            node: node.map(Into::into),
            class: 0,
        });
    }

    fn finish(mut self, inventory: Inventory) -> Network {
        // Classes are numbered by namespace, so that one namespace is one range of them.
        let mut distinct: Vec<Key> = self.keys.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for (workload, key) in self.workloads.iter_mut().zip(&self.keys) {
            workload.class = distinct.binary_search(key).unwrap_or(0) as u32;
        }
        let ports = self.ports.values();
        let places = self.places.values();
        let labels = self.labels.values();
        let classes: Vec<Class> = distinct
            .iter()
            .map(|key| Class {
                namespace: key.namespace,
                ports: key.ports,
                places: places[key.addresses as usize].clone().into_boxed_slice(),
                host_network: key.host_network,
                ..Class::default()
            })
            .collect();
        let mut network = Network {
            profile: self.options.profile,
            namespaces: self.namespaces,
            workloads: self.workloads,
            classes,
            named_ports: ports,
            gaps: self.gaps,
            ..Network::default()
        };
        for workload in &network.workloads {
            network.classes[workload.class as usize].members += 1;
        }
        let mut selection = Selection::new(
            (&network, &self.options.pod_addresses),
            &inventory,
            &self.asked,
            &distinct,
            &labels,
        );
        let mut policies = Vec::new();
        let mut rules = Vec::new();
        let mut peers = Vec::new();
        for policy in &inventory.policies {
            policies.push(selection.policy(policy, &mut rules, &mut peers));
        }
        network.policies = policies;
        network.rules = rules;
        network.peers = peers;
        network.names = inventory.namespaces.into_keys().collect();
        network.by_name = super::find::index(&network);
        network.group();
        network
    }
}

/// Whether any address of a family lies in a block.
fn within(block: &AddressSet, family: Family) -> Match {
    if block.covers(family) { Match::Yes } else { Match::Maybe }
}

/// Evaluates selectors over classes, each distinct one once.
struct Selection<'a> {
    network: &'a Network,
    pod_addresses: &'a AddressSet,
    inventory: &'a Inventory,
    asked: &'a Asked,
    labels: Vec<&'a Projected>,
    /// The classes of each namespace.
    ranges: Vec<(u32, u32)>,
    by_name: HashMap<&'a str, u32>,
    /// Classes that have a label with a value, and with any value (under `u32::MAX`).
    postings: HashMap<(u32, u32), Vec<u32>>,
    /// For each family, the places of classes, sorted, and the classes without an address.
    placed: [Vec<(u128, u32)>; 2],
    unplaced: Vec<u32>,
    known_peers: HashMap<(Peer, bool), u32>,
    known_namespaces: HashMap<Selector, Vec<Match>>,
}

impl<'a> Selection<'a> {
    fn new(
        (network, pod_addresses): (&'a Network, &'a AddressSet),
        inventory: &'a Inventory,
        asked: &'a Asked,
        keys: &[Key],
        labels: &'a [Projected],
    ) -> Self {
        let mut ranges = vec![(1, 0); network.namespaces.len()];
        let mut postings: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        let mut placed = [Vec::new(), Vec::new()];
        let mut unplaced = Vec::new();
        for (class, key) in (0..).zip(keys) {
            let range = &mut ranges[key.namespace as usize];
            *range = if range.0 > range.1 { (class, class) } else { (range.0, class) };
            for (label, value) in &labels[key.labels as usize] {
                postings.entry((*label, *value)).or_default().push(class);
                postings.entry((*label, u32::MAX)).or_default().push(class);
            }
            let places = &network.classes[class as usize].places;
            for (family, first) in places {
                placed[*family as usize].push((*first, class));
            }
            if places.is_empty() {
                unplaced.push(class);
            }
        }
        for it in &mut placed {
            it.sort_unstable();
        }
        let by_name =
            network.namespaces.iter().zip(0..).map(|(name, number)| (name.as_str(), number));
        Self {
            network,
            pod_addresses,
            inventory,
            asked,
            labels: keys.iter().map(|key| &labels[key.labels as usize]).collect(),
            ranges,
            by_name: by_name.collect(),
            postings,
            placed,
            unplaced,
            known_peers: HashMap::new(),
            known_namespaces: HashMap::new(),
        }
    }

    fn policy(
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
        let profile = self.network.profile;
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
        let classes = (0..).zip(&self.network.classes);
        Intervals::new(
            classes.filter(|(_, it)| it.host_network).map(|(number, _)| (number, number)).collect(),
        )
    }

    /// Whether pods whose addresses are not known have them in a block.
    fn pods_are_in(&self, block: &AddressSet, family: Family) -> Match {
        let all = AddressSet::all_of(family).intersection(self.pod_addresses);
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
            if self.network.classes[class as usize].host_network { nodes } else { pods }
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
                    let is_host = self.network.classes[class as usize].host_network;
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
                    let range = self.ranges[*number as usize];
                    self.add(range.0..=range.1, &peer.pods, Match::Yes, &mut found);
                }
            }
            Namespaces::Labelled(selector) => {
                let namespaces = self.namespaces(selector);
                match self.candidates(&peer.pods) {
                    Some(candidates) => {
                        for class in candidates {
                            let namespace = self.network.classes[*class as usize].namespace;
                            let in_namespace = namespaces[namespace as usize];
                            self.add([*class], &peer.pods, in_namespace, &mut found);
                        }
                    }
                    None => {
                        for (in_namespace, range) in namespaces.iter().zip(&self.ranges) {
                            self.add(range.0..=range.1, &peer.pods, *in_namespace, &mut found);
                        }
                    }
                }
            }
        }
        let mut sets: [Vec<(u32, u32)>; 2] = [Vec::new(), Vec::new()];
        for (is_maybe, classes) in found.into_iter().enumerate() {
            for class in classes {
                let is_host = self.network.classes[class as usize].host_network;
                // The cluster's policies leave pods on the host's network out.
                let to = match self.network.profile.host_network {
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
        classes: impl IntoIterator<Item = u32>,
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
            let Some((key, values)) = self.asked.labels.get(&requirement.key) else { return };
            let values: Vec<u32> =
                requirement.values.iter().filter_map(|it| values.get(it).copied()).collect();
            requirements.push((*key, requirement.operator, values));
        }
        found.extend(classes.into_iter().filter(|class| {
            let labels = self.labels[*class as usize];
            requirements.iter().all(|(key, operator, values)| {
                use super::policy::Operator;
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
        use super::policy::Operator;
        let of = |requirement: &Requirement| {
            let (key, values) = self.asked.labels.get(&requirement.key)?;
            let value = match (requirement.operator, requirement.values.as_slice()) {
                (Operator::In, [value]) => *values.get(value)?,
                (Operator::In | Operator::Exists, _) => u32::MAX,
                _ => return None,
            };
            Some(self.postings.get(&(*key, value)).map_or(&[][..], Vec::as_slice))
        };
        selector.0.iter().filter_map(of).min_by_key(|it| it.len())
    }

    fn namespaces(&mut self, selector: &Selector) -> Vec<Match> {
        if let Some(known) = self.known_namespaces.get(selector) {
            return known.clone();
        }
        let of = |name: &String| {
            let name_label = (workload::NAME_LABEL.to_owned(), name.clone());
            let implied = [name_label].into();
            let (known, is_known) = match self.inventory.namespaces.get(name) {
                Some(namespace) => (&namespace.labels, namespace.is_known),
                None => (&implied, false),
            };
            selector.matches(&Labels { known, may_have_more: !is_known })
        };
        let found: Vec<Match> = self.network.namespaces.iter().map(of).collect();
        self.known_namespaces.insert(selector.clone(), found.clone());
        found
    }
}
