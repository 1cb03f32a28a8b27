//! How much policies let through between workloads, beside what was seen.

use std::collections::{BTreeMap, HashMap};

use super::super::Network;
use super::super::address::AddressSet;
use super::super::policy::Direction;
use super::super::ports::PortSet;
use super::directory::Directory;
use super::observed::Observed;
use super::units::{UnitId, Units};

/// The ports that policies let through between workloads of which one at least is closed to all
/// but that. Where neither is, everything is open and nothing is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// By source and destination.
    pub open: BTreeMap<(UnitId, UnitId), PortSet>,
    /// Whether these are not all: the first so many are told.
    pub is_cut: bool,
}

/// Most pairs of workloads that are told; policies that allow everything would make them
/// quadratic.
const PAIRS_MAX: usize = 5_000_000;

/// How much more is let through than was seen. What is granted for DNS is in neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tightness {
    /// Ports of pairs of workloads that were seen.
    pub observed: u64,
    /// Ports of pairs of workloads that are let through.
    pub allowed: u64,
    /// Ports of addresses outside that workloads were seen with.
    pub observed_outside: u64,
    /// Ports of addresses outside that are let through.
    pub allowed_outside: u64,
}

impl Tightness {
    /// Allowed for each one that was seen, between workloads; 1 where nothing was.
    pub fn ratio(&self) -> f64 {
        ratio(self.allowed, self.observed)
    }

    /// The same for addresses outside.
    pub fn ratio_outside(&self) -> f64 {
        ratio(self.allowed_outside, self.observed_outside)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn ratio(allowed: u64, observed: u64) -> f64 {
    if observed == 0 { 1.0 } else { allowed as f64 / observed as f64 }
}

impl Cells {
    /// What a network lets through.
    pub fn of(network: &Network, units: &Units) -> Self {
        let mut search = Search::new(network, units);
        for source in 0..network.classes.len() as u32 {
            search.from(source);
        }
        for target in 0..network.classes.len() as u32 {
            search.to(target);
        }
        search.found
    }

    /// What is open here and not in another.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        let more = |(pair, ports): (&(UnitId, UnitId), &PortSet)| {
            let ports = match other.open.get(pair) {
                Some(known) => ports.difference(known),
                None => ports.clone(),
            };
            (!ports.is_empty()).then_some((*pair, ports))
        };
        let is_cut = self.is_cut || other.is_cut;
        Self { open: self.open.iter().filter_map(more).collect(), is_cut }
    }

    /// How many ports of pairs there are, but for those of DNS.
    pub fn count(&self, directory: &Directory<'_>) -> u64 {
        let dns = &directory.dns;
        let granted = PortSet::new(dns.ports.iter().map(|(it, port)| (*it, *port, *port)));
        let of = |((_, target), ports): (&(UnitId, UnitId), &PortSet)| {
            if dns.units.contains(target) {
                u64::from(ports.difference(&granted).count())
            } else {
                u64::from(ports.count())
            }
        };
        self.open.iter().map(of).sum()
    }

    /// How much more a network lets through than was seen; these are its cells.
    pub fn tightness(
        &self,
        network: &Network,
        directory: &Directory<'_>,
        observed: &Observed,
    ) -> Tightness {
        let units = directory.units;
        let mut found = Tightness { allowed: self.count(directory), ..Tightness::default() };
        for (source, target, protocol, port) in &observed.cells {
            let is_dns = directory.dns.units.contains(target)
                && directory.dns.ports.contains(&(*protocol, *port));
            let is_closed = is_closed(network, units, *source, Direction::Egress)
                || is_closed(network, units, *target, Direction::Ingress);
            found.observed += u64::from(is_closed && !is_dns);
        }
        let outside = directory.inside.complement();
        for (unit, direction, address, _, _) in &observed.outer {
            let counts = outside.contains(*address) && is_closed(network, units, *unit, *direction);
            found.observed_outside += u64::from(counts);
        }
        for id in units.ids() {
            for direction in [Direction::Ingress, Direction::Egress] {
                if is_closed(network, units, id, direction) {
                    let open = open_outside(network, units, id, direction, &outside);
                    found.allowed_outside = found.allowed_outside.saturating_add(open);
                }
            }
        }
        found
    }
}

/// The class of a unit's first pod that is not on its node's network.
fn class_of(network: &Network, units: &Units, id: UnitId) -> Option<u32> {
    let members = units.unit(id).members.iter().map(|it| network.workload(*it));
    let mut pods = members.filter(|it| !it.host_network);
    pods.next().map(|it| it.class)
}

fn is_closed(network: &Network, units: &Units, id: UnitId, direction: Direction) -> bool {
    let mut members = units.unit(id).members.iter();
    let pod = members.find(|it| !network.workload(**it).host_network);
    pod.is_some_and(|pod| network.isolated(*pod, direction) == Some(true))
}

/// Ports of addresses outside that a unit may call or be called from.
fn open_outside(
    network: &Network,
    units: &Units,
    id: UnitId,
    direction: Direction,
    outside: &AddressSet,
) -> u64 {
    let Some(class) = class_of(network, units, id) else { return 0 };
    let parts = network.outcomes_outside(class, outside, direction);
    let open = parts
        .iter()
        .map(|(set, outcome)| set.count().saturating_mul(u128::from(outcome.possible.count())));
    u64::try_from(open.fold(0, u128::saturating_add)).unwrap_or(u64::MAX)
}

struct Search<'a> {
    network: &'a Network,
    /// The units of each class that is not on the nodes' network.
    units_of: Vec<Vec<UnitId>>,
    /// By direction and class, whether policies close it.
    is_closed: [Vec<bool>; 2],
    /// Outcomes at the source and at the destination, and the ports that both let through.
    known: HashMap<(u32, u32), PortSet>,
    found: Cells,
}

impl<'a> Search<'a> {
    fn new(network: &'a Network, units: &Units) -> Self {
        let mut units_of: Vec<Vec<UnitId>> = vec![Vec::new(); network.classes.len()];
        let mut is_closed =
            [Direction::Ingress, Direction::Egress].map(|_| vec![false; network.classes.len()]);
        for id in network.workloads() {
            let it = network.workload(id);
            if it.host_network {
                continue;
            }
            let of_class = &mut units_of[it.class as usize];
            if of_class.is_empty() {
                for direction in [Direction::Ingress, Direction::Egress] {
                    is_closed[direction as usize][it.class as usize] =
                        network.isolated(id, direction) == Some(true);
                }
            }
            of_class.push(units.of_workload(id));
        }
        for of_class in &mut units_of {
            of_class.sort_unstable();
            of_class.dedup();
        }
        Self { network, units_of, is_closed, known: HashMap::new(), found: Cells::default() }
    }

    /// What a closed source reaches.
    fn from(&mut self, source: u32) {
        if !self.is_closed[Direction::Egress as usize][source as usize] {
            return;
        }
        self.others(source, Direction::Egress, |_, _| true);
    }

    /// What sources that are not closed reach at a closed target.
    fn to(&mut self, target: u32) {
        if !self.is_closed[Direction::Ingress as usize][target as usize] {
            return;
        }
        self.others(target, Direction::Ingress, |search, source| {
            !search.is_closed[Direction::Egress as usize][source as usize]
        });
    }

    /// Goes over the runs of a class's row that let something through.
    fn others(&mut self, class: u32, direction: Direction, counts: fn(&Self, u32) -> bool) {
        let network = self.network;
        if self.units_of[class as usize].is_empty() {
            return;
        }
        let group = |class: u32, direction: Direction| {
            let number = network.classes[class as usize].groups[direction as usize];
            &network.groups[direction as usize][number as usize]
        };
        for family in 0..2 {
            if self.found.is_cut {
                return;
            }
            let row = group(class, direction).row(family);
            for (at, (first, outcome)) in row.iter().enumerate() {
                if network.outcomes[*outcome as usize].possible.is_empty() {
                    continue;
                }
                let end = row.get(at + 1).map_or(network.classes.len() as u32, |next| next.0);
                for other in *first..end {
                    if !counts(self, other) {
                        continue;
                    }
                    let (source, target, numbers) = match direction {
                        Direction::Egress => {
                            let back = group(other, Direction::Ingress).outcome(family, class);
                            (class, other, (*outcome, back))
                        }
                        Direction::Ingress => {
                            let there = group(other, Direction::Egress).outcome(family, class);
                            (other, class, (there, *outcome))
                        }
                    };
                    self.add(source, target, numbers);
                }
            }
        }
    }

    fn add(&mut self, source: u32, target: u32, numbers: (u32, u32)) {
        let network = self.network;
        let ports = self.known.entry(numbers).or_insert_with(|| {
            let of = |number: u32| &network.outcomes[number as usize];
            of(numbers.0).both(of(numbers.1)).possible
        });
        if ports.is_empty() {
            return;
        }
        self.found.is_cut |= self.found.open.len() > PAIRS_MAX;
        for from in &self.units_of[source as usize] {
            for to in &self.units_of[target as usize] {
                let known = self.found.open.entry((*from, *to)).or_default();
                if known != ports {
                    *known = known.union(ports);
                }
            }
        }
    }
}
