//! A snapshot: all that was seen of a cluster or of a set of files, at one time.

mod read;
mod write;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::{
    CompactId, Gap, KubernetesVersion, Location, Node, Object, Path, Pool, Redactions, cloud,
};

pub use read::{SnapshotError, read};
pub use write::write;

/// Number of an object in its snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

/// Objects that belong together: what one path on the command line holds. Objects of different
/// worlds never answer each other's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorldId(pub u32);

/// Where an object came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Number of its file in [`Snapshot::files`].
    pub file: u32,
    /// Number of its document in the file, counted from 0.
    pub document: u32,
    /// Its place in the document: empty, or its item of a `List`.
    pub item: Path,
    /// First line of its document or item.
    pub line: u32,
}

impl Origin {
    /// What orders objects: files as they were given, then the place in the file.
    fn order(&self) -> (u32, u32, &Path) {
        (self.file, self.document, &self.item)
    }
}

/// How much was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files that were opened.
    pub files: u64,
    /// Documents in them, those that could not be read among them.
    pub documents: u64,
    /// Documents that are no Kubernetes objects (a values file, a pipeline): not judged.
    pub other_documents: u64,
    /// Kubernetes objects, each item of a `List` counted, and resources of a cloud.
    pub objects: u64,
    /// Objects that make pods.
    pub workloads: u64,
    /// Different images their containers run, told apart as they are written.
    pub images: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

impl Coverage {
    /// Adds what another part saw.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.documents += other.documents;
        self.other_documents += other.other_documents;
        self.objects += other.objects;
        self.workloads += other.workloads;
        self.images += other.images;
        self.bytes += other.bytes;
    }
}

/// A comment in an object's text that speaks of a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it speaks of: all of this, and what is below.
    pub path: Path,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub location: Location,
}

#[derive(Clone)]
struct Record {
    pool: u32,
    root: CompactId,
    world: WorldId,
    origin: Origin,
    /// `apiVersion` and `kind` of an item of a typed list that left them out.
    typed: Option<Box<(String, String)>>,
    notes: Option<Box<[Note]>>,
    /// Whether the object is in the snapshot no more: see [`Snapshot::remove`].
    is_gone: bool,
}

/// Where an object is found without its number.
struct Places {
    namespace: Option<(WorldId, String)>,
    service_account: Option<(WorldId, String, String)>,
    neighbour: Option<(Neighbours, String)>,
}

/// A world and a kind of [`NEIGHBOURS`].
type Neighbours = (WorldId, (&'static str, &'static str));

/// All that was seen, at one time. The only source of "now", of the Kubernetes version and of the
/// cluster's name for whatever judges it. A copy shares the objects and copies their places.
#[derive(Clone)]
pub struct Snapshot {
    /// The cluster's name, when it is one.
    pub cluster: Option<String>,
    /// Whether it was read from the cluster that runs, not from files: what may be in a cluster
    /// and not in a repository is judged by it.
    pub is_live: bool,
    /// The version it is judged for.
    pub version: KubernetesVersion,
    /// When it was taken.
    pub taken_at: jiff::Timestamp,
    /// The namespace of objects that name none, if the caller knows it.
    pub namespace: Option<String>,
    /// The paths that were read, one a world.
    pub worlds: Vec<String>,
    /// The files that held objects.
    pub files: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// How much was seen.
    pub coverage: Coverage,
    /// Shared by all copies: what was taken in is never changed.
    pools: Vec<Arc<Pool>>,
    records: Vec<Record>,
    /// How many of the records are of objects that are gone.
    gone: usize,
    namespaces: HashMap<(WorldId, String), Vec<ObjectId>>,
    service_accounts: HashMap<(WorldId, String, String), Vec<ObjectId>>,
    neighbours: HashMap<Neighbours, HashMap<String, Vec<ObjectId>>>,
}

impl Snapshot {
    /// An empty snapshot.
    pub fn new(version: KubernetesVersion, taken_at: jiff::Timestamp) -> Self {
        Self {
            cluster: None,
            is_live: false,
            version,
            taken_at,
            namespace: None,
            worlds: Vec::new(),
            files: Vec::new(),
            gaps: Vec::new(),
            coverage: Coverage::default(),
            pools: Vec::new(),
            records: Vec::new(),
            gone: 0,
            namespaces: HashMap::new(),
            service_accounts: HashMap::new(),
            neighbours: HashMap::new(),
        }
    }

    /// Takes in what a reader gathered, after what is there.
    pub fn add(&mut self, part: Part) {
        self.add_all([part]);
    }

    /// Takes in what several readers gathered side by side. Objects are numbered by their origin,
    /// whoever read which file: numbers decide the order in which neighbours are named.
    pub fn add_all(&mut self, parts: impl IntoIterator<Item = Part>) {
        let first = self.records.len();
        for mut part in parts {
            part.pool.seal();
            part.records.shrink_to_fit();
            let pool = self.pools.len() as u32;
            self.pools.push(Arc::new(part.pool));
            self.records.extend(part.records.into_iter().map(|record| Record { pool, ..record }));
        }
        self.records[first..].sort_by(|a, b| a.origin.order().cmp(&b.origin.order()));
        for number in first..self.records.len() {
            self.index(ObjectId(number as u32));
        }
    }

    fn index(&mut self, id: ObjectId) {
        let places = self.places(id);
        if let Some(key) = places.namespace {
            self.namespaces.entry(key).or_default().push(id);
        }
        if let Some(key) = places.service_account {
            self.service_accounts.entry(key).or_default().push(id);
        }
        if let Some((kind, namespace)) = places.neighbour {
            let by_namespace = self.neighbours.entry(kind).or_default();
            by_namespace.entry(namespace).or_default().push(id);
        }
    }

    /// Where an object is found without its number.
    fn places(&self, id: ObjectId) -> Places {
        let world = self.records[id.0 as usize].world;
        let object = self.object(id);
        let name = object.name.to_owned();
        let kind = neighbour_kind(object.group(), object.kind);
        let namespace = object.namespace.unwrap_or_default();
        Places {
            namespace: object.is("", "Namespace").then(|| (world, name.clone())),
            service_account: object
                .namespace
                .filter(|_| object.is("", "ServiceAccount"))
                .map(|namespace| (world, namespace.to_owned(), name)),
            neighbour: kind.map(|kind| ((world, kind), namespace.to_owned())),
        }
    }

    /// Takes an object out: nothing finds it any more, and its number is not given again. Its
    /// memory is given back by [`Snapshot::compacted`].
    pub fn remove(&mut self, id: ObjectId) {
        if self.records.get(id.0 as usize).is_none_or(|record| record.is_gone) {
            return;
        }
        let places = self.places(id);
        let others = |ids: &mut Vec<ObjectId>| ids.retain(|it| *it != id);
        if let Some(ids) = places.namespace.and_then(|key| self.namespaces.get_mut(&key)) {
            others(ids);
        }
        if let Some(ids) =
            places.service_account.and_then(|key| self.service_accounts.get_mut(&key))
        {
            others(ids);
        }
        if let Some((kind, namespace)) = places.neighbour
            && let Some(ids) =
                self.neighbours.get_mut(&kind).and_then(|found| found.get_mut(&namespace))
        {
            others(ids);
        }
        self.records[id.0 as usize].is_gone = true;
        self.gone += 1;
    }

    /// How many objects were taken out since the snapshot was made or compacted.
    pub fn removed(&self) -> usize {
        self.gone
    }

    /// The same snapshot without what is left of removed objects, all in one pool. Objects keep
    /// their order and get new numbers: `moved` is told the old and the new one of each.
    #[must_use]
    pub fn compacted(&self, mut moved: impl FnMut(ObjectId, ObjectId)) -> Self {
        let mut compact = Self::new(self.version, self.taken_at);
        compact.cluster.clone_from(&self.cluster);
        compact.is_live = self.is_live;
        compact.namespace.clone_from(&self.namespace);
        compact.worlds.clone_from(&self.worlds);
        compact.files.clone_from(&self.files);
        compact.gaps.clone_from(&self.gaps);
        compact.coverage = self.coverage;
        let mut pool = Pool::new();
        for id in self.ids() {
            let record = &self.records[id.0 as usize];
            let root = pool.insert(self.root(id), |_, _, _| false);
            moved(id, ObjectId(compact.records.len() as u32));
            compact.records.push(Record { pool: 0, root, ..record.clone() });
        }
        pool.seal();
        compact.pools.push(Arc::new(pool));
        for number in 0..compact.records.len() {
            compact.index(ObjectId(number as u32));
        }
        compact
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.records.len() - self.gone
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers of all objects, in the order they were taken in.
    pub fn ids(&self) -> impl Iterator<Item = ObjectId> + '_ {
        let numbered = (0..).map(ObjectId).zip(&self.records);
        numbered.filter(|(_, record)| !record.is_gone).map(|(id, _)| id)
    }

    /// One more than the highest number that was given.
    pub fn numbers(&self) -> usize {
        self.records.len()
    }

    /// The object with this number.
    pub fn object(&self, id: ObjectId) -> Object<'_> {
        let record = &self.records[id.0 as usize];
        let root = self.root(id);
        let namespace = self.namespace.as_deref();
        let (api_version, kind) = match &record.typed {
            Some(typed) => (typed.0.as_str(), typed.1.as_str()),
            None => {
                (root.str("apiVersion").unwrap_or_default(), root.str("kind").unwrap_or_default())
            }
        };
        Object::named(root, api_version, kind, namespace, self.version)
    }

    /// The top node of the object with this number.
    pub fn root(&self, id: ObjectId) -> Node<'_> {
        let record = &self.records[id.0 as usize];
        Node::compact(self.pools[record.pool as usize].node(record.root))
    }

    /// `apiVersion` and `kind` that an object has from its list alone.
    fn typed(&self, id: ObjectId) -> Option<(&str, &str)> {
        let typed = self.records[id.0 as usize].typed.as_deref();
        typed.map(|(api_version, kind)| (api_version.as_str(), kind.as_str()))
    }

    /// Comments in an object's text that speak of parts of it.
    pub fn notes(&self, id: ObjectId) -> &[Note] {
        self.records[id.0 as usize].notes.as_deref().unwrap_or_default()
    }

    /// Where an object came from.
    pub fn origin(&self, id: ObjectId) -> &Origin {
        &self.records[id.0 as usize].origin
    }

    /// The world an object belongs to.
    pub fn world(&self, id: ObjectId) -> WorldId {
        self.records[id.0 as usize].world
    }

    /// The Namespace objects of this name in a world: none, one, or several when the name is
    /// given more than once.
    pub fn namespaces(&self, world: WorldId, name: &str) -> impl Iterator<Item = Object<'_>> {
        let found = self.namespaces.get(&(world, name.to_owned()));
        found.into_iter().flatten().map(|id| self.object(*id))
    }

    /// The ServiceAccount objects of this name in a namespace of a world.
    pub fn service_accounts(
        &self,
        world: WorldId,
        namespace: &str,
        name: &str,
    ) -> impl Iterator<Item = Object<'_>> {
        let key = (world, namespace.to_owned(), name.to_owned());
        self.service_accounts.get(&key).into_iter().flatten().map(|id| self.object(*id))
    }

    /// The objects of a kind in a namespace of a world, in the order they were taken in; those of
    /// no namespace, or of an unknown one, when `namespace` is none. Only for the kinds that
    /// objects are judged together with: [`NEIGHBOURS`].
    pub fn neighbours(
        &self,
        world: WorldId,
        namespace: Option<&str>,
        (group, kind): (&str, &str),
    ) -> impl Iterator<Item = Object<'_>> + use<'_> {
        self.numbered_neighbours(world, namespace, (group, kind)).map(|(_, object)| object)
    }

    /// The same with their numbers.
    pub fn numbered_neighbours(
        &self,
        world: WorldId,
        namespace: Option<&str>,
        (group, kind): (&str, &str),
    ) -> impl Iterator<Item = (ObjectId, Object<'_>)> + use<'_> {
        let kind = neighbour_kind(group, kind);
        debug_assert!(kind.is_some(), "no answer is kept ready for this kind");
        let found = kind.and_then(|kind| self.neighbours.get(&(world, kind)));
        let found = found.and_then(|found| found.get(namespace.unwrap_or_default()));
        found.into_iter().flatten().map(|id| (*id, self.object(*id)))
    }

    /// All objects of a kind in a world, of whatever namespace, in the order they were taken in.
    /// Only for the kinds of [`NEIGHBOURS`].
    pub fn of_kind(
        &self,
        world: WorldId,
        (group, kind): (&str, &str),
    ) -> impl Iterator<Item = (ObjectId, Object<'_>)> + use<'_> {
        let kind = neighbour_kind(group, kind);
        debug_assert!(kind.is_some(), "no answer is kept ready for this kind");
        let found = kind.and_then(|kind| self.neighbours.get(&(world, kind)));
        let mut ids: Vec<ObjectId> =
            found.into_iter().flat_map(HashMap::values).flatten().copied().collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| (id, self.object(id)))
    }

    /// Bytes its objects take.
    pub fn bytes(&self) -> usize {
        self.pools.iter().map(|pool| pool.bytes()).sum::<usize>()
            + self.records.capacity() * size_of::<Record>()
    }
}

/// Kinds that others are judged together with, as (group, kind): what guards a namespace, what
/// runs in it, and what names another object.
pub const NEIGHBOURS: &[(&str, &str)] = &[
    ("", "LimitRange"),
    ("", "PersistentVolume"),
    ("", "Pod"),
    ("", "ResourceQuota"),
    ("", "ServiceAccount"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("certificates.k8s.io", "PodCertificateRequest"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("cilium.io", "CiliumNetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("projectcalico.org", "NetworkPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("resource.k8s.io", "ResourceSlice"),
    ("security-profiles-operator.x-k8s.io", "AppArmorProfile"),
    ("security-profiles-operator.x-k8s.io", "SeccompProfile"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// The kind as [`NEIGHBOURS`] lists it, if it does.
fn neighbour_kind(group: &str, kind: &str) -> Option<(&'static str, &'static str)> {
    NEIGHBOURS
        .iter()
        .copied()
        .find(|(its_group, its_kind)| *its_kind == kind && *its_group == group)
}

/// The objects one reader gathered, before they join a snapshot.
#[derive(Default)]
pub struct Part {
    pool: Pool,
    records: Vec<Record>,
}

/// Items of one `List` and nesting of lists, at the most.
const LIST_DEPTH_MAX: usize = 4;

impl Part {
    /// An empty part.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Takes in an object that is known to have `apiVersion` and `kind`, or to be of the `typed`
    /// ones.
    pub fn insert(
        &mut self,
        node: yaml::Node<'_>,
        redactions: &Redactions,
        world: WorldId,
        origin: Origin,
        typed: Option<(String, String)>,
    ) {
        let root = Node::tree(node, redactions);
        let kind = match &typed {
            Some((_, kind)) => kind.as_str(),
            None => root.str("kind").unwrap_or_default(),
        };
        let root = self.pool.insert(root, |depth, above, key| not_kept(kind, depth, above, key));
        let typed = typed.map(Box::new);
        let record = Record { pool: 0, root, world, origin, typed, notes: None, is_gone: false };
        self.records.push(record);
    }

    /// Says of all its objects which world and which file they are of, where that is known only
    /// once all was read.
    pub fn place(&mut self, world: WorldId, file: u32) {
        for record in &mut self.records {
            record.world = world;
            record.origin.file = file;
        }
    }

    /// Adds comments to the object that was taken in last.
    pub fn annotate(&mut self, notes: Vec<Note>) {
        if let Some(record) = self.records.last_mut().filter(|_| !notes.is_empty()) {
            record.notes = Some(notes.into_boxed_slice());
        }
    }
}

/// What no answer needs and what would fill most of the memory:
///
/// - who wrote which field, and the number of the last write;
/// - the schemas of custom resources;
/// - of a managed cluster who wrote it, and logins of its nodes;
/// - of a pod's status what changes from minute to minute and is told better by events and
///   metrics: conditions, states of containers, addresses of the node. Its phase, its addresses
///   and the images that really run are kept.
fn not_kept(kind: &str, depth: u32, above: &str, key: &str) -> bool {
    match (depth, above, key) {
        (0, _, "systemData" | "linuxProfile" | "windowsProfile" | "httpProxyConfig")
        | (1, "properties", "linuxProfile" | "windowsProfile" | "httpProxyConfig") => {
            matches!(kind, cloud::MANAGED_CLUSTER | cloud::AGENT_POOL)
        }
        (1, "metadata", "managedFields" | "resourceVersion" | "selfLink") => true,
        (1, "status", "conditions" | "hostIP" | "hostIPs" | "startTime")
        | (
            3,
            "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses",
            "containerID" | "state" | "lastState",
        ) => kind == "Pod",
        (1, "spec", "validation") | (_, "versions", "schema") => kind == "CustomResourceDefinition",
        _ => false,
    }
}

/// An object in a document: its node, its place, and the kind its list gives it.
pub struct Item<'s> {
    /// Its top node.
    pub node: yaml::Node<'s>,
    /// Its place in the document.
    pub path: Path,
    /// `apiVersion` and `kind` from a typed list, when it has none itself.
    pub typed: Option<(String, String)>,
}

/// The Kubernetes objects of a document: the document itself, or the items of a `List`, a
/// `PodList` or any other list kind; or the managed clusters of a cloud's export, typed by
/// [`cloud::GROUP`]. What is no object is given to `refuse` with the reason.
pub fn items<'s>(
    root: yaml::Node<'s>,
    refuse: &mut impl FnMut(yaml::Node<'s>, &'static str),
) -> Vec<Item<'s>> {
    if cloud::holds(root) {
        return cloud::resources(root, refuse);
    }
    let mut found = Vec::new();
    flatten(root, Path::root(), None, 0, &mut found, refuse);
    found
}

fn flatten<'s>(
    node: yaml::Node<'s>,
    path: Path,
    typed: Option<(String, String)>,
    depth: usize,
    found: &mut Vec<Item<'s>>,
    refuse: &mut impl FnMut(yaml::Node<'s>, &'static str),
) {
    let text = |key| node.get(key).and_then(yaml::Node::as_str).filter(|text| !text.is_empty());
    let (api_version, kind) = match (text("apiVersion"), text("kind"), &typed) {
        (Some(api_version), Some(kind), _) => (api_version.to_owned(), kind.to_owned()),
        (_, _, Some((api_version, kind))) => (api_version.clone(), kind.clone()),
        _ => return refuse(node, "has no `apiVersion` and `kind`"),
    };
    let items = node.get("items").filter(|items| items.value() != yaml::Value::Null);
    if kind.ends_with("List") && items.is_some_and(|it| it.value() != yaml::Value::List) {
        return refuse(node, "is a list whose `items` are none");
    }
    let (Some(of), Some(items)) = (kind.strip_suffix("List"), items) else {
        let own = text("apiVersion").is_some() && text("kind").is_some();
        let typed = if own { None } else { typed };
        found.push(Item { node, path, typed });
        return;
    };
    if depth >= LIST_DEPTH_MAX {
        return refuse(node, "is a list in a list in a list, nested too deeply");
    }
    for (index, item) in items.items().enumerate() {
        let path = path.clone().field("items").index(index);
        let typed = (!of.is_empty()).then(|| (api_version.clone(), of.to_owned()));
        if item.value() == yaml::Value::Map {
            flatten(item, path, typed, depth + 1, found, refuse);
        } else {
            refuse(item, "is no map, so no object");
        }
    }
}
