//! What somebody may see: the objects that Kubernetes would list for them.
//!
//! Decided once a user and cluster by the RBAC engine, over the cluster as it was last assessed,
//! and applied inside of every query, count and picture. Right is what the API server says of
//! `list` on the kind (`SubjectAccessReview`; a test compares the two).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use analyze::access::resources::Resources;
use collect::cluster::Authenticated;
use engine::rbac::{Answer, Authorizer, Groups, Identity, Request, ResourceRequest};
use store::{Sight, Store, StoreError};

use tokio::sync::{Notify, watch};

use super::form::Problem;
use crate::assess::{Assessed, KnownCompliance};
use crate::live::WORLD;
use crate::way::Way;

/// How long an answer is kept: a right that was taken away is gone after it at the latest.
const KEPT: Duration = Duration::from_secs(15);

/// Users whose answers are kept.
const KEPT_MAX: usize = 1_000;

/// What filters offer: what occurs among the findings a viewer may see.
#[derive(Default)]
pub(crate) struct Choices {
    pub(crate) namespaces: Vec<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) controls: Vec<String>,
    pub(crate) owners: Vec<String>,
}

/// What one user may see of one cluster.
pub(crate) struct Seen {
    /// For queries of the store that ask for this cluster alone.
    sight: Sight,
    /// The same by all its scopes, where it is one of several.
    scopes: OnceLock<Arc<[i64]>>,
    everywhere: HashSet<(String, String)>,
    /// By namespace: groups and kinds.
    within: HashMap<String, HashSet<(String, String)>>,
    /// Whether nothing is hidden.
    pub(crate) is_all: bool,
    /// What filters offer: it is as long-lived as the rest.
    pub(crate) choices: OnceLock<Arc<Choices>>,
    /// What was said of frameworks.
    pub(crate) compliance: KnownCompliance,
}

impl Seen {
    /// Whether objects of a kind in a namespace (none: of the cluster) may be seen. What is about
    /// no object is seen by those alone from whom nothing is hidden.
    pub(crate) fn allows(&self, group: &str, kind: &str, namespace: Option<&str>) -> bool {
        if self.is_all {
            return true;
        }
        let key = (group.to_owned(), kind.to_owned());
        self.everywhere.contains(&key)
            || namespace.is_some_and(|it| self.within.get(it).is_some_and(|it| it.contains(&key)))
    }

    /// Whether objects of a kind, of whatever group, may be seen in a namespace.
    pub(crate) fn allows_kind(&self, kind: &str, namespace: Option<&str>) -> bool {
        let is_it = |(_, it): &&(String, String)| it == kind;
        let within = namespace.and_then(|it| self.within.get(it));
        self.is_all
            || self.everywhere.iter().any(|it| is_it(&it))
            || within.is_some_and(|it| it.iter().any(|it| is_it(&it)))
    }

    /// The scopes of its cluster that may be seen.
    fn scopes(&self, store: &Store, cluster: &str) -> Result<Arc<[i64]>, StoreError> {
        if let Sight::Scopes(scopes) = &self.sight {
            return Ok(Arc::clone(scopes));
        }
        if let Some(scopes) = self.scopes.get() {
            return Ok(Arc::clone(scopes));
        }
        let found = store.scopes(cluster)?.into_iter().map(|it| it.id).collect();
        Ok(Arc::clone(self.scopes.get_or_init(|| found)))
    }

    fn of(
        assessed: &Assessed,
        store: &Store,
        cluster: &str,
        user: &Authenticated,
    ) -> Result<Self, StoreError> {
        let authorizer = assessed.access().authorizer();
        let identity = Identity::user(user.name.clone(), Groups::Known(user.groups.clone()));
        let mut seen = Self {
            sight: Sight::All,
            scopes: OnceLock::new(),
            everywhere: HashSet::new(),
            within: HashMap::new(),
            is_all: may(authorizer, &identity, "list", ("*", "*"), ""),
            choices: OnceLock::new(),
            compliance: Mutex::default(),
        };
        if seen.is_all {
            return Ok(seen);
        }
        let scopes = store.scopes(cluster)?;
        let mut kinds: BTreeSet<(&str, &str)> = BTreeSet::new();
        kinds.extend(scopes.iter().map(|it| (it.group.as_str(), it.kind.as_str())));
        let objects = assessed.snapshot.ids().map(|id| assessed.snapshot.object(id));
        kinds.extend(objects.map(|object| (object.group(), object.kind)));
        let resources = Resources::of(&assessed.snapshot, WORLD);
        let namespaces = namespaces(authorizer, &identity);
        for (group, kind) in kinds {
            let Some(resource) = resources.of_kind(group, kind) else { continue };
            let key = || (group.to_owned(), kind.to_owned());
            if may(authorizer, &identity, "list", (group, resource), "") {
                seen.everywhere.insert(key());
                continue;
            }
            for namespace in &namespaces {
                if may(authorizer, &identity, "list", (group, resource), namespace) {
                    seen.within.entry(namespace.clone()).or_default().insert(key());
                }
            }
        }
        let shown = scopes.iter().filter(|it| {
            !it.kind.is_empty() && seen.allows(&it.group, &it.kind, it.namespace.as_deref())
        });
        seen.sight = Sight::Scopes(shown.map(|it| it.id).collect());
        Ok(seen)
    }
}

/// Whether the API server would allow it. What is not known is not allowed.
pub(crate) fn may(
    authorizer: &Authorizer,
    identity: &Identity,
    verb: &str,
    (api_group, resource): (&str, &str),
    namespace: &str,
) -> bool {
    let request =
        ResourceRequest { verb, api_group, resource, namespace, ..ResourceRequest::default() };
    matches!(authorizer.can(identity, &Request::Resource(request)), Answer::Allowed(_))
}

/// The namespaces in which a binding names somebody.
fn namespaces(authorizer: &Authorizer, identity: &Identity) -> BTreeSet<String> {
    let held = authorizer.permissions_of(identity).permissions;
    let of = |binding| authorizer.binding(binding).namespace.map(str::to_owned);
    held.iter().filter_map(|it| of(it.grant.binding)).collect()
}

/// Answers that are kept for a while.
#[derive(Default)]
pub(crate) struct Sights(Mutex<HashMap<Authenticated, Kept>>);

struct Kept {
    seen: Arc<Seen>,
    at: Instant,
    number: u64,
}

impl Sights {
    /// What a user may see now.
    pub(crate) fn of(
        &self,
        assessed: &Assessed,
        store: &Store,
        cluster: &str,
        user: &Authenticated,
    ) -> Result<Arc<Seen>, StoreError> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = lock().get(user)
            && kept.number == assessed.number
            && kept.at.elapsed() < KEPT
        {
            return Ok(Arc::clone(&kept.seen));
        }
        let seen = Arc::new(Seen::of(assessed, store, cluster, user)?);
        let mut all = lock();
        if all.len() >= KEPT_MAX {
            all.retain(|_, kept| kept.at.elapsed() < KEPT);
        }
        if all.len() < KEPT_MAX {
            let kept =
                Kept { seen: Arc::clone(&seen), at: Instant::now(), number: assessed.number };
            all.insert(user.clone(), kept);
        }
        Ok(seen)
    }
}

/// A cluster that is shown.
pub(crate) struct Shown {
    pub(crate) name: String,
    assessed: watch::Receiver<Arc<Assessed>>,
    /// An exception was made or ended.
    pub(crate) hurry: Arc<Notify>,
    way: watch::Receiver<Way>,
    sights: Sights,
}

impl Shown {
    pub(crate) fn new(
        name: String,
        assessed: watch::Receiver<Arc<Assessed>>,
        hurry: Arc<Notify>,
        way: watch::Receiver<Way>,
    ) -> Self {
        Self { name, assessed, hurry, way, sights: Sights::default() }
    }

    /// Its newest assessment.
    pub(crate) fn assessed(&self) -> Arc<Assessed> {
        Arc::clone(&self.assessed.borrow())
    }

    /// Marked as changed after each assessment.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Assessed>> {
        self.assessed.clone()
    }

    /// Why it is not followed yet, if it is not.
    pub(crate) fn problem(&self) -> Option<String> {
        self.way.borrow().problem.clone()
    }
}

/// A cluster that a request is about, as it was judged last, and what its viewer may see of it.
pub(crate) struct Part {
    pub(crate) shown: Arc<Shown>,
    pub(crate) assessed: Arc<Assessed>,
    pub(crate) seen: Arc<Seen>,
}

impl Part {
    /// What may be seen of it, for queries of the store that ask for this cluster alone.
    pub(crate) fn sight(&self) -> &Sight {
        &self.seen.sight
    }
}

/// The clusters that a request is about: the one that was chosen, or all that its viewer is known
/// in. A right in one of them says nothing of another.
pub(crate) struct View {
    pub(crate) parts: Vec<Part>,
    /// For queries of the store: what may be seen in these clusters and in no other.
    pub(crate) sight: Sight,
}

impl View {
    pub(crate) fn of(
        store: &Store,
        clusters: Vec<Arc<Shown>>,
        user: &Authenticated,
    ) -> Result<Self, StoreError> {
        let mut parts = Vec::with_capacity(clusters.len());
        for shown in clusters {
            let assessed = shown.assessed();
            let seen = shown.sights.of(&assessed, store, &shown.name, user)?;
            parts.push(Part { shown, assessed, seen });
        }
        let sight = sight(store, &parts)?;
        Ok(Self { parts, sight })
    }

    /// The only cluster it is about.
    pub(crate) fn one(&self) -> Result<&Part, Problem> {
        match self.parts.as_slice() {
            [part] => Ok(part),
            parts => Err(Problem::Choose(parts.iter().map(|it| it.shown.name.clone()).collect())),
        }
    }

    /// Its name, where it is one.
    pub(crate) fn cluster(&self) -> Option<&str> {
        self.one().ok().map(|it| it.shown.name.as_str())
    }

    /// The names of all of them.
    pub(crate) fn clusters(&self) -> Vec<String> {
        self.parts.iter().map(|it| it.shown.name.clone()).collect()
    }

    /// One of them by name.
    pub(crate) fn part(&self, cluster: &str) -> Option<&Part> {
        self.parts.iter().find(|it| it.shown.name == cluster)
    }

    /// Whether nothing of any of them is hidden.
    pub(crate) fn is_all(&self) -> bool {
        self.parts.iter().all(|it| it.seen.is_all)
    }
}

/// What may be seen of these clusters. "Everything" is said only where the store holds no other
/// cluster: others may be written to it by other servers.
fn sight(store: &Store, parts: &[Part]) -> Result<Sight, StoreError> {
    let is_one_of_them = |name: &String| parts.iter().any(|it| it.shown.name == *name);
    if parts.iter().all(|it| it.seen.is_all) && store.clusters()?.iter().all(is_one_of_them) {
        return Ok(Sight::All);
    }
    if let [part] = parts {
        return Ok(Sight::Scopes(part.seen.scopes(store, &part.shown.name)?));
    }
    let mut scopes = Vec::new();
    for part in parts {
        scopes.extend_from_slice(&part.seen.scopes(store, &part.shown.name)?);
    }
    Ok(Sight::Scopes(scopes.into()))
}
