//! What differs between two networks: what opened, what closed, and between whom.

use std::collections::{BTreeMap, HashMap};

use super::address::AddressSet;
use super::answer::WorkloadId;
use super::decide::Outcome;
use super::policy::Direction;
use super::ports::{PortSet, Protocol};
use super::{Endpoint, Network};

/// One difference, told of as many workloads as it holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Sources, by their numbers in the newer network.
    pub from: Vec<Endpoint>,
    /// Destinations.
    pub to: Vec<Endpoint>,
    /// Ports that were certainly closed and now may be open.
    pub opened: PortSet,
    /// Ports that may have been open and now are certainly closed.
    pub closed: PortSet,
    /// Ports whose answer was known and is not any more, or the other way round.
    pub doubtful: PortSet,
    /// A packet that shows it.
    pub example: Option<(Endpoint, Endpoint, Protocol, u16)>,
}

/// The workloads that are in both, as pairs of classes, each with its numbers in the newer one.
type Joint = BTreeMap<(u32, u32), Vec<u32>>;
/// Ports opened, closed and in doubt.
type Ports = (PortSet, PortSet, PortSet);

/// What a change does to the workloads that are in both networks: between them, and with
/// addresses outside. That a workload came or went is no change of policy.
pub fn changes(old: &Network, new: &Network) -> Vec<Change> {
    let joint = joint(old, new);
    let mut found = between(old, new, &joint);
    for direction in [Direction::Egress, Direction::Ingress] {
        found.extend(outside(old, new, &joint, direction));
    }
    found
}

fn joint(old: &Network, new: &Network) -> Joint {
    let key = |network: &Network, number: u32| {
        let it = &network.workloads[number as usize];
        let namespace = network.namespaces[it.namespace as usize].clone();
        (namespace, it.kind.clone(), it.name.clone(), it.template)
    };
    let before: HashMap<_, u32> =
        (0..old.workloads.len() as u32).map(|number| (key(old, number), number)).collect();
    let mut joint = Joint::new();
    for number in 0..new.workloads.len() as u32 {
        if let Some(was) = before.get(&key(new, number)) {
            let classes =
                (old.workloads[*was as usize].class, new.workloads[number as usize].class);
            joint.entry(classes).or_default().push(number);
        }
    }
    joint
}

fn differ(old: &Outcome, new: &Outcome) -> Option<Ports> {
    if old == new {
        return None;
    }
    let opened = new.possible.difference(&old.possible);
    let closed = old.possible.difference(&new.possible);
    let unknown = |it: &Outcome| it.possible.difference(&it.certain);
    let (was, is) = (unknown(old), unknown(new));
    let doubtful = was.difference(&is).union(&is.difference(&was));
    let doubtful = doubtful.difference(&opened.union(&closed));
    Some((opened, closed, doubtful))
}

/// The numbers of the outcomes of a class on one side, for a peer class.
fn outcome(
    network: &Network,
    class: u32,
    direction: Direction,
    family: usize,
    peer: u32,
) -> &Outcome {
    let group = network.classes[class as usize].groups[direction as usize] as usize;
    let number = network.groups[direction as usize][group].outcome(family, peer);
    &network.outcomes[number as usize]
}

/// For each joint class, whether what its policies say differs at all.
fn touched(old: &Network, new: &Network, joint: &Joint, direction: Direction) -> Vec<bool> {
    let mut known: HashMap<(u32, u32), bool> = HashMap::new();
    let group =
        |network: &Network, class: u32| network.classes[class as usize].groups[direction as usize];
    let of = |&(before, after): &(u32, u32)| {
        *known.entry((group(old, before), group(new, after))).or_insert_with(|| {
            joint.keys().any(|(was, is)| {
                (0..2).any(|family| {
                    outcome(old, before, direction, family, *was)
                        != outcome(new, after, direction, family, *is)
                })
            })
        })
    };
    joint.keys().map(of).collect()
}

fn between(old: &Network, new: &Network, joint: &Joint) -> Vec<Change> {
    let sources = touched(old, new, joint, Direction::Egress);
    let targets = touched(old, new, joint, Direction::Ingress);
    let classes: Vec<(u32, u32)> = joint.keys().copied().collect();
    let only: Vec<usize> = (0..classes.len()).filter(|at| targets[*at]).collect();
    let all: Vec<usize> = (0..classes.len()).collect();
    let pair = |network: &Network, source: u32, target: u32| {
        let of = |family| {
            let egress = outcome(network, source, Direction::Egress, family, target);
            egress.both(outcome(network, target, Direction::Ingress, family, source))
        };
        of(0).either(&of(1))
    };
    // Targets with the same change of one source, then sources with the same of those.
    let mut merged: BTreeMap<(Vec<usize>, Ports), Vec<usize>> = BTreeMap::new();
    for (source, (before, after)) in classes.iter().enumerate() {
        let mut by_ports: BTreeMap<Ports, Vec<usize>> = BTreeMap::new();
        for target in if sources[source] { &all } else { &only } {
            let (was, is) = classes[*target];
            let difference = differ(&pair(old, *before, was), &pair(new, *after, is));
            if let Some(ports) = difference {
                by_ports.entry(ports).or_default().push(*target);
            }
        }
        for (ports, to) in by_ports {
            merged.entry((to, ports)).or_default().push(source);
        }
    }
    let members = |numbers: &[usize]| -> Vec<Endpoint> {
        let of = |number: &usize| joint[&classes[*number]].iter();
        numbers.iter().flat_map(of).map(|it| Endpoint::Workload(WorkloadId(*it))).collect()
    };
    let change = |((to, ports), from): ((Vec<usize>, Ports), Vec<usize>)| {
        change(members(&from), members(&to), ports)
    };
    merged.into_iter().map(change).collect()
}

fn outside(old: &Network, new: &Network, joint: &Joint, direction: Direction) -> Vec<Change> {
    let mut merged: BTreeMap<(AddressSet, Ports), Vec<Endpoint>> = BTreeMap::new();
    let all = AddressSet::all();
    for ((before, after), numbers) in joint {
        let mut by_ports: BTreeMap<Ports, AddressSet> = BTreeMap::new();
        let parts = new.outcomes_outside(*after, &all, direction);
        for (set, was) in old.outcomes_outside(*before, &all, direction) {
            for (other, is) in &parts {
                let Some(ports) = differ(&was, is) else { continue };
                let both = set.intersection(other);
                if !both.is_empty() {
                    let known = by_ports.entry(ports).or_default();
                    *known = known.union(&both);
                }
            }
        }
        for (ports, set) in by_ports {
            let numbers = numbers.iter().map(|it| Endpoint::Workload(WorkloadId(*it)));
            merged.entry((set, ports)).or_default().extend(numbers);
        }
    }
    let change = |((set, ports), workloads): ((AddressSet, Ports), Vec<Endpoint>)| {
        let set = vec![Endpoint::Addresses(set)];
        match direction {
            Direction::Egress => change(workloads, set, ports),
            Direction::Ingress => change(set, workloads, ports),
        }
    };
    merged.into_iter().map(change).collect()
}

fn change(from: Vec<Endpoint>, to: Vec<Endpoint>, (opened, closed, doubtful): Ports) -> Change {
    let packet = opened.first().or_else(|| closed.first()).or_else(|| doubtful.first());
    // A pod always reaches itself: an example is of two ends.
    let ends = from
        .iter()
        .find_map(|from| to.iter().find(|to| *to != from).map(|to| (from.clone(), to.clone())));
    let example = ends.zip(packet).map(|((from, to), (protocol, port))| (from, to, protocol, port));
    Change { from, to, opened, closed, doubtful, example }
}
