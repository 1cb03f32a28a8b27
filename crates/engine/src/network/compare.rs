//! Where two states of a network differ, by cells: workloads that neither of them tells apart.

use std::collections::{BTreeMap, HashMap};

use super::Network;
use super::address::AddressSet;
use super::answer::WorkloadId;
use super::change::{Change, Ends, change, sorted};
use super::decide::Outcome;
use super::intervals::Intervals;
use super::policy::Direction;
use super::ports::PortSet;
use super::rows::Group;

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

/// What the policies of a cell say of others, in one direction.
#[derive(Clone, Copy)]
struct Side<'a> {
    group: &'a Group,
    /// Whether it counts by cells, and outcomes behind those of the network.
    is_revised: bool,
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

    fn side(&self, direction: Direction, cell: u32) -> Side<'_> {
        let (is_revised, group, _) = self.place(direction, cell);
        let revised = self.revised.filter(|_| is_revised);
        let network = revised.map_or(self.network, |it| &it.network);
        let group = &network.groups[direction as usize][group as usize];
        Side { group, is_revised }
    }

    /// The number of the outcome for a cell at the other end.
    fn number(&self, side: Side<'_>, family: usize, peer: u32) -> u32 {
        if side.is_revised {
            return self.network.outcomes.len() as u32 + side.group.outcome(family, peer);
        }
        side.group.outcome(family, self.classes[peer as usize])
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
        let side = self.side(direction, cell);
        let row = side.group.row(family).iter();
        if side.is_revised {
            let first = self.network.outcomes.len() as u32;
            return row.map(|(cell, outcome)| (*cell, first + outcome)).collect();
        }
        row.map(|(class, outcome)| (starts[*class as usize], *outcome)).collect()
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
    pub(super) fn of_all(old: &State<'_>, new: &State<'_>, direction: Direction) -> Self {
        let cells = old.classes.len() as u32;
        let numbers: HashMap<&Outcome, u32> = old.network.outcomes.iter().zip(0..).collect();
        let as_old: Vec<Option<u32>> =
            new.network.outcomes.iter().map(|it| numbers.get(it).copied()).collect();
        Self::of((0..cells).collect(), cells, (old, new, direction), |cell| {
            let (before, after) = (old.side(direction, cell), new.side(direction, cell));
            let differs = |peer: &u32| {
                (0..2).any(|family| {
                    let is = new.number(after, family, *peer);
                    as_old[is as usize] != Some(old.number(before, family, *peer))
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

/// The workloads of each cell.
pub(super) struct Members {
    /// By cell, where its workloads begin, and where the last ones end.
    starts: Vec<u32>,
    workloads: Vec<u32>,
}

impl Members {
    /// From the cell of each workload, of so many cells.
    pub(super) fn new(cell_of: &[u32], cells: usize) -> Self {
        let mut starts = vec![0_u32; cells + 1];
        for cell in cell_of {
            starts[*cell as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut workloads = vec![0; cell_of.len()];
        for (workload, cell) in (0..).zip(cell_of) {
            let place = &mut next[*cell as usize];
            workloads[*place as usize] = workload;
            *place += 1;
        }
        Self { starts, workloads }
    }

    pub(super) fn of_lists<'a>(lists: impl Iterator<Item = &'a Vec<u32>>) -> Self {
        let (mut starts, mut workloads) = (vec![0], Vec::new());
        for list in lists {
            workloads.extend(list);
            starts.push(workloads.len() as u32);
        }
        Self { starts, workloads }
    }

    fn of(&self, cell: u32) -> &[u32] {
        let range = self.starts[cell as usize]..self.starts[cell as usize + 1];
        &self.workloads[range.start as usize..range.end as usize]
    }
}

/// Ports opened, closed and in doubt.
pub(super) type Ports = (PortSet, PortSet, PortSet);

/// Two states, and where they differ.
pub(super) struct Comparison<'a> {
    pub(super) old: State<'a>,
    pub(super) new: State<'a>,
    /// The workloads of each cell.
    pub(super) members: Members,
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
        for source in 0..self.old.classes.len() as u32 {
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
            let egress = self.sides(Direction::Egress, source);
            for target in targets {
                if let Some(difference) = differences.of((source, egress), target) {
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

    /// What the policies of a cell say, before and after.
    fn sides(&self, direction: Direction, cell: u32) -> [Side<'_>; 2] {
        [self.old.side(direction, cell), self.new.side(direction, cell)]
    }

    fn ends(&self, cells: &[u32]) -> Ends {
        let members = cells.iter().flat_map(|cell| self.members.of(*cell));
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
    /// What the policies of each cell say of who comes in, before and after.
    ingress: Vec<[Side<'a>; 2]>,
    known: HashMap<Numbers, Option<u32>>,
    /// The last ones that were asked for: pairs beside each other mostly have the same.
    recent: (Numbers, Option<u32>),
    numbers: HashMap<Ports, u32>,
    ports: Vec<Ports>,
}

/// The numbers of the outcomes of egress and ingress: before in each family, then after.
type Numbers = [[u32; 2]; 4];

impl<'a> Differences<'a> {
    fn new(comparison: &'a Comparison<'a>) -> Self {
        let sides = |cell| comparison.sides(Direction::Ingress, cell);
        Self {
            comparison,
            ingress: (0..comparison.old.classes.len() as u32).map(sides).collect(),
            known: HashMap::new(),
            recent: ([[u32::MAX; 2]; 4], None),
            numbers: HashMap::new(),
            ports: Vec::new(),
        }
    }

    /// What a source with these policies differs in, for a target.
    fn of(&mut self, (source, egress): (u32, [Side<'_>; 2]), target: u32) -> Option<u32> {
        let Comparison { old, new, .. } = self.comparison;
        let ingress = self.ingress[target as usize];
        let of = |family| {
            let before =
                [old.number(egress[0], family, target), old.number(ingress[0], family, source)];
            // What is not revised says what it said.
            let stays = |side: Side<'_>| new.revised.is_some() && !side.is_revised;
            let after = |at: usize, side: Side<'_>, peer| {
                if stays(side) { before[at] } else { new.number(side, family, peer) }
            };
            [before, [after(0, egress[1], target), after(1, ingress[1], source)]]
        };
        let v4 = of(0);
        let is_shared = egress.iter().chain(&ingress).all(|side| side.group.is_shared);
        let v6 = if is_shared { v4 } else { of(1) };
        let numbers = [v4[0], v6[0], v4[1], v6[1]];
        if self.recent.0 != numbers {
            let known = self.known.get(&numbers).copied();
            let found = known.unwrap_or_else(|| {
                let found = self.find(numbers);
                self.known.insert(numbers, found);
                found
            });
            self.recent = (numbers, found);
        }
        self.recent.1
    }

    fn find(&mut self, numbers: Numbers) -> Option<u32> {
        let Comparison { old, new, .. } = self.comparison;
        let pair = |state: &State<'_>, [v4, v6]: [[u32; 2]; 2]| {
            let both =
                |[egress, ingress]: [u32; 2]| state.outcome(egress).both(state.outcome(ingress));
            both(v4).either(&both(v6))
        };
        let [was_v4, was_v6, is_v4, is_v6] = numbers;
        let ports = differ(&pair(old, [was_v4, was_v6]), &pair(new, [is_v4, is_v6]));
        ports.map(|ports| {
            let next = self.ports.len() as u32;
            *self.numbers.entry(ports).or_insert_with_key(|ports| {
                self.ports.push(ports.clone());
                next
            })
        })
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
