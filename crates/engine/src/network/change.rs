//! What differs between two networks: what opened, what closed, and between whom.

use std::collections::{BTreeMap, HashMap};

use super::address::AddressSet;
use super::answer::WorkloadId;
use super::decide::Outcome;
use super::intervals::Intervals;
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
    let (classes, members): (Vec<(u32, u32)>, Vec<Vec<u32>>) = joint(old, new).into_iter().unzip();
    let (before, after) = classes.into_iter().unzip();
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

/// A network, asked by cells: workloads that neither of two states tells apart.
pub(super) struct State<'a> {
    pub(super) network: &'a Network,
    /// The class of each cell.
    pub(super) classes: Vec<u32>,
    pub(super) revised: Option<&'a Revised>,
}

/// What takes the place of some of the rows of a network.
pub(super) struct Revised {
    /// Its classes are the cells.
    pub(super) network: Network,
    /// By direction, the cells whose row it has.
    pub(super) is_touched: [Vec<bool>; 2],
}

impl State<'_> {
    fn revised(&self, direction: Direction, cell: u32) -> Option<&Network> {
        let revised = self.revised.filter(|it| it.is_touched[direction as usize][cell as usize]);
        revised.map(|it| &it.network)
    }

    /// What the policies of a cell hang on: whether they are revised, its group and named ports.
    fn place(&self, direction: Direction, cell: u32) -> (bool, u32, u32) {
        let revised = self.revised(direction, cell);
        let class = match revised {
            Some(network) => &network.classes[cell as usize],
            None => &self.network.classes[self.classes[cell as usize] as usize],
        };
        (revised.is_some(), class.groups[direction as usize], class.ports)
    }

    /// The number of the outcome of a cell on one side, for a cell at the other.
    fn number(&self, direction: Direction, cell: u32, family: usize, peer: u32) -> u32 {
        let (is_revised, group, _) = self.place(direction, cell);
        if let Some(revised) = self.revised.filter(|_| is_revised) {
            let group = &revised.network.groups[direction as usize][group as usize];
            return self.network.outcomes.len() as u32 + group.outcome(family, peer);
        }
        let group = &self.network.groups[direction as usize][group as usize];
        group.outcome(family, self.classes[peer as usize])
    }

    fn outcome(&self, number: u32) -> &Outcome {
        let own = &self.network.outcomes;
        own.get(number as usize).unwrap_or_else(|| {
            let more = self.revised.map_or(&[][..], |it| &it.network.outcomes);
            &more[number as usize - own.len()]
        })
    }

    /// Runs of cells at the other end by their first one, and the outcome. `starts` gives the
    /// first cell of each class, which are in one order.
    fn row(
        &self,
        (direction, family): (Direction, usize),
        cell: u32,
        starts: &[u32],
    ) -> Vec<(u32, u32)> {
        let (is_revised, group, _) = self.place(direction, cell);
        if let Some(revised) = self.revised.filter(|_| is_revised) {
            let row = revised.network.groups[direction as usize][group as usize].row(family);
            let first = self.network.outcomes.len() as u32;
            return row.iter().map(|(cell, outcome)| (*cell, first + outcome)).collect();
        }
        let row = self.network.groups[direction as usize][group as usize].row(family);
        row.iter().map(|(class, outcome)| (starts[*class as usize], *outcome)).collect()
    }

    fn outside(&self, direction: Direction, cell: u32) -> Vec<(AddressSet, Outcome)> {
        let all = AddressSet::all();
        match self.revised(direction, cell) {
            Some(revised) => revised.outcomes_outside(cell, &all, direction),
            None => self.network.outcomes_outside(self.classes[cell as usize], &all, direction),
        }
    }
}

/// The cells whose own policies say something else in the new state, in one direction.
pub(super) struct Differing {
    /// By cell, the number of the set.
    of: Vec<Option<u32>>,
    /// Cells at the other end that they say it of.
    sets: Vec<Intervals<u32>>,
    /// Cells whose policies are not the same, whatever they say of the other cells.
    touched: Vec<u32>,
}

impl Differing {
    /// Asks about every cell.
    fn of_all(old: &State<'_>, new: &State<'_>, direction: Direction) -> Self {
        let cells = old.classes.len() as u32;
        let numbers: HashMap<&Outcome, u32> = old.network.outcomes.iter().zip(0..).collect();
        let as_old: Vec<Option<u32>> =
            new.network.outcomes.iter().map(|it| numbers.get(it).copied()).collect();
        Self::of((0..cells).collect(), cells, (old, new, direction), |cell| {
            let differs = |peer: &u32| {
                (0..2).any(|family| {
                    let is = new.number(direction, cell, family, *peer);
                    as_old[is as usize] != Some(old.number(direction, cell, family, *peer))
                })
            };
            (0..cells).filter(differs).map(|peer| (peer, peer)).collect()
        })
    }

    /// Asks about those with a revised row, run by run.
    pub(super) fn of_revised(
        old: &State<'_>,
        new: &State<'_>,
        direction: Direction,
        starts: &[u32],
    ) -> Self {
        let cells = old.classes.len() as u32;
        let touched = (0..cells).filter(|cell| new.revised(direction, *cell).is_some()).collect();
        Self::of(touched, cells, (old, new, direction), |cell| {
            let mut found = Vec::new();
            for family in 0..2 {
                let before = old.row((direction, family), cell, starts);
                let after = new.row((direction, family), cell, starts);
                let (mut was, mut is, mut first) = (0, 0, 0);
                while first < cells {
                    let end =
                        |row: &[(u32, u32)], at: usize| row.get(at + 1).map_or(cells, |it| it.0);
                    let next = end(&before, was).min(end(&after, is));
                    if old.outcome(before[was].1) != new.outcome(after[is].1) {
                        found.push((first, next - 1));
                    }
                    was += usize::from(end(&before, was) == next);
                    is += usize::from(end(&after, is) == next);
                    first = next;
                }
            }
            found
        })
    }

    /// Those of one group before and after have one set.
    fn of(
        touched: Vec<u32>,
        cells: u32,
        (old, new, direction): (&State<'_>, &State<'_>, Direction),
        differing: impl Fn(u32) -> Vec<(u32, u32)>,
    ) -> Self {
        let mut known = HashMap::new();
        let mut found =
            Self { of: vec![None; cells as usize], sets: Vec::new(), touched: Vec::new() };
        for cell in &touched {
            let (before, after) = (old.place(direction, *cell), new.place(direction, *cell));
            let set = *known.entry((before.1, after.1)).or_insert_with(|| {
                let set = Intervals::new(differing(*cell));
                (!set.is_empty()).then(|| {
                    found.sets.push(set);
                    found.sets.len() as u32 - 1
                })
            });
            found.of[*cell as usize] = set;
        }
        Self { touched, ..found }
    }

    /// The cells of each set.
    fn cells(&self) -> Vec<Vec<u32>> {
        let mut found = vec![Vec::new(); self.sets.len()];
        for cell in &self.touched {
            if let Some(set) = self.of[*cell as usize] {
                found[set as usize].push(*cell);
            }
        }
        found
    }
}

/// Ports opened, closed and in doubt.
type Ports = (PortSet, PortSet, PortSet);

/// Two states, and where they differ.
pub(super) struct Comparison<'a> {
    pub(super) old: State<'a>,
    pub(super) new: State<'a>,
    /// The workloads of each cell.
    pub(super) members: Vec<Vec<u32>>,
    /// By direction.
    pub(super) differing: [Differing; 2],
}

impl Comparison<'_> {
    /// What differs, each difference once.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut found = self.between();
        for direction in [Direction::Egress, Direction::Ingress] {
            found.extend(self.outside(direction));
        }
        found
    }

    fn between(&self) -> Vec<Change> {
        let mut differences = Differences::new(self);
        let [ingress, egress] = &self.differing;
        let of_set = ingress.cells();
        // Targets with the same difference of one source, then sources with the same of those.
        let mut merged: HashMap<(u32, Vec<u32>), Vec<u32>> = HashMap::new();
        for source in 0..self.members.len() as u32 {
            let own = egress.of[source as usize].map(|set| egress.sets[set as usize].ranges());
            let own = own.into_iter().flatten();
            let mut targets: Vec<u32> = own.flat_map(|(first, last)| *first..=*last).collect();
            for (set, cells) in ingress.sets.iter().zip(&of_set) {
                if set.contains(source) {
                    targets.extend(cells);
                }
            }
            targets.sort_unstable();
            targets.dedup();
            let mut by_difference: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for target in targets {
                if let Some(difference) = differences.of(source, target) {
                    by_difference.entry(difference).or_default().push(target);
                }
            }
            for (difference, targets) in by_difference {
                merged.entry((difference, targets)).or_default().push(source);
            }
        }
        let ports = differences.ports;
        let change = |((difference, to), from): ((u32, Vec<u32>), Vec<u32>)| {
            let ends = |cells: &[u32]| self.ends(cells);
            change(ends(&from), ends(&to), ports[difference as usize].clone())
        };
        sorted(merged.into_iter().map(change).collect())
    }

    fn ends(&self, cells: &[u32]) -> Ends {
        let members = cells.iter().flat_map(|cell| &self.members[*cell as usize]);
        let mut found: Vec<WorkloadId> = members.copied().map(WorkloadId).collect();
        found.sort_unstable();
        Ends::Workloads(found)
    }

    fn outside(&self, direction: Direction) -> Vec<Change> {
        let mut known: HashMap<_, Vec<(Ports, AddressSet)>> = HashMap::new();
        let mut merged: BTreeMap<(AddressSet, Ports), Vec<u32>> = BTreeMap::new();
        for cell in &self.differing[direction as usize].touched {
            let key = (self.old.place(direction, *cell), self.new.place(direction, *cell));
            let parts = known.entry(key).or_insert_with(|| self.outside_of(direction, *cell));
            for (ports, set) in parts {
                merged.entry((set.clone(), ports.clone())).or_default().push(*cell);
            }
        }
        let change = |((set, ports), cells): ((AddressSet, Ports), Vec<u32>)| {
            let (workloads, set) = (self.ends(&cells), Ends::Addresses(set));
            match direction {
                Direction::Egress => change(workloads, set, ports),
                Direction::Ingress => change(set, workloads, ports),
            }
        };
        sorted(merged.into_iter().map(change).collect())
    }

    fn outside_of(&self, direction: Direction, cell: u32) -> Vec<(Ports, AddressSet)> {
        let mut found: BTreeMap<Ports, AddressSet> = BTreeMap::new();
        let parts = self.new.outside(direction, cell);
        for (set, was) in self.old.outside(direction, cell) {
            for (other, is) in &parts {
                let Some(ports) = differ(&was, is) else { continue };
                let both = set.intersection(other);
                if !both.is_empty() {
                    let known = found.entry(ports).or_default();
                    *known = known.union(&both);
                }
            }
        }
        found.into_iter().collect()
    }
}

/// What pairs of cells differ in, each difference once.
struct Differences<'a> {
    comparison: &'a Comparison<'a>,
    /// By the numbers of the outcomes: egress and ingress of each family, before and after.
    known: HashMap<[u32; 8], Option<u32>>,
    numbers: HashMap<Ports, u32>,
    ports: Vec<Ports>,
}

impl<'a> Differences<'a> {
    fn new(comparison: &'a Comparison<'a>) -> Self {
        let (known, numbers) = (HashMap::new(), HashMap::new());
        Self { comparison, known, numbers, ports: Vec::new() }
    }

    fn of(&mut self, source: u32, target: u32) -> Option<u32> {
        let Comparison { old, new, .. } = self.comparison;
        let of = |state: &State<'_>, family| {
            let egress = state.number(Direction::Egress, source, family, target);
            [egress, state.number(Direction::Ingress, target, family, source)]
        };
        let numbers = [of(old, 0), of(old, 1), of(new, 0), of(new, 1)];
        let mut key = [0; 8];
        key.copy_from_slice(numbers.as_flattened());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let pair = |state: &State<'_>, [v4, v6]: [[u32; 2]; 2]| {
            let both =
                |[egress, ingress]: [u32; 2]| state.outcome(egress).both(state.outcome(ingress));
            both(v4).either(&both(v6))
        };
        let [was_v4, was_v6, is_v4, is_v6] = numbers;
        let ports = differ(&pair(old, [was_v4, was_v6]), &pair(new, [is_v4, is_v6]));
        let found = ports.map(|ports| {
            let next = self.ports.len() as u32;
            *self.numbers.entry(ports).or_insert_with_key(|ports| {
                self.ports.push(ports.clone());
                next
            })
        });
        self.known.insert(key, found);
        found
    }
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

fn change(from: Ends, to: Ends, (opened, closed, doubtful): Ports) -> Change {
    let packet = opened.first().or_else(|| closed.first()).or_else(|| doubtful.first());
    // A pod always reaches itself: an example is of two ends.
    let ends =
        from.iter().find_map(|from| to.iter().find(|to| *to != from).map(|to| (from.clone(), to)));
    let example = ends.zip(packet).map(|((from, to), (protocol, port))| (from, to, protocol, port));
    Change { from, to, opened, closed, doubtful, example }
}

/// In an order that hangs on what is told alone.
fn sorted(mut found: Vec<Change>) -> Vec<Change> {
    found.sort_by(|a, b| {
        let ports = |it: &Change| (it.opened.clone(), it.closed.clone(), it.doubtful.clone());
        a.to.cmp(&b.to).then_with(|| a.from.cmp(&b.from)).then_with(|| ports(a).cmp(&ports(b)))
    });
    found
}
