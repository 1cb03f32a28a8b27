//! What the network policies of a world do: asked of the engine once, shared by all of them.

use std::collections::{HashMap, HashSet};

use engine::network::{Effect, Network, Profile};
use model::{Object, Snapshot, WorldId};

use super::ADMIN_POLICY;

const NETWORK_POLICY: (&str, &str) = ("networking.k8s.io", "NetworkPolicy");

/// What the network policies of one world do.
#[derive(Default)]
pub(crate) struct World {
    /// By namespace and name; none of those that are given twice or that the API server refuses.
    effects: HashMap<(String, String), Effect>,
    /// Namespaces whose object is in the input, and in which something runs.
    inhabited: HashSet<String>,
    /// The first AdminNetworkPolicy of each priority.
    first_of_priority: HashMap<i64, String>,
}

impl World {
    pub(crate) fn read(snapshot: &Snapshot, world: WorldId) -> Self {
        let mut found = Self::default();
        for (_, policy) in snapshot.of_kind(world, ADMIN_POLICY) {
            if let Some(priority) = priority(&policy) {
                let first = found.first_of_priority.entry(priority);
                first.or_insert_with(|| policy.name.to_owned());
            }
        }
        if snapshot.of_kind(world, NETWORK_POLICY).next().is_none() {
            return found;
        }
        let network = Network::build(snapshot, world, Profile::default());
        let seen = network.workloads_by_namespace();
        let known = network.known_namespaces().iter();
        found.inhabited = known.filter(|it| seen.contains_key(it.as_str())).cloned().collect();
        for (id, effect) in network.effects() {
            let policy = snapshot.object(id);
            let Some(namespace) = policy.namespace else { continue };
            found.effects.insert((namespace.to_owned(), policy.name.to_owned()), effect);
        }
        found
    }

    /// What a policy does; none where that does not follow from what is in the input: its
    /// namespace is there, and something that runs in it.
    pub(super) fn effect_of(&self, policy: &Object<'_>) -> Option<&Effect> {
        let namespace = policy.namespace.filter(|it| self.inhabited.contains(*it))?;
        self.effects.get(&(namespace.to_owned(), policy.name.to_owned()))
    }

    /// Another AdminNetworkPolicy of the same priority that was read before.
    pub(super) fn of_same_priority(&self, policy: &Object<'_>) -> Option<&str> {
        let first = self.first_of_priority.get(&priority(policy)?)?;
        (first != policy.name).then_some(first)
    }
}

fn priority(policy: &Object<'_>) -> Option<i64> {
    policy.root.field("spec.priority")?.as_int()
}
