//! `bollwerk network`: what reaches what, asked of the engine and told with proof.

mod diff;
mod exposed;
mod isolated;
mod learn;
mod lint;
mod map;
pub(crate) mod map_picture;
mod matrix;
mod matrix_picture;
mod metadata;
mod neighbourhood;
mod observed;
mod reach;
mod security_groups;
mod table;
mod wording;

use analyze::network::end::End;
use anyhow::{Result, bail};
use collect::manifests::Sources;
use engine::network::{Endpoint, Network, Options, WorkloadId};
use model::{Gap, GapKind, ObjectId, Path, Snapshot, WorldId};
use report::harmless;

pub use neighbourhood::{Link, Map, Workload};

use crate::arguments::{NetworkCommand, NetworkInputs};
use crate::cluster::{self, Cluster};

/// Exit codes beside 0.
const NO: u8 = 1;
const UNKNOWN: u8 = 3;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &NetworkCommand) -> Result<u8> {
    match command {
        NetworkCommand::Reach(arguments) => reach::run(arguments),
        NetworkCommand::Matrix(arguments) => matrix::run(arguments),
        NetworkCommand::Map(arguments) => map::run(arguments),
        NetworkCommand::Exposed(arguments) => exposed::run(arguments),
        NetworkCommand::Observed(arguments) => observed::run(arguments),
        NetworkCommand::Learn(arguments) => learn::run(arguments),
        NetworkCommand::SecurityGroups(arguments) => security_groups::run(arguments),
        NetworkCommand::Isolated(arguments) => isolated::run(arguments),
        NetworkCommand::Metadata(arguments) => metadata::run(arguments),
        NetworkCommand::Diff(arguments) => diff::run(arguments),
        NetworkCommand::Lint(arguments) => lint::run(arguments),
    }
}

/// Questions about the network of a cluster, for a page: the answers of `bollwerk network`.
pub struct NetworkQuestions(World);

impl NetworkQuestions {
    /// Reads the policies and pods of a world.
    pub fn new(snapshot: Snapshot, id: WorldId) -> Self {
        let sources = Sources::none(crate::inputs::digest_key());
        Self(World::new(snapshot, sources, id, Options::default()))
    }

    /// The neighbourhood of a namespace, and its picture.
    ///
    /// # Errors
    ///
    /// Nothing runs there, or more than a map shows.
    pub fn map(&self, namespace: &str) -> Result<(Map, String)> {
        let map = Map::new(&self.0, namespace)?;
        let picture = map_picture::svg(&map);
        Ok((map, picture))
    }

    /// What could not be read and may hold a policy or a pod.
    pub fn gaps(&self) -> &[Gap] {
        &self.0.gaps
    }
}

/// One cluster, ready to be asked.
struct World {
    snapshot: Snapshot,
    sources: Sources,
    id: WorldId,
    network: Network,
    /// What could not be read and may hold a policy or a pod.
    gaps: Vec<Gap>,
    /// Kinds of gaps that are no reason for doubt.
    accepted_gaps: Vec<GapKind>,
}

impl World {
    fn load(arguments: &NetworkInputs) -> Result<Self> {
        let Cluster { snapshot, sources, world, accepted_gaps } =
            Cluster::load(&arguments.cluster)?;
        let mut world = Self::new(snapshot, sources, world, arguments.assumed.options());
        world.gaps.retain(|gap| !accepted_gaps.contains(&gap.kind));
        cluster::tell_gaps(&world.gaps);
        world.accepted_gaps = accepted_gaps;
        Ok(world)
    }

    fn new(snapshot: Snapshot, sources: Sources, id: WorldId, options: Options) -> Self {
        let network = Network::build(&snapshot, id, options);
        let gaps = snapshot.gaps.iter().chain(network.gaps()).cloned().collect();
        Self { snapshot, sources, id, network, gaps, accepted_gaps: Vec::new() }
    }

    /// The ends that are meant, at least one.
    fn find(&self, end: &End) -> Result<Vec<Endpoint>> {
        let found = end.find(&self.network, &self.snapshot);
        if found.is_empty() {
            let mut all: Vec<String> =
                self.network.workloads().take(1_000).map(|id| self.name(id)).collect();
            all.sort();
            all.dedup();
            let shown = all.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            let more = if all.len() > shown.len() { ", …" } else { "" };
            bail!(
                "nothing runs as `{}`; what runs is {}{more}",
                harmless(&end.to_string()),
                if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
            );
        }
        Ok(found)
    }

    /// `shop/cart`.
    fn name(&self, id: WorkloadId) -> String {
        harmless(&format!("{}/{}", self.network.namespace_of(id), self.network.workload(id).name))
    }

    /// `shop/cart`, or the addresses.
    fn end_name(&self, end: &Endpoint) -> String {
        match end {
            Endpoint::Workload(id) => self.name(*id),
            Endpoint::Addresses(set) => wording::addresses(set),
        }
    }

    /// `NetworkPolicy shop/default-deny`.
    fn object_name(&self, id: ObjectId) -> String {
        let object = self.snapshot.object(id);
        let namespace = object.namespace.map(|it| format!("{it}/")).unwrap_or_default();
        harmless(&format!("{} {namespace}{}", object.kind, object.name))
    }

    /// Where a part of an object stands.
    fn place(&self, id: ObjectId, path: &Path) -> Option<(String, u32)> {
        cluster::place(&self.snapshot, &self.sources, id, path)
    }

    /// Every pod or template once: a template whose pods were seen is told by its pods' places
    /// and not again.
    fn shown(&self) -> Vec<WorkloadId> {
        let is_seen_by_owner = |id: &WorkloadId| {
            let it = self.network.workload(*id);
            let owner = it.owner.as_ref();
            owner.is_some_and(|(kind, name)| {
                let namespace = self.network.namespace_of(*id);
                self.network.find(namespace, name).any(|owner| {
                    let owner = self.network.workload(owner);
                    *owner.kind == **kind
                })
            })
        };
        let mut shown: Vec<WorkloadId> =
            self.network.workloads().filter(|id| !is_seen_by_owner(id)).collect();
        shown.sort_by_cached_key(|id| {
            let it = self.network.workload(*id);
            (self.network.namespace_of(*id).to_owned(), it.name.to_string(), it.kind.to_string())
        });
        shown
    }
}
