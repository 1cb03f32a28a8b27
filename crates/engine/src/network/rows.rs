//! For each group of classes, what its policies let through from or to each peer class.

use std::collections::HashMap;

use super::decide::Outcome;
use super::policy::{Direction, Match};
use super::{Entry, Network};

/// Classes that the same policies hold for.
pub(super) struct Group {
    pub(super) entries: Vec<Entry>,
    /// By family, where they differ: runs of peer classes by their first one, and the outcome.
    rows: [Vec<(u32, u32)>; 2],
    /// The families have one row.
    pub(super) is_shared: bool,
}

impl Group {
    /// The number of the outcome for a peer class.
    pub(super) fn outcome(&self, family: usize, class: u32) -> u32 {
        let row = self.row(family);
        let at = row.partition_point(|(first, _)| *first <= class);
        row[at.saturating_sub(1)].1
    }

    pub(super) fn row(&self, family: usize) -> &[(u32, u32)] {
        &self.rows[if self.is_shared { 0 } else { family }]
    }
}

#[derive(Default)]
struct Outcomes {
    numbers: HashMap<Outcome, u32>,
    all: Vec<Outcome>,
}

impl Outcomes {
    fn number(&mut self, outcome: Outcome) -> u32 {
        let next = self.all.len() as u32;
        *self.numbers.entry(outcome).or_insert_with_key(|outcome| {
            self.all.push(outcome.clone());
            next
        })
    }
}

impl Network {
    /// Groups the classes and makes the rows of each group.
    pub(super) fn group(&mut self) {
        let of = |direction: Direction| {
            let mut of_class: Vec<Vec<Entry>> = vec![Vec::new(); self.classes.len()];
            for (number, policy) in self.policies.iter().enumerate() {
                if policy.rules[direction as usize].is_none() {
                    continue;
                }
                for (entry, classes) in policy.entries(number) {
                    for (first, last) in classes.ranges() {
                        let classes = &mut of_class[*first as usize..=*last as usize];
                        for it in classes {
                            it.push(entry);
                        }
                    }
                }
            }
            (0..).zip(of_class).collect()
        };
        self.group_by([of(Direction::Ingress), of(Direction::Egress)]);
    }

    /// Groups classes by the policies that hold for them, by direction, and makes the rows.
    pub(super) fn group_by(&mut self, of_class: [Vec<(u32, Vec<Entry>)>; 2]) {
        let mut outcomes = Outcomes::default();
        outcomes.number(Outcome::open());
        // Classes where the named ports are other than those of the class before.
        let changes = 1..self.classes.len();
        let changes: Vec<u32> = changes
            .filter(|at| self.classes[*at].ports != self.classes[*at - 1].ports)
            .map(|at| at as u32)
            .collect();
        for (direction, of_class) in
            [Direction::Ingress, Direction::Egress].into_iter().zip(of_class)
        {
            let mut numbers: HashMap<(Vec<Entry>, u32), u32> = HashMap::new();
            let mut groups = Vec::new();
            for (class, entries) in of_class {
                let asks = direction == Direction::Ingress && self.ask_names(&entries, direction);
                let named = if asks { self.classes[class as usize].ports } else { 0 };
                let next = groups.len() as u32;
                let number = *numbers.entry((entries, named)).or_insert_with_key(|(entries, _)| {
                    groups.push(self.make(entries, direction, named, &changes, &mut outcomes));
                    next
                });
                self.classes[class as usize].groups[direction as usize] = number;
            }
            self.groups[direction as usize] = groups;
        }
        self.outcomes = outcomes.all;
    }

    fn rules_of(&self, entries: &[Entry], direction: Direction) -> impl Iterator<Item = u32> {
        let rules = entries
            .iter()
            .map(move |entry| self.policies[entry.policy()].rules[direction as usize].clone());
        rules.flatten().flatten()
    }

    fn ask_names(&self, entries: &[Entry], direction: Direction) -> bool {
        self.rules_of(entries, direction).any(|rule| !self.rules[rule as usize].named.is_empty())
    }

    fn make(
        &self,
        entries: &[Entry],
        direction: Direction,
        named: u32,
        changes: &[u32],
        outcomes: &mut Outcomes,
    ) -> Group {
        let rules: Vec<u32> = self.rules_of(entries, direction).collect();
        let is_shared = !rules.iter().any(|rule| {
            let peers = self.rules[*rule as usize].peers.iter().flatten();
            peers.into_iter().any(|(_, peer)| {
                let [v4, v6] = &self.peers[*peer as usize].classes;
                v4 != v6
            })
        });
        let by_peer = direction == Direction::Egress && self.ask_names(entries, direction);
        let changes = if by_peer { changes } else { &[] };
        let mut row = |family| {
            let row = Row { entries, rules: &rules, direction, family, named, changes };
            self.row(&row, outcomes)
        };
        let rows = if is_shared { [row(0), Vec::new()] } else { [row(0), row(1)] };
        Group { entries: entries.to_vec(), rows, is_shared }
    }

    /// Where the rules that match change: class, which count, by how much. And the counts before
    /// the first class, of certain and of possible matches of each rule.
    fn events(&self, of: &Row<'_>) -> (Vec<(u32, u32, i32)>, Vec<i32>) {
        let mut events: Vec<(u32, u32, i32)> = vec![(0, 0, 0)];
        events.extend(of.changes.iter().map(|at| (*at, 0, 0)));
        let mut counts = vec![0_i32; 2 * of.rules.len()];
        for (slot, rule) in (0..).zip(of.rules) {
            let Some(peers) = &self.rules[*rule as usize].peers else {
                counts[2 * slot as usize] = 1;
                continue;
            };
            for (_, peer) in peers {
                let sets = &self.peers[*peer as usize].classes[of.family];
                for (slot, set) in [(2 * slot, &sets[0]), (2 * slot + 1, &sets[1])] {
                    for (first, last) in set.ranges() {
                        events.push((*first, slot, 1));
                        events.push((last + 1, slot, -1));
                    }
                }
            }
        }
        (events, counts)
    }

    /// Goes over the classes once: at the ends of each peer's runs the rules that match change.
    fn row(&self, of: &Row<'_>, outcomes: &mut Outcomes) -> Vec<(u32, u32)> {
        if of.entries.is_empty() {
            return vec![(0, 0)];
        }
        let (mut events, mut counts) = self.events(of);
        events.sort_unstable();
        let mut known: HashMap<u32, HashMap<Vec<Match>, u32>> = HashMap::new();
        let mut matches: Vec<Match> = Vec::new();
        let is_named = |slot: &usize| !self.rules[of.rules[*slot] as usize].named.is_empty();
        let named_rules: Vec<usize> = (0..of.rules.len()).filter(is_named).collect();
        let mut asks = false;
        let mut row: Vec<(u32, u32)> = Vec::new();
        for at in events.chunk_by(|a, b| a.0 == b.0) {
            let class = at[0].0;
            for (_, slot, change) in at {
                if let Some(count) = counts.get_mut(*slot as usize) {
                    *count += change;
                }
            }
            if class as usize >= self.classes.len().max(1) {
                break;
            }
            // Where no rule that matches asks for names, other named ports change nothing.
            if !asks && at.iter().all(|(_, _, change)| *change == 0) && !row.is_empty() {
                continue;
            }
            matches.clear();
            matches.extend(counts.chunks_exact(2).map(|counts| match counts {
                [yes, _] if *yes > 0 => Match::Yes,
                [_, maybe] if *maybe > 0 => Match::Maybe,
                _ => Match::No,
            }));
            asks = named_rules.iter().any(|slot| matches[*slot] != Match::No);
            let of_peer = self.classes.get(class as usize).map_or(0, |class| class.ports);
            let named = if of.changes.is_empty() && of.direction == Direction::Ingress {
                of.named
            } else {
                of_peer
            };
            let by_name = if asks && !of.changes.is_empty() { named } else { 0 };
            let of_name = known.entry(by_name).or_default();
            let outcome = if let Some(outcome) = of_name.get(matches.as_slice()) {
                *outcome
            } else {
                // Rules are numbered within a policy, policies stand in the order of entries.
                let mut matched = |rule: u32| {
                    let slot = of.rules.binary_search(&rule).ok();
                    slot.map_or(Match::No, |slot| matches[slot])
                };
                let direction = of.direction as usize;
                let outcome = self.decide(of.entries, direction, named, &mut matched);
                let outcome = outcomes.number(outcome);
                of_name.insert(matches.clone(), outcome);
                outcome
            };
            if row.last().is_none_or(|(_, last)| *last != outcome) {
                row.push((class, outcome));
            }
        }
        row.shrink_to_fit();
        row
    }
}

struct Row<'a> {
    entries: &'a [Entry],
    rules: &'a [u32],
    direction: Direction,
    family: usize,
    named: u32,
    changes: &'a [u32],
}
