//! The cluster as it is, kept up to date.

use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::Duration;

use analyze::Worlds;
use analyze::admission_policy::Index;
use collect::cluster::watch::{self, Change};
use collect::cluster::{Connection, ConnectionError, Resource};
use hashbrown::{HashMap, HashSet};
use model::{DigestKey, Gap, KubernetesVersion, ObjectId, Part, Snapshot, WorldId};
use tokio::sync::{mpsc, watch as signal};

use crate::way::Way;

/// Changes that wait to be taken in; whoever reads the cluster waits when there are more.
const CHANGES_MAX: usize = 256;

/// Removed objects that a snapshot keeps the memory of before it is written anew, at the least.
const REMOVED_MIN: usize = 4096;

/// Changes taken in under one lock, so that reviews never wait long.
const CHANGES_AT_ONCE: usize = 64;

/// The world of a server's one cluster.
pub const WORLD: WorldId = WorldId(0);

/// What is known of the cluster now.
pub struct State {
    /// The objects.
    pub snapshot: Snapshot,
    /// What is read of all roles, or of the whole network, once.
    pub worlds: Arc<Worlds>,
    /// The objects that admission policies read as parameters.
    pub parameters: Index,
    objects: HashMap<Key, ObjectId>,
    gaps: HashMap<Arc<Resource>, Vec<Gap>>,
    missing: HashSet<Arc<Resource>>,
}

/// A resource, a namespace and a name.
type Key = (Arc<Resource>, String, String);

/// A cluster that is followed. Cheap to share.
#[derive(Clone)]
pub struct Live {
    state: Arc<RwLock<State>>,
    /// Counts the changes.
    changes: signal::Sender<u64>,
}

impl Live {
    /// A cluster of which these resources are to be followed, and nothing is known yet.
    pub fn new(
        name: &str,
        version: KubernetesVersion,
        now: jiff::Timestamp,
        resources: &[Arc<Resource>],
    ) -> Self {
        let mut snapshot = Snapshot::new(version, now);
        snapshot.cluster = Some(name.to_owned());
        snapshot.is_live = true;
        snapshot.worlds.push(name.to_owned());
        snapshot.files.push(name.to_owned());
        Self::of(snapshot, resources.iter().cloned().collect())
    }

    /// A cluster that does not change, as it was read from elsewhere.
    pub fn still(snapshot: Snapshot) -> Self {
        Self::of(snapshot, HashSet::new())
    }

    fn of(snapshot: Snapshot, missing: HashSet<Arc<Resource>>) -> Self {
        let state = State {
            snapshot,
            worlds: Arc::default(),
            parameters: Index::default(),
            objects: HashMap::new(),
            gaps: HashMap::new(),
            missing,
        };
        let (changes, _) = signal::channel(0);
        Self { state: Arc::new(RwLock::new(state)), changes }
    }

    /// Marked as changed after each change of the cluster.
    pub fn changes(&self) -> signal::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Has objects of these kinds, given as `apiVersion` and kind, found as parameters. Before
    /// anything is taken in.
    pub fn find_parameters<'k>(&self, kinds: impl IntoIterator<Item = (&'k str, &'k str)>) {
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.parameters = Index::of_kinds(kinds);
    }

    /// What is known now. Changes wait for as long as it is held.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        // A thread that panicked while it wrote left objects out at the most: they come again
        // with the next list.
        self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes in changes for as long as they come.
    pub async fn keep(self, mut changes: mpsc::Receiver<(Arc<Resource>, Change)>) {
        let mut some = Vec::with_capacity(CHANGES_AT_ONCE);
        while changes.recv_many(&mut some, CHANGES_AT_ONCE).await > 0 {
            let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            for (resource, change) in some.drain(..) {
                state.take(&resource, change);
            }
            state.snapshot.taken_at = jiff::Timestamp::now();
            state.compact();
            drop(state);
            self.changes.send_modify(|count| *count += 1);
        }
    }
}

impl State {
    /// Whether every resource was read once.
    pub fn is_ready(&self) -> bool {
        self.missing.is_empty()
    }

    /// Resources that were not read yet.
    pub fn missing(&self) -> usize {
        self.missing.len()
    }

    /// What is not known of the cluster.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        let mut all: Vec<_> = self.gaps.iter().collect();
        all.sort_unstable_by_key(|(resource, _)| *resource);
        all.into_iter().flat_map(|(_, gaps)| gaps)
    }

    /// Resources of which not all that there is was read.
    pub fn unseen(&self) -> impl Iterator<Item = &Resource> {
        self.gaps.keys().map(|resource| &**resource)
    }

    /// Takes in a change.
    pub fn take(&mut self, resource: &Arc<Resource>, change: Change) {
        match change {
            Change::Listed { parts, gaps } => self.relist(resource, parts, gaps),
            Change::Applied(part) => {
                self.apply(resource, part);
            }
            Change::Deleted { namespace, name } => {
                let key = (Arc::clone(resource), namespace, name);
                if let Some(id) = self.objects.remove(&key) {
                    self.leave(id);
                }
            }
            Change::Lost(gap) => {
                self.gaps.insert(Arc::clone(resource), vec![gap]);
            }
            Change::Resumed => {
                self.gaps.remove(resource);
            }
        }
        self.worlds = Arc::new(self.worlds.after_change_in(&resource.group));
    }

    /// Takes an object out.
    fn leave(&mut self, id: ObjectId) {
        if !self.parameters.is_empty() {
            self.parameters.remove(&self.snapshot.object(id), id);
        }
        self.snapshot.remove(id);
    }

    /// Adds the objects of a part; their keys.
    fn apply(&mut self, resource: &Arc<Resource>, mut part: Part) -> Vec<Key> {
        part.place(WORLD, 0);
        let first = self.snapshot.numbers();
        self.snapshot.add(part);
        let mut keys = Vec::new();
        for number in first..self.snapshot.numbers() {
            let id = ObjectId(number as u32);
            let object = self.snapshot.object(id);
            let namespace = object.namespace.unwrap_or_default().to_owned();
            let key = (Arc::clone(resource), namespace, object.name.to_owned());
            self.parameters.add(&object, id);
            if let Some(old) = self.objects.insert(key.clone(), id) {
                self.leave(old);
            }
            keys.push(key);
        }
        keys
    }

    /// Replaces all that is known of a resource. Where the list is not whole, what was known
    /// before stays, and the gap says that it may be old.
    fn relist(&mut self, resource: &Arc<Resource>, parts: Vec<Part>, gaps: Vec<Gap>) {
        // Of a kind of the cluster's own it shows by its objects whether it stands in namespaces.
        let is_namespaced =
            (resource.group.is_empty() && resource.kind == "ConfigMap").then_some(true);
        let is_whole = gaps.is_empty();
        self.parameters.know(&resource.api_version(), &resource.kind, is_whole, is_namespaced);
        let mut listed: HashSet<Key> = HashSet::new();
        for part in parts {
            listed.extend(self.apply(resource, part));
        }
        if gaps.is_empty() {
            let is_gone = |key: &Key| key.0 == *resource && !listed.contains(key);
            let gone: Vec<ObjectId> =
                self.objects.extract_if(|key, _| is_gone(key)).map(|(_, id)| id).collect();
            for id in gone {
                self.leave(id);
            }
            self.gaps.remove(resource);
        } else {
            self.gaps.insert(Arc::clone(resource), gaps);
        }
        // What may not be read will not be waited for: reviews say what is not known.
        self.missing.remove(resource);
    }

    /// Gives back the memory of removed objects, once it is most of all.
    fn compact(&mut self) {
        let removed = self.snapshot.removed();
        if removed < REMOVED_MIN || removed < self.snapshot.len() {
            return;
        }
        let mut moved: HashMap<ObjectId, ObjectId> = HashMap::new();
        self.snapshot = self.snapshot.compacted(|old, new| {
            moved.insert(old, new);
        });
        for id in self.objects.values_mut() {
            *id = moved.get(id).copied().unwrap_or(*id);
        }
        self.parameters.renumber(|id| moved.get(&id).copied());
        self.worlds = Arc::default();
    }
}

/// Follows a cluster for as long as the program runs.
pub async fn follow(
    connection: Arc<Connection>,
    version: KubernetesVersion,
    live: Live,
    resources: Vec<Arc<Resource>>,
    key: DigestKey,
    limits: yaml::Limits,
) {
    let (out, changes) = mpsc::channel(CHANGES_MAX);
    for resource in resources {
        let (connection, key, limits) = (Arc::clone(&connection), key.clone(), limits.clone());
        let follow = watch::follow(connection, version, resource, key, limits, out.clone());
        tokio::spawn(follow);
    }
    drop(out);
    live.keep(changes).await;
}

/// Longest wait for the API server at the start, between two tries.
const START_WAIT_MAX: Duration = Duration::from_secs(5);

/// The version of the cluster, and the resources that the server is to follow, of those that the
/// cluster serves. Waits for an API server that does not answer yet.
/// `parameters` are kinds that admission policies read, as `apiVersion` and kind. Where the cluster
/// is shown, all that controls look at is followed, and custom resources.
pub async fn served(
    connection: &Connection,
    parameters: &[(&str, &str)],
    is_shown: bool,
) -> (KubernetesVersion, Vec<Arc<Resource>>) {
    let (way, _) = signal::channel(Way::default());
    served_by(connection, parameters, is_shown, &way).await
}

/// The same, and why it is waited for is told.
pub(crate) async fn served_by(
    connection: &Connection,
    parameters: &[(&str, &str)],
    is_shown: bool,
    way: &signal::Sender<Way>,
) -> (KubernetesVersion, Vec<Arc<Resource>>) {
    let mut wait = Duration::from_millis(100);
    loop {
        match version_and_resources(connection, parameters, is_shown).await {
            Ok(served) => {
                way.send_modify(|it| it.problem = None);
                return served;
            }
            Err(error) => {
                tracing::warn!(%error, "the API server is not to be had yet");
                way.send_modify(|it| it.problem = Some(error.to_string()));
                tokio::time::sleep(wait).await;
                wait = (2 * wait).min(START_WAIT_MAX);
            }
        }
    }
}

async fn version_and_resources(
    connection: &Connection,
    parameters: &[(&str, &str)],
    is_shown: bool,
) -> Result<(KubernetesVersion, Vec<Arc<Resource>>), ConnectionError> {
    let version = connection.version().await?;
    let (served, _) = connection.resources().await?;
    let mut wanted = admission::webhook::read(parameters.iter().copied());
    if is_shown {
        for (group, names) in admission::webhook::assessed() {
            wanted.entry(group).or_default().extend(names);
        }
    }
    // Kinds that Kubernetes does not know may make pods: they are judged by their shape.
    let is_custom = |group: &str| group.contains('.') && !group.ends_with(".k8s.io");
    let is_wanted = |resource: &Resource| {
        let names = wanted.get(&resource.group);
        names.is_some_and(|names| names.contains(&resource.name))
            || (is_shown && is_custom(&resource.group))
    };
    Ok((version, served.into_iter().filter(is_wanted).map(Arc::new).collect()))
}
