//! Which pod reaches which, on what ports, and by which policies.
//!
//! A [`Network`] is built once from the objects of a world. Workloads that no policy can tell
//! apart are one class; classes that the same policies hold for are one group; for each group the
//! peers are cut into runs of classes with the same [`ports::PortSet`]. So every pair is answered
//! by two look-ups ([`Network::reach`], [`Network::allows`]), with the rules that decide it
//! ([`Network::why`]), and all pairs by going over runs ([`Network::summary`]).
//!
//! NetworkPolicy (networking.k8s.io/v1), AdminNetworkPolicy, BaselineAdminNetworkPolicy
//! (v1alpha1) and ClusterNetworkPolicy (v1alpha2) hold together, tier by tier. What the
//! specification leaves to the network plugin follows a [`Profile`]. What cannot be known is
//! Unknown with its [`Reason`]s, never a yes or a no: a policy that the API server refuses never
//! opens a path.
#![expect(clippy::similar_names, reason = "peers have places and ports have parts")]

pub mod address;
mod answer;
mod build;
mod change;
mod classes;
mod compare;
mod decide;
mod effect;
pub mod exposure;
mod fields;
mod find;
mod intervals;
mod open;
mod policy;
pub mod ports;
mod profile;
mod question;
mod read;
mod read_tiers;
mod repetition;
mod revision;
pub mod route;
mod rows;
pub mod security_group;
pub mod segmentation;
mod select;
pub mod service;
mod summary;
mod what_if;
mod workload;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;

use model::{Gap, ObjectId, Snapshot, WorldId};

pub use answer::{Answer, Endpoint, Explanation, Reach, Reason, RuleAt, Side, WorkloadId};
pub use change::{Change, Ends, changes};
pub use effect::Effect;
pub use open::Opening;
pub use policy::{Action, Direction};
pub use profile::{HostNetwork, Options, Profile};
pub use repetition::{Repetition, repetitions};
pub use revision::Revision;
pub use summary::Summary;
pub use what_if::WhatIf;

use address::{AddressSet, Family};
use classes::Traits;
use intervals::Intervals;
use policy::{Match, Tier};
use ports::{PortSet, Protocol};
use rows::Group;
use workload::Surroundings;

/// The policies of a world and what runs in it.
#[derive(Default)]
pub struct Network {
    profile: Profile,
    /// Where the addresses of pods lie, if known.
    pod_addresses: AddressSet,
    /// Namespaces that something runs in.
    namespaces: Vec<String>,
    around: Surroundings,
    workloads: Vec<Workload>,
    traits: Traits,
    /// Numbers of workloads by namespace, name and kind.
    by_name: Vec<u32>,
    classes: Vec<Class>,
    named_ports: Vec<NamedPorts>,
    /// Names of ports that some policy asks for.
    names_asked: BTreeSet<String>,
    /// In the order of their tiers.
    policies: Vec<PolicyRecord>,
    rules: Vec<RuleRecord>,
    peers: Vec<PeerSet>,
    /// By direction.
    groups: [Vec<Group>; 2],
    outcomes: Vec<decide::Outcome>,
    gaps: Vec<Gap>,
}

/// The ports of a pod that have a name which some policy asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct NamedPorts {
    /// Whether they are on the host's network, where a name stands for a number only to plugins
    /// that take such a pod for a pod.
    is_on_host: bool,
    ports: Vec<(String, Protocol, u16)>,
}

impl NamedPorts {
    /// Whether rules of a tier can ask for them by name.
    fn can_be_asked(&self, is_namespaced: bool, profile: Profile) -> Match {
        match profile.host_network {
            _ if !self.is_on_host => Match::Yes,
            // The cluster's policies leave pods on the host's network out.
            _ if !is_namespaced => Match::No,
            HostNetwork::Pod => Match::Yes,
            HostNetwork::Node => Match::No,
            HostNetwork::Either => Match::Maybe,
        }
    }
}

/// A pod, or the pods of a template.
#[derive(Debug)]
pub struct Workload {
    namespace: u32,
    /// Its kind.
    pub kind: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// The object it stands in. Its labels are read there.
    pub object: ObjectId,
    /// Which of the object's pods it is, counted from 0.
    pub template: u32,
    /// Whether it is a Pod, not a template.
    pub is_pod: bool,
    /// Kind and name of the workload it belongs to, if that is in the input too.
    pub owner: Option<(String, String)>,
    /// Its addresses; none where they are not known.
    pub addresses: Box<[IpAddr]>,
    /// Whether it is on its node's network.
    pub host_network: bool,
    /// Its node, if known.
    pub node: Option<Box<str>>,
    class: u32,
}

/// Workloads that no policy can tell apart.
#[derive(Default, Debug)]
struct Class {
    namespace: u32,
    ports: u32,
    /// The first address of the interval of address blocks that each of its addresses lies in.
    places: Box<[(Family, u128)]>,
    host_network: bool,
    members: u32,
    /// By direction.
    groups: [u32; 2],
}

/// A policy, its selectors evaluated.
struct PolicyRecord {
    id: ObjectId,
    tier: Tier,
    /// By direction; none where it does not hold in that direction.
    rules: [Option<Range<u32>>; 2],
    is_certain: bool,
    /// Classes it certainly and maybe holds for.
    subject: [Intervals<u32>; 2],
}

impl PolicyRecord {
    /// What it is to the classes it certainly and maybe holds for, as the policy of a number.
    fn entries(&self, number: usize) -> [(Entry, &Intervals<u32>); 2] {
        let [yes, maybe] = &self.subject;
        [(Entry::new(number, self.is_certain), yes), (Entry::new(number, false), maybe)]
    }
}

#[derive(Clone)]
struct RuleRecord {
    index: u32,
    action: Action,
    /// Place as written and number of each peer; none for everybody.
    peers: Option<Box<[(u32, u32)]>>,
    numeric: PortSet,
    named: Box<[(u32, Option<Protocol>, String)]>,
    /// The numeric ports apart, with their place as written.
    parts: Box<[(u32, PortSet)]>,
}

/// A peer, evaluated.
struct PeerSet {
    /// By family: classes it certainly and maybe matches.
    classes: [[Intervals<u32>; 2]; 2],
    block: AddressSet,
    /// What it says of addresses outside of `block`.
    outside: Match,
    /// Whether it is every pod of every namespace, whatever there is.
    is_every_pod: bool,
}

/// A policy that holds for a class, and whether it certainly does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry(u32);

impl Entry {
    fn new(policy: usize, is_certain: bool) -> Self {
        Self((policy as u32) << 1 | u32::from(is_certain))
    }

    fn policy(self) -> usize {
        (self.0 >> 1) as usize
    }

    fn is_certain(self) -> bool {
        self.0 & 1 == 1
    }
}

impl Network {
    /// The network of a world, as plugins of a profile hold the policies.
    pub fn build(snapshot: &Snapshot, world: WorldId, options: impl Into<Options>) -> Self {
        build::build(snapshot, world, &options.into(), |_| {})
    }

    /// What could not be read: what depends on it is Unknown.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The profile it was built for.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Every workload.
    pub fn workloads(&self) -> impl Iterator<Item = WorkloadId> + use<> {
        (0..self.workloads.len() as u32).map(WorkloadId)
    }

    /// A workload.
    pub fn workload(&self, id: WorkloadId) -> &Workload {
        &self.workloads[id.0 as usize]
    }

    /// The namespace of a workload.
    pub fn namespace_of(&self, id: WorkloadId) -> &str {
        &self.namespaces[self.workload(id).namespace as usize]
    }

    /// Namespaces that are in the input as objects.
    pub fn known_namespaces(&self) -> impl Iterator<Item = &str> {
        self.around.namespaces.keys().map(String::as_str)
    }

    /// Whether policies certainly isolate a workload in a direction: only what they allow passes.
    /// None where that is not known.
    pub fn isolated(&self, id: WorkloadId, direction: Direction) -> Option<bool> {
        let class = &self.classes[self.workload(id).class as usize];
        let group = &self.groups[direction as usize][class.groups[direction as usize] as usize];
        let mut answer = Some(false);
        for entry in &group.entries {
            if self.policies[entry.policy()].tier == Tier::Namespace {
                if entry.is_certain() {
                    return Some(true);
                }
                answer = None;
            }
        }
        answer
    }

    /// Whether a policy of the cluster holds, or may hold, for a workload in a direction.
    fn is_subject_of_tiers(&self, id: WorkloadId, direction: Direction) -> bool {
        let class = &self.classes[self.workload(id).class as usize];
        let group = &self.groups[direction as usize][class.groups[direction as usize] as usize];
        group.entries.iter().any(|it| self.policies[it.policy()].tier != Tier::Namespace)
    }

    /// How many classes, and groups of them at the destination and at the source, there are.
    pub fn size(&self) -> (usize, usize, usize) {
        (self.classes.len(), self.groups[0].len(), self.groups[1].len())
    }
}
