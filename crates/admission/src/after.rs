//! The cluster as it would be.

use model::{Gap, GapKind, ObjectId, Origin, Part, Path, Redactions, Snapshot};

use crate::decide::Judged;
use crate::review::{Operation, Review};

/// Objects of a cluster of which ways through it are still found within a review's time.
pub(crate) const OBJECTS_MAX: usize = 20_000;

/// A copy of the cluster, and what a review makes of it.
pub(crate) struct After {
    pub(crate) snapshot: Snapshot,
    /// The object that is changed or deleted, if it is known.
    old: Option<ObjectId>,
}

impl After {
    /// A copy of the cluster as it is. A gap where it is too large for the time a review has.
    pub(crate) fn of(judged: &Judged<'_>, review: &Review<'_>, asked: &str) -> Result<Self, Gap> {
        let count = judged.snapshot.len();
        if count > OBJECTS_MAX {
            let reason = format!(
                "{asked} is not asked: the cluster has {count} objects, and within the time of a \
                 review that is known for {OBJECTS_MAX} at the most"
            );
            let subject = format!("{} {}", review.kind, review.name);
            return Err(Gap { kind: GapKind::Limit, subject, location: None, reason });
        }
        let mut old = None;
        let snapshot = judged.snapshot.compacted(|before, number| {
            let object = judged.snapshot.object(before);
            let is_it = object.kind == review.kind
                && object.group() == review.group
                && object.name == review.name
                && object.namespace == namespace(review);
            if is_it {
                old = Some(number);
            }
        });
        Ok(Self { snapshot, old })
    }

    /// Makes of it what the review asks for.
    pub(crate) fn apply(&mut self, judged: &Judged<'_>, review: &Review<'_>) {
        if let Some(node) = review.object.filter(|_| review.operation != Operation::Delete) {
            let redactions = Redactions::find_in(node, review.kind, judged.key);
            let mut part = Part::new();
            let origin = Origin { file: 0, document: 0, item: Path::root(), line: 1 };
            let typed = Some((review.api_version(), review.kind.to_owned()));
            part.insert(node, &redactions, judged.world, origin, typed);
            self.snapshot.add(part);
        }
        if let Some(old) = self.old {
            self.snapshot.remove(old);
        }
    }
}

/// The namespace the object is in: a Namespace is in none.
fn namespace<'s>(review: &Review<'s>) -> Option<&'s str> {
    review.namespace.filter(|_| review.kind != "Namespace")
}
