//! The graph and how it is made.

use std::collections::{BTreeMap, HashMap};

use model::{Gap, KubernetesVersion, ObjectId, Path, Snapshot, WorldId};

use super::edge::{Edge, Right};
use super::fact::{Fact, Names};
use super::search::{Because, Step, Uncertain};
use super::{Place, build, inventory};
use crate::pod_security::{Exemptions, Policy};
use crate::rbac::{Authorizer, BindingId, Groups, RoleId};

/// Number of a place in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceId(pub u32);

/// What is known beside the objects.
#[derive(Clone, Debug)]
pub struct Options {
    /// The groups of users. Those of users who are not listed are unknown, unless their name
    /// begins with `system:`, as those of the control plane's own users do.
    pub groups: BTreeMap<String, Groups>,
    /// Users, groups and service accounts that are asked about though nothing may name them.
    pub starts: Vec<Place>,
    /// What Pod Security demands where a namespace's labels say nothing.
    pub pod_security: Policy,
    /// Whom Pod Security does not judge.
    pub exemptions: Exemptions,
    /// Ids of edges to leave out, because something else in the cluster closes them.
    pub without: Vec<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            groups: BTreeMap::new(),
            starts: Vec::new(),
            pod_security: Policy::UNSET,
            exemptions: Exemptions::default(),
            without: Vec::new(),
        }
    }
}

/// All places of a world and the steps between them, ready to be asked.
#[derive(Debug)]
pub struct Graph {
    pub(super) names: Names,
    pub(super) rights: Vec<&'static Right>,
    pub(super) facts: Vec<Fact>,
    pub(super) numbers: HashMap<Fact, u32>,
    pub(super) clauses: Vec<Clause>,
    pub(super) bodies: Vec<u32>,
    /// Fields that clauses speak of.
    pub(super) fields: Vec<(ObjectId, Path)>,
    pub(super) edges: Vec<&'static Edge>,
    /// Clauses by the fact they give, and by each they need.
    /// Clauses that need nothing.
    pub(super) axioms: Vec<u32>,
    pub(super) by_head: Lists,
    pub(super) by_body: Lists,
    /// For each binding, whether an API server puts it back when it is removed.
    pub(super) restored: Vec<bool>,
    pub(super) version: KubernetesVersion,
    pub(super) gaps: Vec<Gap>,
}

/// That all of some facts give another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    pub(super) head: u32,
    pub(super) first: u32,
    pub(super) len: u32,
    pub(super) cause: Cause,
}

/// Why a clause holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// An edge of the table, and the field it starts at.
    Edge(u16, Option<u32>),
    Binding(BindingId, u32),
    Rule {
        role: RoleId,
        origin: RoleId,
        rule: u32,
    },
    /// The whole gives its parts, a right for all names that for one.
    Part,
    /// An identity is in this group by its name or by what was given.
    Member,
    /// The Namespace lets privileged pods in.
    PodSecurity(Option<ObjectId>),
    Uncertain(Doubt),
}

/// Why a clause may not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    Groups,
    RoleNotSeen(BindingId, u32),
    RoleUnreadable(BindingId, u32, RoleId),
    Ambiguous(BindingId, u32),
    Namespace,
    Placement,
    ControlPlane,
    CloudTrust,
}

impl Cause {
    pub(super) fn is_uncertain(self) -> bool {
        matches!(self, Self::Uncertain(_))
    }

    /// What it adds to the length of a way: one for an edge, a little for all else, so that of two
    /// ways with the same edges the one with fewer steps is shorter.
    pub(super) fn weight(self) -> u64 {
        match self {
            Self::Edge(..) => 1_000,
            Self::Uncertain(_) => 1_001,
            _ => 1,
        }
    }
}

/// Lists of numbers by a number.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// From pairs of list and item, given twice in the same order.
    pub(super) fn new<I: Iterator<Item = (u32, u32)>>(count: usize, pairs: impl Fn() -> I) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (list, _) in pairs() {
            starts[list as usize + 1] += 1;
        }
        for list in 0..count {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[count] as usize];
        for (list, item) in pairs() {
            items[next[list as usize] as usize] = item;
            next[list as usize] += 1;
        }
        Self { starts, items }
    }

    pub(super) fn of(&self, list: u32) -> &[u32] {
        &self.items[self.starts[list as usize] as usize..self.starts[list as usize + 1] as usize]
    }

    fn bytes(&self) -> usize {
        (self.starts.capacity() + self.items.capacity()) * 4
    }
}

impl Graph {
    /// Builds the graph of a world. The authorizer has to be that of the same world.
    pub fn build(
        snapshot: &Snapshot,
        world: WorldId,
        authorizer: &Authorizer,
        options: &Options,
    ) -> Self {
        let seen = authorizer.assumptions().seen;
        let (inventory, edges) = inventory::read(snapshot, world, seen, options);
        build::build(inventory, edges, authorizer, options)
    }

    /// The place, if there is anything in the world by which it could be reached or left.
    /// Identities that nothing names are only there if [`Options::starts`] has them.
    pub fn find(&self, place: &Place) -> Option<PlaceId> {
        let fact = Fact::of(place, &self.names, &self.rights)?;
        self.numbers.get(&fact).copied().map(PlaceId)
    }

    /// A place by its number.
    pub fn place(&self, id: PlaceId) -> Place {
        self.facts[id.0 as usize].place(&self.names, &self.rights)
    }

    /// All places where somebody may start: users, groups, service accounts and pods.
    pub fn starts(&self) -> impl Iterator<Item = PlaceId> {
        let is_start = |fact: &Fact| {
            matches!(fact, Fact::User(_) | Fact::Group(_) | Fact::Account(..) | Fact::Pod(_))
        };
        let facts = self.facts.iter().enumerate();
        facts.filter(move |(_, fact)| is_start(fact)).map(|(number, _)| PlaceId(number as u32))
    }

    /// All places.
    pub fn places(&self) -> impl Iterator<Item = PlaceId> + use<> {
        (0..self.facts.len() as u32).map(PlaceId)
    }

    /// Every step, for whoever draws the graph or checks it.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        (0..self.clauses.len() as u32).map(|number| self.step(number))
    }

    /// How many places and steps there are.
    pub fn size(&self) -> (usize, usize) {
        (self.facts.len(), self.clauses.len())
    }

    /// What could not be read.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The version it is for.
    pub fn version(&self) -> KubernetesVersion {
        self.version
    }

    /// Bytes it takes, estimated from its parts.
    pub fn bytes(&self) -> usize {
        self.names.bytes()
            + self.facts.capacity() * size_of::<Fact>()
            + self.numbers.capacity() * (size_of::<(Fact, u32)>() + 1)
            + self.clauses.capacity() * size_of::<Clause>()
            + self.bodies.capacity() * 4
            + self.fields.capacity() * (size_of::<(ObjectId, Path)>() + 64)
            + self.by_head.bytes()
            + self.by_body.bytes()
    }

    pub(super) fn body(&self, clause: u32) -> &[u32] {
        let clause = &self.clauses[clause as usize];
        &self.bodies[clause.first as usize..(clause.first + clause.len) as usize]
    }

    pub(super) fn step(&self, number: u32) -> Step {
        let clause = &self.clauses[number as usize];
        let because = match clause.cause {
            Cause::Edge(edge, field) => Because::Edge {
                edge: self.edges[edge as usize],
                field: field.map(|field| self.fields[field as usize].clone()),
            },
            Cause::Binding(binding, subject) => Because::Binding { binding, subject },
            Cause::Rule { role, origin, rule } => {
                Because::Rule { role, origin, rule: (rule != u32::MAX).then_some(rule) }
            }
            Cause::Part => Because::Part,
            Cause::Member => Because::Member,
            Cause::PodSecurity(namespace) => Because::PodSecurity(namespace),
            Cause::Uncertain(doubt) => Because::Uncertain(uncertain(doubt)),
        };
        let from = self.body(number).iter().map(|fact| self.place(PlaceId(*fact))).collect();
        Step { from, to: self.place(PlaceId(clause.head)), because }
    }
}

fn uncertain(doubt: Doubt) -> Uncertain {
    match doubt {
        Doubt::Groups => Uncertain::Groups,
        Doubt::RoleNotSeen(binding, subject) => Uncertain::RoleNotSeen { binding, subject },
        Doubt::RoleUnreadable(binding, subject, role) => {
            Uncertain::RoleUnreadable { binding, subject, role }
        }
        Doubt::Ambiguous(binding, subject) => Uncertain::Ambiguous { binding, subject },
        Doubt::Namespace => Uncertain::Namespace,
        Doubt::Placement => Uncertain::Placement,
        Doubt::ControlPlane => Uncertain::ControlPlane,
        Doubt::CloudTrust => Uncertain::CloudTrust,
    }
}
