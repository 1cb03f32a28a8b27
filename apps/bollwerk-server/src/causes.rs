//! Who changed an object last, as the webhook was told: what brought a finding about, or made it
//! go.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use admission::Review;

/// How long a change is remembered: an assessment follows within minutes at the latest.
const KEPT: Duration = Duration::from_mins(15);

/// Changes that are remembered; beyond it none is until old ones are forgotten.
const KEPT_MAX: usize = 50_000;

/// Group, kind, namespace and name.
type Key = (String, String, String, String);

/// The last changes of objects.
#[derive(Default)]
pub(crate) struct Causes(Mutex<HashMap<Key, (String, Instant)>>);

impl Causes {
    /// Remembers an admitted change. Most changes of a cluster are to the state of objects, and
    /// do not come here.
    pub(crate) fn admitted(&self, review: &Review<'_>) {
        let object = review.object.or(review.old_object);
        let name = object.and_then(|it| it.get("metadata")).and_then(|it| it.get("name"));
        let Some(name) = name.and_then(yaml::Node::as_str).filter(|it| !it.is_empty()) else {
            return;
        };
        let key = (
            review.group.to_owned(),
            review.kind.to_owned(),
            review.namespace.unwrap_or_default().to_owned(),
            name.to_owned(),
        );
        let text = format!("{} by {}", review.operation.name(), review.user);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX {
            all.retain(|_, (_, at)| at.elapsed() < KEPT);
        }
        if all.len() < KEPT_MAX {
            all.insert(key, (text, Instant::now()));
        }
    }

    /// What is remembered of an object.
    pub(crate) fn of(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<String> {
        let namespace = namespace.unwrap_or_default();
        let key = (group.to_owned(), kind.to_owned(), namespace.to_owned(), name.to_owned());
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key).filter(|(_, at)| at.elapsed() < KEPT).map(|(text, _)| text.clone())
    }
}
