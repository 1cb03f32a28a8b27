//! What a change of policies would do, without building the network anew.
//!
//! A policy says something of the workloads that it holds for, and of nobody else: their rows are
//! made anew, all others stay. What the new policies ask for may part a class: the classes are
//! cut into cells, which lie in one class each and in its place.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::{Gap, Identity, Object, ObjectId, Snapshot, WorldId};

use super::address::AddressSet;
use super::build::records;
use super::change::Change;
use super::classes::{Asked, Classes};
use super::compare::{Comparison, Differing, Members, Revised, State};
use super::intervals::Intervals;
use super::policy::{Direction, Policy, Tier};
use super::revision::Revision;
use super::select::{Selection, World};
use super::workload;
use super::{Entry, Network, PeerSet, PolicyRecord, RuleRecord};

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// What a revision does.
#[derive(Debug)]
pub struct WhatIf {
    /// What opens and what closes; the workloads are those of the network.
    pub changes: Vec<Change>,
    /// What could not be read after it.
    pub gaps: Vec<Gap>,
}

impl Network {
    /// What a revision of the policies would change: what [`super::changes`] says of the network
    /// that would be built after it, policies alone having changed. `old` is what it was built
    /// from, `new` holds the policies that come.
    pub fn what_if(
        &self,
        old: (&Snapshot, WorldId),
        new: &Snapshot,
        revision: &Revision,
    ) -> WhatIf {
        let policies = Policies::read(self, old, new, revision);
        let changes = self.compare(old.0, &policies);
        WhatIf { changes, gaps: policies.gaps }
    }

    fn compare(&self, snapshot: &Snapshot, policies: &Policies) -> Vec<Change> {
        let mut asked = Asked::of(&policies.come);
        asked.names.extend(self.names_asked.iter().cloned());
        let labels = self.traits.labels(&self.workloads, snapshot);
        let cells = Classes::new(&self.workloads, &self.traits, &labels, &asked, |it| it.class);
        let classes: Vec<u32> = cells.keys.iter().map(|key| key.part).collect();
        let starts = starts(&classes, self.classes.len());
        let revised = self.revise(policies, &cells, (&classes, &starts), &asked);
        let members = Members::new(&cells.of, classes.len());
        let old = State { network: self, classes: classes.clone(), revised: None };
        let new = State { network: self, classes, revised: Some(&revised) };
        let differing =
            DIRECTIONS.map(|direction| Differing::of_revised(&old, &new, direction, &starts));
        Comparison { old, new, members, differing }.changes()
    }

    /// The rows that are others after the revision.
    fn revise(
        &self,
        policies: &Policies,
        cells: &Classes,
        (classes, starts): (&[u32], &[u32]),
        asked: &Asked,
    ) -> Revised {
        let mut selection = Selection::new(World {
            profile: self.profile,
            pod_addresses: &self.pod_addresses,
            namespaces: &self.namespaces,
            around: &self.around,
            classes: cells,
            asked,
        });
        let (mut rules, mut peers) = (Vec::new(), Vec::new());
        let come: Vec<PolicyRecord> = policies
            .come
            .iter()
            .map(|policy| selection.policy(policy, &mut rules, &mut peers))
            .collect();
        let is_touched = self.touched(&policies.go, &come, starts, classes.len());
        let mut excerpt = Excerpt {
            network: Network {
                profile: self.profile,
                classes: records(cells),
                named_ports: cells.ports.clone(),
                peers,
                ..Network::default()
            },
            old: self,
            starts,
            known_peers: HashMap::new(),
        };
        let of_cell = |direction: Direction, cell: u32| {
            let class = &self.classes[classes[cell as usize] as usize];
            let group = class.groups[direction as usize] as usize;
            let entries = self.groups[direction as usize][group].entries.iter();
            entries.copied().filter(|entry| !policies.go.contains(&entry.policy()))
        };
        let touched = DIRECTIONS.map(|direction| {
            let cells = (0..).zip(&is_touched[direction as usize]);
            cells.filter(|(_, is)| **is).map(|(cell, _)| cell).collect::<Vec<u32>>()
        });
        let stay: BTreeSet<usize> = DIRECTIONS
            .into_iter()
            .flat_map(|direction| {
                let touched = touched[direction as usize].iter();
                touched.flat_map(move |cell| of_cell(direction, *cell).map(Entry::policy))
            })
            .collect();
        let numbers = excerpt.take(&stay, come, &rules);
        let entries = DIRECTIONS.map(|direction| {
            let of = |entry: Entry| Entry::new(numbers[&entry.policy()], entry.is_certain());
            let of = |cell: &u32| (*cell, of_cell(direction, *cell).map(of).collect());
            excerpt.with_those_that_come(direction, touched[direction as usize].iter().map(of))
        });
        let mut network = excerpt.network;
        network.group_by(entries);
        Revised { network, is_touched }
    }

    /// By direction, the cells that a policy which goes or comes holds for.
    fn touched(
        &self,
        go: &HashSet<usize>,
        come: &[PolicyRecord],
        starts: &[u32],
        cells: usize,
    ) -> [Vec<bool>; 2] {
        let mut found = [vec![false; cells], vec![false; cells]];
        let mut mark = |record: &PolicyRecord, cells: &Intervals<u32>| {
            for (rules, found) in record.rules.iter().zip(&mut found) {
                for (first, last) in cells.ranges().iter().filter(|_| rules.is_some()) {
                    found[*first as usize..=*last as usize].fill(true);
                }
            }
        };
        for record in go.iter().map(|number| &self.policies[*number]) {
            record.subject.iter().for_each(|set| mark(record, &as_cells(set, starts)));
        }
        for record in come {
            record.subject.iter().for_each(|set| mark(record, set));
        }
        found
    }
}

/// The first cell of each class, and behind the last one how many there are; `classes` are those
/// of the cells, in their order.
fn starts(classes: &[u32], count: usize) -> Vec<u32> {
    let mut found = Vec::with_capacity(count + 1);
    for (cell, class) in (0..).zip(classes) {
        found.resize(*class as usize + 1, cell);
    }
    found.resize(count + 1, classes.len() as u32);
    found
}

/// Classes as the cells they are cut into.
fn as_cells(classes: &Intervals<u32>, starts: &[u32]) -> Intervals<u32> {
    let ranges = classes.ranges().iter();
    let cells = |(first, last): &(u32, u32)| {
        (starts[*first as usize], starts[*last as usize + 1].saturating_sub(1))
    };
    Intervals::new(ranges.map(cells).collect())
}

/// The policies of those cells that a revision touches.
struct Excerpt<'a> {
    network: Network,
    old: &'a Network,
    starts: &'a [u32],
    known_peers: HashMap<u32, u32>,
}

impl Excerpt<'_> {
    /// Takes in policies that stay and such that come, in the order of their tiers. Gives the
    /// new number of each that stays.
    fn take(
        &mut self,
        stay: &BTreeSet<usize>,
        come: Vec<PolicyRecord>,
        rules: &[RuleRecord],
    ) -> HashMap<usize, usize> {
        let old = self.old;
        let mut order: Vec<(Tier, Result<usize, PolicyRecord>)> =
            stay.iter().map(|number| (old.policies[*number].tier, Ok(*number))).collect();
        order.extend(come.into_iter().map(|record| (record.tier, Err(record))));
        order.sort_by_key(|(tier, _)| *tier);
        let mut numbers = HashMap::new();
        for (_, policy) in order {
            let record = match policy {
                Ok(number) => {
                    numbers.insert(number, self.network.policies.len());
                    let record = &old.policies[number];
                    let ranges = record.rules.clone().map(|rules| {
                        rules.map(|rules| {
                            self.take_rules(
                                &old.rules[rules.start as usize..rules.end as usize],
                                true,
                            )
                        })
                    });
                    // Which cells it holds for their groups tell.
                    let subject = [Intervals::default(), Intervals::default()];
                    PolicyRecord { rules: ranges, subject, ..*record }
                }
                Err(record) => {
                    let ranges = record.rules.clone().map(|own| {
                        own.map(|own| {
                            self.take_rules(&rules[own.start as usize..own.end as usize], false)
                        })
                    });
                    PolicyRecord { rules: ranges, ..record }
                }
            };
            self.network.policies.push(record);
        }
        numbers
    }

    /// Adds those that come to the policies that stay of cells.
    fn with_those_that_come(
        &self,
        direction: Direction,
        stay: impl Iterator<Item = (u32, Vec<Entry>)>,
    ) -> Vec<(u32, Vec<Entry>)> {
        let mut entries: BTreeMap<u32, Vec<Entry>> = stay.collect();
        for (number, policy) in self.network.policies.iter().enumerate() {
            if policy.rules[direction as usize].is_none() {
                continue;
            }
            for (entry, cells) in policy.entries(number) {
                let ranges = cells.ranges().iter();
                for cell in ranges.flat_map(|(first, last)| *first..=*last) {
                    entries.entry(cell).or_default().push(entry);
                }
            }
        }
        for entries in entries.values_mut() {
            entries.sort_unstable();
        }
        entries.into_iter().collect()
    }

    fn take_rules(&mut self, rules: &[RuleRecord], is_old: bool) -> std::ops::Range<u32> {
        let first = self.network.rules.len() as u32;
        for rule in rules {
            let mut rule = rule.clone();
            for (_, peer) in rule.peers.iter_mut().flatten().filter(|_| is_old) {
                *peer = self.peer(*peer);
            }
            self.network.rules.push(rule);
        }
        first..self.network.rules.len() as u32
    }

    fn peer(&mut self, old: u32) -> u32 {
        if let Some(known) = self.known_peers.get(&old) {
            return *known;
        }
        let peer = &self.old.peers[old as usize];
        let cells = |set: &Intervals<u32>| as_cells(set, self.starts);
        let classes = peer.classes.each_ref().map(|sets| sets.each_ref().map(cells));
        let block: AddressSet = peer.block.clone();
        let number = self.network.peers.len() as u32;
        self.network.peers.push(PeerSet { classes, block, ..*peer });
        self.known_peers.insert(old, number);
        number
    }
}

/// What a revision means: policies by their numbers that do not hold as they did, and policies
/// that hold then.
struct Policies {
    go: HashSet<usize>,
    come: Vec<Policy>,
    gaps: Vec<Gap>,
}

impl Policies {
    /// Whether a policy is certain hangs on all of its name: they go and come together.
    fn read(
        network: &Network,
        (old, world): (&Snapshot, WorldId),
        new: &Snapshot,
        revision: &Revision,
    ) -> Self {
        let removed: HashSet<ObjectId> = revision.removed.iter().copied().collect();
        let of_old = revision.removed.iter().map(|id| old.object(*id).identity());
        let of_new = revision.added.iter().map(|id| new.object(*id).identity());
        let identities: HashSet<Identity<'_>> = of_old.chain(of_new).collect();
        let meant: HashSet<ObjectId> = identities
            .iter()
            .flat_map(|it| {
                let kind = (it.group, it.kind);
                let found = old.numbered_neighbours(world, it.namespace, kind);
                found.filter(|(_, object)| object.name == it.name).map(|(id, _)| id)
            })
            .collect();
        let numbers = (0..).zip(&network.policies);
        let go: HashSet<usize> =
            numbers.filter(|(_, it)| meant.contains(&it.id)).map(|(number, _)| number).collect();
        let mut staying: Vec<ObjectId> = go
            .iter()
            .map(|number| network.policies[*number].id)
            .filter(|id| !removed.contains(id))
            .collect();
        staying.sort_unstable();
        let staying = staying.into_iter().map(|id| (id, old.object(id)));
        let objects: Vec<(ObjectId, Object<'_>)> =
            staying.chain(revision.added.iter().map(|id| (*id, new.object(*id)))).collect();
        let subjects: HashSet<String> = identities.iter().map(ToString::to_string).collect();
        let gaps = network.gaps.iter().filter(|gap| !subjects.contains(&gap.subject));
        let mut gaps: Vec<Gap> = gaps.cloned().collect();
        let (mut come, mut of) = (Vec::new(), Vec::new());
        for (id, object) in objects {
            network.around.policy(&object, id, &mut come, &mut gaps);
            of.resize(come.len(), object);
        }
        network.around.find_nodes(&mut come);
        workload::mark_same_names(&mut come, |number, _| of[number]);
        Self { go, come, gaps }
    }
}
