//! The fewest labels that select some workloads and no others.

use std::collections::{BTreeMap, BTreeSet};

use super::units::{RANK_CHANGING, Units, rank};

/// Pods by their labels: each key has one of its values. No key selects all pods.
pub type Choice = BTreeMap<String, BTreeSet<String>>;

/// Most labels of one workload that are tried together; those that tell most come first.
const LABELS_MAX: usize = 24;
/// Most labels together that are searched for; beyond, as many as it takes.
const TOGETHER_MAX: usize = 3;
/// Most workloads looked at in the search of one selector; beyond, all labels are taken.
const STEPS_MAX: usize = 50_000;
/// The same for a whole cluster, so that no labels make the search quadratic.
const STEPS_TOTAL_MAX: usize = 50_000_000;
/// Most other workloads named that a selector holds for too.
const ALSO_MAX: usize = 16;
/// Most keys that one cover chooses from: those that select most workloads.
const KEYS_MAX: usize = 64;

/// The labels that select a unit, and whom else.
#[derive(Debug, Default)]
pub(super) struct Exact {
    /// Sorted.
    pub(super) labels: Vec<u32>,
    /// Others of its namespace that they select, the first ones.
    pub(super) also: Vec<u32>,
}

/// The fewest labels that select each unit among those of its namespace; all of its labels, where
/// they select others too. And whether the search was cut short by its limit.
pub(super) fn exact(units: &Units) -> (Vec<Exact>, bool) {
    let mut left = STEPS_TOTAL_MAX;
    let mut alike: BTreeMap<(u32, &[u32]), u32> = BTreeMap::new();
    for unit in &units.all {
        *alike.entry((unit.namespace, &unit.stable)).or_default() += 1;
    }
    let mut is_cut = false;
    let mut found = Vec::with_capacity(units.all.len());
    for (number, unit) in (0..).zip(&units.all) {
        if left == 0 {
            is_cut = true;
            found.push(Exact { labels: unit.stable.clone(), also: Vec::new() });
            continue;
        }
        let limit = STEPS_MAX.min(left);
        let mut search = Search { units, namespace: unit.namespace, unit: number, steps: 0, limit };
        let is_twin = alike[&(unit.namespace, unit.stable.as_slice())] > 1;
        found.push(search.exact(is_twin));
        left = left.saturating_sub(search.steps);
    }
    (found, is_cut)
}

struct Search<'a> {
    units: &'a Units,
    namespace: u32,
    unit: u32,
    steps: usize,
    limit: usize,
}

impl Search<'_> {
    fn exact(&mut self, is_twin: bool) -> Exact {
        let stable = &self.units.all[self.unit as usize].stable;
        let also = self.others(stable, ALSO_MAX);
        if is_twin || !also.is_empty() {
            return Exact { labels: stable.clone(), also };
        }
        let is_changing =
            |label: &&u32| rank(&self.units.labels[**label as usize].0) == RANK_CHANGING;
        let (changing, lasting): (Vec<u32>, Vec<u32>) = stable.iter().partition(is_changing);
        let mut tried = lasting;
        for more in [&[][..], &changing] {
            tried.extend(more);
            tried.truncate(LABELS_MAX);
            for count in 1..=TOGETHER_MAX {
                let mut chosen = Vec::new();
                if self.choose(&tried, count, &mut chosen) {
                    chosen.sort_unstable();
                    return Exact { labels: chosen, also };
                }
            }
        }
        Exact { labels: self.without_needless(stable.clone()), also }
    }

    /// Other units of which some pod may have all of the labels, at most so many.
    fn others(&mut self, labels: &[u32], count: usize) -> Vec<u32> {
        let mut lists: Vec<&[u32]> =
            labels.iter().map(|it| self.units.with_label(self.namespace, *it)).collect();
        lists.sort_by_key(|list| list.len());
        let Some((first, rest)) = lists.split_first() else {
            let all = self.units.within(self.namespace).filter(|it| *it != self.unit);
            return all.take(count).collect();
        };
        let mut found = Vec::new();
        for unit in first.iter().filter(|it| **it != self.unit) {
            self.steps += 1;
            if rest.iter().all(|list| list.binary_search(unit).is_ok()) {
                found.push(*unit);
            }
            if found.len() >= count {
                break;
            }
        }
        found
    }

    fn is_exact(&mut self, labels: &[u32]) -> bool {
        self.steps <= self.limit && self.others(labels, 1).is_empty()
    }

    /// Adds so many of the labels to those that are chosen that they select the unit alone, the
    /// first ones if there are several ways.
    fn choose(&mut self, labels: &[u32], count: usize, chosen: &mut Vec<u32>) -> bool {
        if count == 0 {
            return self.is_exact(chosen);
        }
        for (at, label) in labels.iter().enumerate() {
            chosen.push(*label);
            if self.choose(&labels[at + 1..], count - 1, chosen) {
                return true;
            }
            chosen.pop();
            if self.steps > self.limit {
                return false;
            }
        }
        false
    }

    /// Leaves out what is not needed, the least telling first.
    fn without_needless(&mut self, mut labels: Vec<u32>) -> Vec<u32> {
        for at in (0..labels.len()).rev() {
            let label = labels.remove(at);
            if labels.is_empty() || !self.is_exact(&labels) {
                labels.insert(at, label);
            }
        }
        labels
    }
}

/// Labels as a choice of pods.
pub(super) fn choice(units: &Units, labels: &[u32]) -> Choice {
    let mut choice = Choice::new();
    for label in labels {
        let (key, value) = &units.labels[*label as usize];
        choice.entry(key.clone()).or_default().insert(value.clone());
    }
    choice
}

/// The fewest selectors that together select these units of one namespace, and no others as far
/// as labels tell them apart. `wanted` is sorted.
pub(super) fn cover(units: &Units, namespace: u32, wanted: &[u32]) -> Vec<Choice> {
    let mut open: BTreeSet<u32> = wanted.iter().copied().collect();
    let mut found = Vec::new();
    let mut by_key = pure_labels(units, namespace, wanted);
    while !open.is_empty() {
        let new = |values: &BTreeMap<u32, Vec<u32>>| {
            values.values().flatten().filter(|unit| open.contains(unit)).count()
        };
        // The key that selects most, of several the most telling.
        let best = by_key.iter().map(|(key, values)| (new(values), std::cmp::Reverse(*key))).max();
        let Some((1.., std::cmp::Reverse(key))) = best else { break };
        let Some(values) = by_key.remove(&key) else { break };
        let mut taken = BTreeSet::new();
        for (label, with) in values {
            if with.iter().any(|unit| open.contains(unit)) {
                taken.insert(units.labels[label as usize].1.clone());
                for unit in with {
                    open.remove(&unit);
                }
            }
        }
        found.push(Choice::from([(key.1.to_owned(), taken)]));
    }
    found.extend(open.iter().map(|unit| choice(units, &units.exact[*unit as usize].labels)));
    merge(found)
}

/// Labels that no unit but the wanted has, by key, and the units all of whose pods have each.
type ByKey<'u> = BTreeMap<(usize, &'u str), BTreeMap<u32, Vec<u32>>>;

fn pure_labels<'u>(units: &'u Units, namespace: u32, wanted: &[u32]) -> ByKey<'u> {
    let mut known: BTreeMap<u32, bool> = BTreeMap::new();
    let mut by_key = ByKey::new();
    for unit in wanted {
        for label in &units.all[*unit as usize].stable {
            let is_pure = *known.entry(*label).or_insert_with(|| {
                let with = units.with_label(namespace, *label);
                with.len() <= wanted.len() && with.iter().all(|it| wanted.binary_search(it).is_ok())
            });
            if is_pure {
                let key = units.labels[*label as usize].0.as_str();
                let values = by_key.entry((rank(key), key)).or_default();
                values.entry(*label).or_default().push(*unit);
            }
        }
    }
    if by_key.len() > KEYS_MAX {
        let mut all: Vec<_> = by_key.into_iter().collect();
        all.sort_by_key(|(_, values)| {
            std::cmp::Reverse(values.values().map(Vec::len).sum::<usize>())
        });
        all.truncate(KEYS_MAX);
        by_key = all.into_iter().collect();
    }
    by_key
}

/// Puts choices together that differ in the values of one key, as these select the same together.
fn merge(mut choices: Vec<Choice>) -> Vec<Choice> {
    choices.sort();
    choices.dedup();
    let keys: BTreeSet<String> = choices.iter().flat_map(|it| it.keys().cloned()).collect();
    if keys.len() > KEYS_MAX {
        return choices;
    }
    for key in keys {
        let mut by_rest: BTreeMap<(Choice, bool), BTreeSet<String>> = BTreeMap::new();
        for mut choice in choices {
            let values = choice.remove(&key);
            let has_key = values.is_some();
            by_rest.entry((choice, has_key)).or_default().extend(values.unwrap_or_default());
        }
        let whole = by_rest.into_iter().map(|((mut choice, has_key), values)| {
            if has_key {
                choice.insert(key.clone(), values);
            }
            choice
        });
        choices = whole.collect();
    }
    choices.sort();
    choices
}
