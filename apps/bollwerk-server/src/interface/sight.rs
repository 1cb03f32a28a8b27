//! What somebody may see: the objects that Kubernetes would list for them.
//!
//! Decided once a user by the RBAC engine over the cluster as it was last assessed, and applied
//! inside of every query, count and picture. Right is what the API server says of `list` on the
//! kind (`SubjectAccessReview`; a test compares the two).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use analyze::access::resources::Resources;
use collect::cluster::Authenticated;
use engine::rbac::{Answer, Authorizer, Groups, Identity, Request, ResourceRequest};
use store::{Sight, Store, StoreError};

use crate::assess::{Assessed, KnownCompliance};
use crate::live::WORLD;

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

/// What one user may see.
pub(crate) struct Seen {
    /// For queries of the store.
    pub(crate) sight: Sight,
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
