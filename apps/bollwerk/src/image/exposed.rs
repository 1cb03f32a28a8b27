//! Who reaches what runs an image, by the network engine.

use std::collections::BTreeMap;

use engine::network::address::AddressSet;
use engine::network::exposure::{Passage, Way};
use engine::network::{Network, WorkloadId};
use gate::Exposure;
use model::{Snapshot, WorldId};

/// What people know a pod by: the workload it belongs to, as far as that was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// Its namespace.
    pub namespace: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Owner {
    /// Whom a workload of the network belongs to: itself if nobody.
    pub fn of(network: &Network, id: WorkloadId) -> Self {
        let workload = network.workload(id);
        let own = || (workload.kind.to_string(), workload.name.to_string());
        let (kind, name) = workload.owner.clone().unwrap_or_else(own);
        Self { namespace: network.namespace_of(id).to_owned(), kind, name }
    }
}

/// Who reaches each workload of a world.
pub struct Exposures {
    found: BTreeMap<Owner, Exposure>,
    otherwise: Exposure,
}

impl Exposures {
    /// Follows every way that leads in from the internet.
    pub fn of(network: &Network, snapshot: &Snapshot, world: WorldId) -> Self {
        let exposure = network.exposure(snapshot, world, &AddressSet::internet());
        let mut found: BTreeMap<Owner, Exposure> = BTreeMap::new();
        for way in &exposure.ways {
            let Some(of_way) = exposure_of(way) else { continue };
            let slot = found.entry(Owner::of(network, way.target)).or_insert(of_way);
            *slot = of_way.max(*slot);
        }
        // Where not all ways are told, one that is not may lead anywhere.
        let otherwise = if exposure.is_whole { Exposure::Cluster } else { Exposure::Unknown };
        Self { found, otherwise }
    }

    /// Who reaches a workload.
    pub fn of_owner(&self, owner: &Owner) -> Exposure {
        self.found.get(owner).copied().unwrap_or(self.otherwise)
    }
}

fn exposure_of(way: &Way) -> Option<Exposure> {
    match way.passage {
        Passage::Open | Passage::Partial => Some(Exposure::Internet),
        Passage::Unknown => Some(Exposure::Unknown),
        Passage::Closed => None,
    }
}
