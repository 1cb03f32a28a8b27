//! Who reaches a goal: exactly, and for all places at once.

use std::collections::{HashMap, HashSet};

use super::fact::Fact;
use super::graph::{Graph, PlaceId};

/// Who reaches a goal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaching {
    /// Who certainly does.
    pub certain: Vec<PlaceId>,
    /// Who does if something that is not known is so.
    pub unknown: Vec<PlaceId>,
}

/// Single steps that are followed before a place is looked at as a whole.
const CHAIN_MAX: usize = 64;

impl Graph {
    /// Which of [`Graph::starts`] reach the goal, each on its own.
    pub fn reaches(&self, goal: PlaceId) -> Reaching {
        let uncertain = |clause: u32| self.clauses[clause as usize].cause.is_uncertain();
        let certain = self.reaching(goal.0, &uncertain);
        let possible = self.reaching(goal.0, &|_| false);
        let mut found = Reaching::default();
        for start in self.starts().filter(|start| *start != goal) {
            if certain[start.0 as usize] {
                found.certain.push(start);
            } else if possible[start.0 as usize] {
                found.unknown.push(start);
            }
        }
        found
    }

    /// For each start, and for some facts between, whether it reaches the goal alone. Clauses that
    /// are out are not there.
    ///
    /// Steps that need one fact are followed back from the goal. Where several facts are needed
    /// together, only places from which every one of them could come are tried, each by itself.
    pub(super) fn reaching(&self, goal: u32, is_out: &dyn Fn(u32) -> bool) -> Vec<bool> {
        let leading = self.leading_to(goal, is_out);
        let mut search = Backward {
            graph: self,
            is_out,
            given: self.given(is_out),
            leading,
            yes: vec![false; self.facts.len()],
            no: vec![false; self.facts.len()],
        };
        search.accept(goal);
        for number in search.candidates() {
            if search.leading[number as usize] {
                search.judge(number);
            }
        }
        search.yes
    }

    /// The facts that hold for everybody.
    fn given(&self, is_out: &dyn Fn(u32) -> bool) -> Vec<bool> {
        let mut given = vec![false; self.facts.len()];
        let mut missing: HashMap<u32, u32> = HashMap::new();
        let axioms = self.axioms.iter().filter(|clause| !is_out(**clause));
        let mut stack: Vec<u32> =
            axioms.map(|clause| self.clauses[*clause as usize].head).collect();
        while let Some(fact) = stack.pop() {
            if std::mem::replace(&mut given[fact as usize], true) {
                continue;
            }
            for number in self.by_body.of(fact).iter().filter(|number| !is_out(**number)) {
                let clause = &self.clauses[*number as usize];
                let left = missing.entry(*number).or_insert(clause.len);
                *left -= 1;
                if *left == 0 {
                    stack.push(clause.head);
                }
            }
        }
        given
    }
}

struct Backward<'a> {
    graph: &'a Graph,
    is_out: &'a dyn Fn(u32) -> bool,
    given: Vec<bool>,
    leading: Vec<bool>,
    yes: Vec<bool>,
    no: Vec<bool>,
}

impl Backward<'_> {
    /// Places to judge, those first that many others lead to.
    fn candidates(&self) -> Vec<u32> {
        let order = |fact: &Fact| match fact {
            Fact::Role(..) => Some(0),
            Fact::Group(_) => Some(1),
            Fact::Account(..) => Some(2),
            Fact::User(_) => Some(3),
            Fact::Pod(_) => Some(4),
            _ => None,
        };
        let facts = self.graph.facts.iter().enumerate();
        let mut found: Vec<(u32, u32)> =
            facts.filter_map(|(at, fact)| Some((order(fact)?, at as u32))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, fact)| fact).collect()
    }

    /// Notes that a fact alone reaches the goal, and all that lead to it alone.
    fn accept(&mut self, fact: u32) {
        let mut stack = vec![fact];
        while let Some(fact) = stack.pop() {
            if std::mem::replace(&mut self.yes[fact as usize], true) {
                continue;
            }
            for clause in self.graph.by_head.of(fact) {
                if !(self.is_out)(*clause)
                    && let Needs::One(needed) = self.needs(*clause)
                {
                    stack.push(needed);
                }
            }
        }
    }

    /// What a clause needs beside what is given.
    fn needs(&self, clause: u32) -> Needs {
        let mut needs = Needs::Nothing;
        for fact in self.graph.body(clause) {
            if self.given[*fact as usize] {
                continue;
            }
            needs = match needs {
                Needs::Nothing => Needs::One(*fact),
                Needs::One(known) if known == *fact => Needs::One(known),
                Needs::One(_) | Needs::Several => return Needs::Several,
            };
        }
        needs
    }

    fn judge(&mut self, fact: u32) {
        let mut chain = Vec::new();
        let mut at = fact;
        let verdict = loop {
            if self.yes[at as usize] {
                break true;
            }
            if self.no[at as usize] {
                break false;
            }
            match self.only_next(at) {
                Next::None => break false,
                Next::One(next) if chain.len() < CHAIN_MAX => {
                    chain.push(at);
                    at = next;
                }
                Next::One(_) | Next::Many => break self.explore(at),
            }
        };
        if verdict {
            return self.accept(at);
        }
        self.no[at as usize] = true;
        for fact in chain {
            self.no[fact as usize] = true;
        }
    }

    /// Where a fact leads to.
    fn only_next(&self, fact: u32) -> Next {
        let mut next = Next::None;
        for number in self.graph.by_body.of(fact) {
            let head = self.graph.clauses[*number as usize].head;
            if !self.leading[head as usize] || (self.is_out)(*number) {
                continue;
            }
            next = match (next, self.needs(*number)) {
                (_, Needs::Several) => return Next::Many,
                (Next::None, _) => Next::One(head),
                (Next::One(known), _) if known == head => Next::One(head),
                _ => return Next::Many,
            };
        }
        next
    }

    /// Whether a fact alone gives one that reaches the goal.
    fn explore(&self, from: u32) -> bool {
        let mut held: HashSet<u32> = HashSet::new();
        let mut missing: HashMap<u32, usize> = HashMap::new();
        let mut stack = vec![from];
        while let Some(fact) = stack.pop() {
            if self.yes[fact as usize] {
                return true;
            }
            if !held.insert(fact) {
                continue;
            }
            for number in self.graph.by_body.of(fact) {
                let head = self.graph.clauses[*number as usize].head;
                if !self.leading[head as usize] || held.contains(&head) || (self.is_out)(*number) {
                    continue;
                }
                let left = missing.entry(*number).or_insert_with(|| {
                    let body = self.graph.body(*number).iter();
                    body.filter(|fact| !self.given[**fact as usize]).count()
                });
                *left = left.saturating_sub(1);
                if *left == 0 {
                    stack.push(head);
                }
            }
        }
        false
    }
}

enum Needs {
    Nothing,
    One(u32),
    Several,
}

enum Next {
    None,
    One(u32),
    Many,
}
