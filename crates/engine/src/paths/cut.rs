//! What has to go so that nobody reaches a goal any more.

use std::collections::{BTreeSet, HashMap};

use model::{ObjectId, Path};

use super::graph::{Cause, Graph, PlaceId};
use crate::rbac::BindingId;

/// The size up to which the smallest cut is looked for.
const PROVED_MAX: usize = 3;
/// Entries of a cut up to which each is tried to be left out.
const REDUCED_MAX: usize = 256;

/// What closes a goal when it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// All of these have to be removed. Empty if the goal is closed, or cannot be.
    pub remove: Vec<Closing>,
    /// Whether a smaller cut may exist.
    pub minimality: Minimality,
    /// Who still reaches the goal: by ways of which no part can be removed, such as membership of
    /// `system:masters` and the bindings every API server puts back.
    pub open: Vec<PlaceId>,
}

/// Something that can be removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Closing {
    /// A binding.
    Binding(BindingId),
    /// A field of an object, or the default it leaves in force.
    Field(ObjectId, Path),
}

/// How small a cut is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minimality {
    /// No cut with fewer entries exists: all were tried.
    Smallest,
    /// None of its entries can be left out, but another cut may have fewer.
    Irreducible,
    /// It closes the goal, but entries may be left out: there are more than are tried.
    Sufficient,
}

/// What can be removed, as numbers.
struct Removable {
    /// For each clause, what removes it.
    of_clause: HashMap<u32, u32>,
    entries: Vec<Closing>,
}

struct Search<'a> {
    graph: &'a Graph,
    goal: u32,
    removable: Removable,
    leading: Vec<bool>,
    starts: Vec<u32>,
    /// Questions that may still be asked.
    budget: usize,
}

impl Graph {
    /// The smallest set of bindings and fields without which none of these places (each on its
    /// own; all of [`Graph::starts`] if none is given) certainly reaches the goal. Places from
    /// which it cannot be closed are listed and left out.
    ///
    /// Cuts of up to three entries are found by trying, within `budget` questions of who reaches
    /// the goal; each takes time in proportion to the part of the graph that leads to it.
    pub fn cut(&self, from: Option<&[PlaceId]>, goal: PlaceId, budget: usize) -> Cut {
        let uncertain = |clause: u32| self.clauses[clause as usize].cause.is_uncertain();
        let leading = self.leading_to(goal.0, &uncertain);
        let removable = self.removable(&leading);
        let mut search =
            Search { graph: self, goal: goal.0, removable, leading, starts: Vec::new(), budget };
        let starts: Vec<u32> = match from {
            Some(places) => places.iter().map(|place| place.0).collect(),
            None => self.starts().map(|place| place.0).collect(),
        };
        let starts = starts.into_iter().filter(|start| *start != goal.0);
        let reached = self.reaching(goal.0, &uncertain);
        let closed = self.reaching(goal.0, &|clause| {
            uncertain(clause) || search.removable.of_clause.contains_key(&clause)
        });
        let (open, starts): (Vec<u32>, Vec<u32>) = starts
            .filter(|start| reached[*start as usize])
            .partition(|start| closed[*start as usize]);
        search.starts = starts;
        let (remove, minimality) = search.run();
        let entries = &search.removable.entries;
        let mut remove: Vec<Closing> =
            remove.into_iter().map(|entry| entries[entry as usize].clone()).collect();
        remove.sort_unstable();
        Cut { remove, minimality, open: open.into_iter().map(PlaceId).collect() }
    }

    fn removable(&self, leading: &[bool]) -> Removable {
        let mut numbers: HashMap<Closing, u32> = HashMap::new();
        let mut found = Removable { of_clause: HashMap::new(), entries: Vec::new() };
        for (number, clause) in self.clauses.iter().enumerate() {
            if !leading[clause.head as usize] {
                continue;
            }
            let entry = match clause.cause {
                Cause::Binding(binding, _) if !self.restored[binding.0 as usize] => {
                    Closing::Binding(binding)
                }
                Cause::Edge(_, Some(field)) => {
                    let (object, path) = &self.fields[field as usize];
                    Closing::Field(*object, path.clone())
                }
                _ => continue,
            };
            let entry = *numbers.entry(entry).or_insert_with_key(|entry| {
                found.entries.push(entry.clone());
                (found.entries.len() - 1) as u32
            });
            found.of_clause.insert(number as u32, entry);
        }
        found
    }
}

impl Search<'_> {
    fn run(&mut self) -> (Vec<u32>, Minimality) {
        for size in 0..=PROVED_MAX {
            let mut tried = BTreeSet::new();
            match self.smallest(&BTreeSet::new(), size, &mut tried) {
                Ok(Some(cut)) => return (cut.into_iter().collect(), Minimality::Smallest),
                Ok(None) => {}
                Err(OutOfBudget) => break,
            }
        }
        self.irreducible()
    }

    /// A cut with `left` more entries. Every cut has an entry of every way, so only the entries of
    /// one way are tried.
    fn smallest(
        &mut self,
        removed: &BTreeSet<u32>,
        left: usize,
        tried: &mut BTreeSet<BTreeSet<u32>>,
    ) -> Result<Option<BTreeSet<u32>>, OutOfBudget> {
        if !tried.insert(removed.clone()) {
            return Ok(None);
        }
        self.budget = self.budget.checked_sub(1).ok_or(OutOfBudget)?;
        let open = self.open(removed);
        let Some(start) = open.first() else { return Ok(Some(removed.clone())) };
        if left == 0 {
            return Ok(None);
        }
        for entry in self.way(*start, removed) {
            let mut removed = removed.clone();
            removed.insert(entry);
            if let Some(found) = self.smallest(&removed, left - 1, tried)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// A cut none of whose entries can be left out.
    fn irreducible(&self) -> (Vec<u32>, Minimality) {
        let mut removed = BTreeSet::new();
        loop {
            let open = self.open(&removed);
            if open.is_empty() {
                break;
            }
            let before = removed.len();
            for start in open {
                // The entry next to the goal closes the most ways.
                removed.extend(self.way(start, &removed).last());
            }
            if removed.len() == before {
                break;
            }
        }
        if removed.len() > REDUCED_MAX {
            return (removed.into_iter().collect(), Minimality::Sufficient);
        }
        for entry in removed.clone() {
            removed.remove(&entry);
            if !self.open(&removed).is_empty() {
                removed.insert(entry);
            }
        }
        (removed.into_iter().collect(), Minimality::Irreducible)
    }

    fn is_out(&self, removed: &BTreeSet<u32>, clause: u32) -> bool {
        self.graph.clauses[clause as usize].cause.is_uncertain()
            || self.removable.of_clause.get(&clause).is_some_and(|entry| removed.contains(entry))
    }

    /// The places that still reach the goal.
    fn open(&self, removed: &BTreeSet<u32>) -> Vec<u32> {
        let reached = self.graph.reaching(self.goal, &|clause| self.is_out(removed, clause));
        self.starts.iter().copied().filter(|start| reached[*start as usize]).collect()
    }

    /// What can be removed of the shortest way, in its order.
    fn way(&self, start: u32, removed: &BTreeSet<u32>) -> Vec<u32> {
        let is_out = |clause: u32| self.is_out(removed, clause);
        let way = self.graph.shortest(start, self.goal, &self.leading, &is_out);
        let clauses = way.map(|(_, way)| way).unwrap_or_default();
        let entries = clauses.iter().filter_map(|clause| self.removable.of_clause.get(clause));
        entries.copied().collect()
    }
}

struct OutOfBudget;
