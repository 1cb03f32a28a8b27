//! What differs between two networks: what opened, what closed, and between whom.

use std::collections::{BTreeMap, HashMap};

use super::address::AddressSet;
use super::answer::WorkloadId;
use super::compare::{Comparison, Differing, Members, Ports, State};
use super::policy::Direction;
use super::ports::{PortSet, Protocol};
use super::{Endpoint, Network};

/// One difference, told of as many workloads as it holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Sources.
    pub from: Ends,
    /// Destinations.
    pub to: Ends,
    /// Ports that were certainly closed and now may be open.
    pub opened: PortSet,
    /// Ports that may have been open and now are certainly closed.
    pub closed: PortSet,
    /// Ports whose answer was known and is not any more, or the other way round.
    pub doubtful: PortSet,
    /// A packet that shows it.
    pub example: Option<(Endpoint, Endpoint, Protocol, u16)>,
}

/// One side of a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ends {
    /// These workloads, by their numbers in the newer network, in their order.
    Workloads(Vec<WorkloadId>),
    /// Addresses outside of the pods' own.
    Addresses(AddressSet),
}

impl Ends {
    /// Each workload, or the addresses as one.
    pub fn iter(&self) -> impl Iterator<Item = Endpoint> + '_ {
        let (workloads, addresses) = match self {
            Self::Workloads(workloads) => (workloads.as_slice(), None),
            Self::Addresses(addresses) => (&[][..], Some(addresses)),
        };
        let addresses = addresses.into_iter().cloned().map(Endpoint::Addresses);
        workloads.iter().copied().map(Endpoint::Workload).chain(addresses)
    }
}

/// What a change does to the workloads that are in both networks: between them, and with
/// addresses outside. That a workload came or went is no change of policy.
pub fn changes(old: &Network, new: &Network) -> Vec<Change> {
    let joint = joint(old, new);
    let (before, after) = joint.keys().copied().unzip();
    let members = Members::of_lists(joint.values());
    let old = State { network: old, classes: before, revised: None };
    let new = State { network: new, classes: after, revised: None };
    let differing = [Direction::Ingress, Direction::Egress];
    let differing = differing.map(|direction| Differing::of_all(&old, &new, direction));
    Comparison { old, new, members, differing }.changes()
}

/// The workloads that are in both, as pairs of classes, each with its numbers in the newer one.
fn joint(old: &Network, new: &Network) -> BTreeMap<(u32, u32), Vec<u32>> {
    let key = |network: &Network, number: u32| {
        let it = &network.workloads[number as usize];
        let namespace = network.namespaces[it.namespace as usize].clone();
        (namespace, it.kind.clone(), it.name.clone(), it.template)
    };
    let before: HashMap<_, u32> =
        (0..old.workloads.len() as u32).map(|number| (key(old, number), number)).collect();
    let mut joint: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for number in 0..new.workloads.len() as u32 {
        if let Some(was) = before.get(&key(new, number)) {
            let classes =
                (old.workloads[*was as usize].class, new.workloads[number as usize].class);
            joint.entry(classes).or_default().push(number);
        }
    }
    joint
}

/// A difference in these ports.
pub(super) fn change(from: Ends, to: Ends, (opened, closed, doubtful): Ports) -> Change {
    let packet = opened.first().or_else(|| closed.first()).or_else(|| doubtful.first());
    // A pod always reaches itself: an example is of two ends.
    let ends =
        from.iter().find_map(|from| to.iter().find(|to| *to != from).map(|to| (from.clone(), to)));
    let example = ends.zip(packet).map(|((from, to), (protocol, port))| (from, to, protocol, port));
    Change { from, to, opened, closed, doubtful, example }
}

/// In an order that hangs on what is told alone.
pub(super) fn sorted(mut found: Vec<Change>) -> Vec<Change> {
    found.sort_by(|a, b| {
        let ports = |it: &Change| (it.opened.clone(), it.closed.clone(), it.doubtful.clone());
        a.to.cmp(&b.to).then_with(|| a.from.cmp(&b.from)).then_with(|| ports(a).cmp(&ports(b)))
    });
    found
}
