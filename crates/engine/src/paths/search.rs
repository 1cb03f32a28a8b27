//! The shortest ways from one place to another.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use model::{ObjectId, Path as FieldPath};

use super::Place;
use super::edge::Edge;
use super::graph::{Graph, PlaceId};
use crate::rbac::{BindingId, RoleId};

/// Ways that are looked for at once, at the most.
const WAYS_MAX: usize = 32;
/// Searches for further ways, at the most.
const SEARCHES_MAX: usize = 2_000;

/// Whether somebody gets from one place to another.
#[derive(Clone, Debug)]
pub enum Reach {
    /// By these ways, the shortest first.
    Yes(Vec<Path>),
    /// Only by ways of which a step is not certain; the shortest first.
    Unknown(Vec<Path>),
    /// By none.
    No,
}

/// A way: a proof that one place leads to another.
#[derive(Clone, Debug)]
pub struct Path {
    /// The steps, each after those that give what it needs. The last gives the goal.
    pub steps: Vec<Step>,
    /// How many of them are edges of the table.
    pub edges: usize,
}

/// One step: all of some places give another.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it needs: all of it. Nothing for what holds for everybody.
    pub from: Vec<Place>,
    /// What it gives.
    pub to: Place,
    /// By what.
    pub because: Because,
}

/// Why a step can be taken.
#[derive(Clone, Debug)]
pub enum Because {
    /// By an edge of the table.
    Edge {
        /// The edge.
        edge: &'static Edge,
        /// The object and the field it starts at. The field of a default that is unset is where
        /// it would stand.
        field: Option<(ObjectId, FieldPath)>,
    },
    /// A binding grants a role.
    Binding {
        /// The binding.
        binding: BindingId,
        /// Which of its subjects it is, counted from 0.
        subject: u32,
    },
    /// A role has a rule.
    Rule {
        /// The role.
        role: RoleId,
        /// The role that holds the rule: another one where the first is aggregated.
        origin: RoleId,
        /// Which rule of `origin` it is, counted from 0; none where it is one of those taken over
        /// by a role that nobody is bound to yet.
        rule: Option<u32>,
    },
    /// The whole gives its part, a right for all that for one.
    Part,
    /// An identity is in the group, by its name or by the memberships that were given.
    Member,
    /// Pod Security lets privileged pods in: by this Namespace, or by default.
    PodSecurity(Option<ObjectId>),
    /// It may be: this is not known.
    Uncertain(Uncertain),
}

/// What is not known about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncertain {
    /// Whether the user is in the group.
    Groups,
    /// What the role of a binding grants, which was not seen.
    RoleNotSeen {
        /// The binding.
        binding: BindingId,
        /// Which of its subjects it is.
        subject: u32,
    },
    /// What the role of a binding grants, which cannot be read.
    RoleUnreadable {
        /// The binding.
        binding: BindingId,
        /// Which of its subjects it is.
        subject: u32,
        /// The role.
        role: RoleId,
    },
    /// Which of several objects of the same name holds.
    Ambiguous {
        /// The binding.
        binding: BindingId,
        /// Which of its subjects it is.
        subject: u32,
    },
    /// What Pod Security demands in a namespace that is not in the input.
    Namespace,
    /// On which node the pod runs, and with which other pods.
    Placement,
    /// Whether the control plane runs on nodes of the cluster.
    ControlPlane,
    /// Whether the cloud's identity trusts the service account.
    CloudTrust,
}

impl Graph {
    /// The `count` shortest ways from one place to another: proof trees with the fewest edges, by
    /// Knuth's generalisation of Dijkstra's algorithm to AND-OR graphs. A place that a way needs
    /// twice is counted twice.
    ///
    /// At most 32 ways, each of them with another set of steps.
    pub fn paths(&self, from: PlaceId, to: PlaceId, count: usize) -> Reach {
        for (is_certain, reach) in
            [(true, Reach::Yes as fn(_) -> _), (false, Reach::Unknown as fn(_) -> _)]
        {
            let relevant = self.leading_to(to.0, &|_| false);
            let ways = self.best(from.0, to.0, is_certain, &relevant, count.clamp(1, WAYS_MAX));
            if !ways.is_empty() {
                return reach(ways.iter().map(|way| self.path(way)).collect());
            }
        }
        Reach::No
    }

    fn path(&self, clauses: &[u32]) -> Path {
        let steps: Vec<Step> = clauses.iter().map(|clause| self.step(*clause)).collect();
        let edges = steps.iter().filter(|it| matches!(it.because, Because::Edge { .. })).count();
        Path { steps, edges }
    }

    /// The shortest ways. After each, a search for every one of its clauses that leaves it out:
    /// any other way lacks at least one of them.
    fn best(
        &self,
        from: u32,
        to: u32,
        is_certain: bool,
        relevant: &[bool],
        count: usize,
    ) -> Vec<Vec<u32>> {
        let mut found: Vec<Vec<u32>> = Vec::new();
        let mut waiting = BinaryHeap::new();
        let mut tried = BTreeSet::new();
        let mut searches = 0;
        let mut search = |without: BTreeSet<u32>, waiting: &mut BinaryHeap<_>| {
            if searches < SEARCHES_MAX && tried.insert(without.clone()) {
                searches += 1;
                let is_out = |clause: u32| {
                    without.contains(&clause)
                        || (is_certain && self.clauses[clause as usize].cause.is_uncertain())
                };
                if let Some((cost, way)) = self.shortest(from, to, relevant, &is_out) {
                    waiting.push(Reverse((cost, way, without)));
                }
            }
        };
        search(BTreeSet::new(), &mut waiting);
        while let Some(Reverse((_, way, without))) = waiting.pop() {
            let is_new = {
                let mut set = way.clone();
                set.sort_unstable();
                found.iter().all(|known: &Vec<u32>| {
                    let mut known = known.clone();
                    known.sort_unstable();
                    known != set
                })
            };
            if is_new {
                found.push(way.clone());
            }
            if found.len() >= count {
                break;
            }
            for clause in way {
                let mut without = without.clone();
                without.insert(clause);
                search(without, &mut waiting);
            }
        }
        found
    }

    /// The shortest way and its length, if there is one.
    pub(super) fn shortest(
        &self,
        from: u32,
        to: u32,
        relevant: &[bool],
        is_out: &dyn Fn(u32) -> bool,
    ) -> Option<(u64, Vec<u32>)> {
        // A fact with its length and the clause that gives it, once settled.
        let mut settled: HashMap<u32, Option<u32>> = HashMap::new();
        let mut lengths: HashMap<u32, u64> = HashMap::new();
        let mut missing: HashMap<u32, (u32, u64)> = HashMap::new();
        let mut queue = BinaryHeap::new();
        queue.push(Reverse((0_u64, from, u32::MAX)));
        for clause in &self.axioms {
            if !is_out(*clause) {
                let clause_ = &self.clauses[*clause as usize];
                queue.push(Reverse((clause_.cause.weight(), clause_.head, *clause)));
            }
        }
        while let Some(Reverse((length, fact, by))) = queue.pop() {
            if settled.contains_key(&fact) {
                continue;
            }
            settled.insert(fact, (by != u32::MAX).then_some(by));
            lengths.insert(fact, length);
            if fact == to {
                return Some((length, self.unfold(to, &settled)));
            }
            for number in self.by_body.of(fact) {
                let clause = &self.clauses[*number as usize];
                if !relevant[clause.head as usize]
                    || settled.contains_key(&clause.head)
                    || is_out(*number)
                {
                    continue;
                }
                let entry = missing.entry(*number).or_insert((clause.len, clause.cause.weight()));
                entry.0 -= 1;
                entry.1 = entry.1.saturating_add(length);
                if entry.0 == 0 {
                    queue.push(Reverse((entry.1, clause.head, *number)));
                }
            }
        }
        None
    }

    /// The clauses of a proof, each after those it needs.
    fn unfold(&self, to: u32, settled: &HashMap<u32, Option<u32>>) -> Vec<u32> {
        let mut way = Vec::new();
        let mut done = BTreeSet::new();
        let mut stack = vec![(to, false)];
        while let Some((fact, is_expanded)) = stack.pop() {
            let Some(Some(clause)) = settled.get(&fact) else { continue };
            if is_expanded {
                way.push(*clause);
            } else if done.insert(fact) {
                stack.push((fact, true));
                stack.extend(self.body(*clause).iter().map(|fact| (*fact, false)));
            }
        }
        way
    }

    /// The facts from which the goal may be reached if every AND were an OR.
    pub(super) fn leading_to(&self, goal: u32, is_out: &dyn Fn(u32) -> bool) -> Vec<bool> {
        let mut leading = vec![false; self.facts.len()];
        leading[goal as usize] = true;
        let mut stack = vec![goal];
        while let Some(fact) = stack.pop() {
            for clause in self.by_head.of(fact) {
                if is_out(*clause) {
                    continue;
                }
                for needed in self.body(*clause) {
                    if !leading[*needed as usize] {
                        leading[*needed as usize] = true;
                        stack.push(*needed);
                    }
                }
            }
        }
        leading
    }
}
