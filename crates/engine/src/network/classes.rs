//! Workloads that no policy can tell apart: what selectors ask for, and who differs in it.

use std::collections::{BTreeSet, HashMap};

use model::{Node, Pod, SharedTree, Snapshot};

use super::address::{self, AddressSet, Family};
use super::policy::{Namespaces, Peer, PodPeer, Policy, PortMatch, Requirement, Rule, Selector};
use super::ports::Protocol;
use super::workload::{self, NAME_LABEL, Surroundings};
use super::{NamedPorts, Workload};

/// What a class is told apart by. Classes are numbered in this order: peers that select by labels
/// then match few runs of classes.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord, Clone)]
pub(super) struct Key {
    /// The coarser part that it lies in.
    pub(super) part: u32,
    pub(super) labels: u32,
    pub(super) namespace: u32,
    pub(super) ports: u32,
    pub(super) addresses: u32,
    pub(super) host_network: bool,
}

/// Numbers for values, each once.
pub(super) struct Interner<T> {
    numbers: HashMap<T, u32>,
}

impl<T: Eq + std::hash::Hash + Clone> Interner<T> {
    pub(super) fn new() -> Self {
        Self { numbers: HashMap::new() }
    }

    pub(super) fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(value.clone(), number);
        number
    }

    pub(super) fn values(self) -> Vec<T> {
        let mut values: Vec<(T, u32)> = self.numbers.into_iter().collect();
        values.sort_unstable_by_key(|(_, number)| *number);
        values.into_iter().map(|(value, _)| value).collect()
    }
}

/// What selectors and rules ask for: nothing else of a pod matters.
#[derive(Default)]
pub(super) struct Asked {
    /// Keys of labels, and the values asked for. Other values are alike.
    pub(super) labels: HashMap<String, (u32, HashMap<String, u32>)>,
    pub(super) names: BTreeSet<String>,
    blocks: Vec<AddressSet>,
    /// Keys of the labels of namespaces, but for their names, with the number of values.
    namespaces: HashMap<String, usize>,
}

impl Asked {
    pub(super) fn of(policies: &[Policy]) -> Self {
        let mut asked = Self::default();
        for policy in policies {
            asked.pods(&policy.subject);
            for rule in [&policy.ingress, &policy.egress].into_iter().flatten().flatten() {
                asked.rule(rule);
            }
        }
        asked.order();
        asked
    }

    fn rule(&mut self, rule: &Rule) {
        for (_, peer) in rule.peers.iter().flatten() {
            match peer {
                Peer::Pods(pods) => self.pods(pods),
                Peer::Block(set) | Peer::Networks(set) | Peer::NodeAddresses(set, _) => {
                    self.blocks.push(set.clone());
                }
                Peer::Nodes(_) | Peer::Domains => {}
            }
        }
        for port in rule.ports.iter().flatten() {
            if let PortMatch::Named(_, name) = port
                && !self.names.contains(name)
            {
                self.names.insert(name.clone());
            }
        }
    }

    fn pods(&mut self, pods: &PodPeer) {
        if let Namespaces::Labelled(Selector(requirements)) = &pods.namespaces {
            for Requirement { key, values, .. } in requirements {
                if key != NAME_LABEL {
                    *self.namespaces.entry(key.clone()).or_default() += values.len();
                }
            }
        }
        for Requirement { key, values, .. } in &pods.pods.0 {
            if !self.labels.contains_key(key) {
                self.labels.insert(key.clone(), (0, HashMap::new()));
            }
            let Some((_, known)) = self.labels.get_mut(key) else { continue };
            for value in values {
                let next = known.len() as u32 + 1;
                if !known.contains_key(value) {
                    known.insert(value.clone(), next);
                }
            }
        }
    }

    /// Numbers the keys, those with the fewest values first: they part the classes coarsest.
    fn order(&mut self) {
        let mut keys: Vec<(usize, &String, &mut u32)> = self
            .labels
            .iter_mut()
            .map(|(key, (number, values))| (values.len(), key, number))
            .collect();
        keys.sort_unstable();
        for (number, (.., place)) in (0..).zip(keys) {
            *place = number;
        }
    }

    fn project(&self, written: Option<Node<'_>>) -> Projected {
        let mut labels = Projected::new();
        for (key, value) in written.into_iter().flat_map(Node::entries) {
            if let Some((key, values)) = self.labels.get(key) {
                let value = value.as_str().unwrap_or_default();
                labels.push((*key, values.get(value).copied().unwrap_or(0)));
            }
        }
        labels.sort_unstable();
        labels
    }

    fn named(&self, all: &[NamedPort], is_on_host: bool) -> NamedPorts {
        let asked = all.iter().filter(|(name, ..)| self.names.contains(name));
        let mut ports: Vec<NamedPort> = asked.cloned().collect();
        ports.sort_unstable();
        NamedPorts { is_on_host: is_on_host && !ports.is_empty(), ports }
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

    /// Namespaces that selectors tell apart by other labels than their names, numbered so that
    /// those alike stand together.
    pub(super) fn ranks(&self, names: &[String], around: &Surroundings) -> Vec<u32> {
        let mut keys: Vec<(usize, &String)> =
            self.namespaces.iter().map(|(key, values)| (*values, key)).collect();
        keys.sort_unstable();
        let of = |name: &String| -> Vec<Option<&String>> {
            let labels = around.namespaces.get(name).map(|it| &it.labels);
            keys.iter().map(|(_, key)| labels.and_then(|labels| labels.get(*key))).collect()
        };
        let labels: Vec<Vec<Option<&String>>> = names.iter().map(of).collect();
        let mut distinct: Vec<&Vec<Option<&String>>> = labels.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        labels.iter().map(|it| distinct.binary_search(&it).unwrap_or(0) as u32).collect()
    }
}

/// A port's name, its protocol and its number.
pub(super) type NamedPort = (String, Protocol, u16);
/// A pod's labels, as pairs of numbers of [`Asked::labels`]; value 0 is one nobody asks for.
pub(super) type Projected = Vec<(u32, u32)>;
/// Addresses by the block interval they lie in, each by the first one of it.
pub(super) type Places = Vec<(Family, u128)>;

/// What selectors could ask of workloads, whatever the policies are.
#[derive(Default)]
pub(super) struct Traits {
    /// The numbers of the labels and of the named ports of each workload.
    of: Vec<(u32, u32)>,
    /// By the number of labels, a workload that has them.
    with_labels: Vec<u32>,
    ports: Vec<Vec<NamedPort>>,
}

/// Takes in the traits of workloads, equal ones once.
#[derive(Default)]
pub(super) struct TraitsBuilder<'a> {
    traits: Traits,
    labels: Vec<Option<Node<'a>>>,
    known_labels: HashMap<Option<SharedTree>, u32>,
    known_containers: HashMap<[Option<SharedTree>; 2], u32>,
    known_ports: HashMap<Vec<NamedPort>, u32>,
}

impl<'a> TraitsBuilder<'a> {
    /// Takes in the next workload.
    pub(super) fn add(&mut self, pod: &Pod<'a>) {
        let number = self.traits.of.len() as u32;
        let node = pod.root.field("metadata.labels");
        let shared = node.and_then(Node::shared);
        // What is not stored once is not recognised.
        let is_stored = shared.is_some() == node.is_some();
        let known = self.known_labels.get(&shared).copied().filter(|_| is_stored);
        let labels = known.unwrap_or_else(|| {
            self.labels.push(node);
            self.traits.with_labels.push(number);
            let next = self.labels.len() as u32 - 1;
            if is_stored {
                self.known_labels.insert(shared, next);
            }
            next
        });
        let lists = ["containers", "initContainers"].map(|key| pod.spec.get(key));
        let shared = lists.map(|list| list.and_then(Node::shared));
        let is_stored = (0..2).all(|at| lists[at].is_some() == shared[at].is_some());
        let known = self.known_containers.get(&shared).copied().filter(|_| is_stored);
        let ports = known.unwrap_or_else(|| {
            let ports = workload::named_ports(pod);
            let next = self.known_ports.len() as u32;
            let number = *self.known_ports.entry(ports).or_insert_with_key(|ports| {
                self.traits.ports.push(ports.clone());
                next
            });
            if is_stored {
                self.known_containers.insert(shared, number);
            }
            number
        });
        self.traits.of.push((labels, ports));
    }

    /// The traits, and the labels by their number.
    pub(super) fn finish(self) -> (Traits, Vec<Option<Node<'a>>>) {
        (self.traits, self.labels)
    }
}

impl Traits {
    /// The labels by their number, read once more; `snapshot` is what the workloads were found in.
    pub(super) fn labels<'a>(
        &self,
        workloads: &[Workload],
        snapshot: &'a Snapshot,
    ) -> Vec<Option<Node<'a>>> {
        let of = |number: &u32| {
            let workload = &workloads[*number as usize];
            let root = if workload.is_pod {
                snapshot.root(workload.object)
            } else {
                snapshot.object(workload.object).pods().get(workload.template as usize)?.root
            };
            root.field("metadata.labels")
        };
        self.with_labels.iter().map(of).collect()
    }
}

/// Classes, and what each was told apart by.
pub(super) struct Classes {
    /// In their order, which is that of the classes.
    pub(super) keys: Vec<Key>,
    /// By workload.
    pub(super) of: Vec<u32>,
    pub(super) labels: Vec<Projected>,
    pub(super) places: Vec<Places>,
    pub(super) ports: Vec<NamedPorts>,
}

impl Classes {
    /// Parts the workloads by what is asked, and by `part`.
    pub(super) fn new(
        workloads: &[Workload],
        traits: &Traits,
        written: &[Option<Node<'_>>],
        asked: &Asked,
        part: impl Fn(&Workload) -> u32,
    ) -> Self {
        let projected: Vec<Projected> = written.iter().map(|it| asked.project(*it)).collect();
        let (label_numbers, labels) = sorted(&projected);
        let mut ports = Interner::new();
        ports.number(&NamedPorts::default());
        let mut number = |all, is_on_host| ports.number(&asked.named(all, is_on_host));
        let port_numbers: Vec<[u32; 2]> =
            traits.ports.iter().map(|all| [number(all, false), number(all, true)]).collect();
        let mut places = PlacesOf::new(asked);
        let mut numbers: HashMap<Key, u32> = HashMap::new();
        // Workloads that are alike mostly stand together.
        let mut recent: Vec<Option<(Key, u32)>> = Vec::new();
        let mut of = Vec::with_capacity(workloads.len());
        for (workload, (labels, ports)) in workloads.iter().zip(&traits.of) {
            let key = Key {
                part: part(workload),
                labels: label_numbers[*labels as usize],
                namespace: workload.namespace,
                ports: port_numbers[*ports as usize][usize::from(workload.host_network)],
                addresses: places.number(workload),
                host_network: workload.host_network,
            };
            let part = key.part as usize;
            recent.resize_with(recent.len().max(part + 1), || None);
            let known = recent[part].as_ref().filter(|(before, _)| *before == key);
            let number = known.map_or_else(
                || {
                    let next = numbers.len() as u32;
                    *numbers.entry(key.clone()).or_insert(next)
                },
                |(_, number)| *number,
            );
            recent[part] = Some((key, number));
            of.push(number);
        }
        let mut keys: Vec<(Key, u32)> = numbers.into_iter().collect();
        keys.sort_unstable();
        let mut ranks = vec![0; keys.len()];
        for (rank, (_, number)) in (0..).zip(&keys) {
            ranks[*number as usize] = rank;
        }
        for number in &mut of {
            *number = ranks[*number as usize];
        }
        let keys = keys.into_iter().map(|(key, _)| key).collect();
        Self { keys, of, labels, places: places.numbers.values(), ports: ports.values() }
    }
}

/// The number of each value among the distinct ones in their order, and those.
fn sorted<T: Ord + Clone>(values: &[T]) -> (Vec<u32>, Vec<T>) {
    let mut distinct = values.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let number = |value: &T| distinct.binary_search(value).unwrap_or(0) as u32;
    (values.iter().map(number).collect(), distinct)
}

/// Numbers for the places of addresses.
struct PlacesOf {
    cuts: [Vec<u128>; 2],
    numbers: Interner<Places>,
    /// Of one address, by family and interval.
    single: [Vec<Option<u32>>; 2],
    /// Where no block is asked for, all are alike.
    is_asked: bool,
}

impl PlacesOf {
    fn new(asked: &Asked) -> Self {
        let cuts = asked.cuts();
        let single = cuts.each_ref().map(|cuts| vec![None; cuts.len()]);
        let mut numbers = Interner::new();
        numbers.number(&Places::new());
        Self { cuts, numbers, single, is_asked: !asked.blocks.is_empty() }
    }

    fn number(&mut self, workload: &Workload) -> u32 {
        if !self.is_asked {
            return 0;
        }
        let place = |address: &std::net::IpAddr| {
            let (family, number) = address::number(*address);
            let at = self.cuts[family as usize].partition_point(|cut| *cut <= number);
            (family, at.saturating_sub(1))
        };
        let (numbers, cuts) = (&mut self.numbers, &self.cuts);
        if let [address] = &*workload.addresses {
            let (family, at) = place(address);
            let number = || numbers.number(&vec![(family, cuts[family as usize][at])]);
            return *self.single[family as usize][at].get_or_insert_with(number);
        }
        let found = workload.addresses.iter().map(place);
        let mut places: Places =
            found.map(|(family, at)| (family, cuts[family as usize][at])).collect();
        places.sort_unstable();
        places.dedup();
        numbers.number(&places)
    }
}
