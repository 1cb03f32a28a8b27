//! Policies that come and go, and whether nothing else differs between two worlds.

use std::collections::{BTreeMap, HashSet};

use model::{Identity, Node, ObjectId, SharedTree, Snapshot, WorldId};

use super::workload::{is_policy, matters};

/// Policies that come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Those that go, by their numbers in the snapshot that the network was built from.
    pub removed: Vec<ObjectId>,
    /// Those that come, by their numbers in a snapshot of their own. One of the name of another
    /// does not take its place unless that goes: both are versions of which either may hold.
    pub added: Vec<ObjectId>,
}

/// What of a world the network hangs on, by name; of several versions in their order.
type Objects<'a> = BTreeMap<Identity<'a>, Vec<ObjectId>>;

impl Revision {
    /// What differs between two worlds, where nothing that the network hangs on does but for
    /// policies; none where more does, or is written in another order.
    pub fn between(
        (old, old_world): (&Snapshot, WorldId),
        (new, new_world): (&Snapshot, WorldId),
    ) -> Option<Self> {
        if old.version != new.version {
            return None;
        }
        let (before, mut after) = (objects(old, old_world), objects(new, new_world));
        let mut equality = Equality::default();
        let mut revision = Self::default();
        for (identity, was) in before {
            let is = after.remove(&identity).unwrap_or_default();
            let mut pairs = was.iter().zip(&is);
            let is_same = was.len() == is.len()
                && pairs.all(|(a, b)| equality.holds(old.object(*a).root, new.object(*b).root));
            if is_same {
                continue;
            }
            let mut all = was.iter().map(|id| old.object(*id));
            if !all.all(|object| is_policy(&object)) {
                return None;
            }
            revision.removed.extend(was);
            revision.added.extend(is);
        }
        for id in after.into_values().flatten() {
            if !is_policy(&new.object(id)) {
                return None;
            }
            revision.added.push(id);
        }
        Some(revision)
    }
}

fn objects(snapshot: &Snapshot, world: WorldId) -> Objects<'_> {
    let mut found = Objects::new();
    for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
        let object = snapshot.object(id);
        if matters(&object) {
            found.entry(object.identity()).or_default().push(id);
        }
    }
    found
}

/// Whether trees are equal, entries of maps in one order. Trees that are stored once are compared
/// once.
#[derive(Default)]
struct Equality {
    known: HashSet<(SharedTree, SharedTree)>,
}

impl Equality {
    fn holds(&mut self, a: Node<'_>, b: Node<'_>) -> bool {
        let pair = a.shared().zip(b.shared());
        if pair.is_some_and(|pair| self.known.contains(&pair)) {
            return true;
        }
        let is_equal = a.value() == b.value()
            && all_pairs(a.items(), b.items(), |a, b| self.holds(a, b))
            && all_pairs(a.entries(), b.entries(), |(key, a), (other, b)| {
                key == other && self.holds(a, b)
            });
        if let Some(pair) = pair.filter(|_| is_equal) {
            self.known.insert(pair);
        }
        is_equal
    }
}

fn all_pairs<T: Copy>(
    mut a: impl Iterator<Item = T>,
    mut b: impl Iterator<Item = T>,
    mut holds: impl FnMut(T, T) -> bool,
) -> bool {
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if holds(a, b) => {}
            _ => return false,
        }
    }
}
