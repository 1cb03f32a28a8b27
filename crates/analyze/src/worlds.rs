//! What is read of a world once and shared by all objects that are judged in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use engine::network::Profile;
use model::{Snapshot, WorldId};

use crate::controls::{access, network};

/// What controls ask of whole worlds, each part read when the first control asks.
#[derive(Default)]
pub struct Worlds {
    access: PerWorld<access::World>,
    network: PerWorld<network::World>,
}

/// What roles and bindings are of.
const ACCESS_GROUP: &str = "rbac.authorization.k8s.io";

impl Worlds {
    /// What is still true once an object of this API group has changed: roles and bindings know
    /// nothing of the network, nor it of them.
    #[must_use]
    pub fn after_change_in(&self, group: &str) -> Self {
        if group == ACCESS_GROUP {
            Self { access: PerWorld::default(), network: self.network.clone() }
        } else {
            Self { access: self.access.clone(), network: PerWorld::default() }
        }
    }

    /// Asks the roles and bindings of a world.
    pub(crate) fn access<T>(
        &self,
        snapshot: &Snapshot,
        world: WorldId,
        ask: impl FnOnce(&access::World) -> T,
    ) -> T {
        ask(self.access.cell(world).get_or_init(|| access::World::read(snapshot, world)))
    }

    /// Asks the network of a world, as one plugin holds its policies: the same at every call.
    pub(crate) fn network<T>(
        &self,
        snapshot: &Snapshot,
        world: WorldId,
        profile: Profile,
        ask: impl FnOnce(&network::World) -> T,
    ) -> T {
        let cell = self.network.cell(world);
        ask(cell.get_or_init(|| network::World::read(snapshot, world, profile)))
    }
}

/// One value a world, made outside of the lock.
struct PerWorld<V>(Mutex<HashMap<WorldId, Arc<OnceLock<V>>>>);

impl<V> Default for PerWorld<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V> Clone for PerWorld<V> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

impl<V> PerWorld<V> {
    fn cell(&self, world: WorldId) -> Arc<OnceLock<V>> {
        // A thread that panicked left the map as whole as before: entries are only added.
        let mut worlds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(worlds.entry(world).or_default())
    }
}
