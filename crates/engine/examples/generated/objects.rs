//! What generated clusters are made with.

use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};

pub(crate) const WORLD: WorldId = WorldId(0);

/// The finalizer of `SplitMix64`: the same numbers on every machine.
pub(crate) fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Objects of one world, taken in one by one.
pub(crate) struct Objects {
    part: Part,
    number: u32,
}

impl Objects {
    pub(crate) fn new() -> Self {
        Self { part: Part::new(), number: 0 }
    }

    /// Takes in one, written as JSON.
    pub(crate) fn add(&mut self, text: &str) {
        let stream = yaml::Stream::json(text, &yaml::Limits::default());
        for document in stream.documents().flatten() {
            let origin = Origin { file: 0, document: self.number, item: Path::root(), line: 1 };
            self.part.insert(document.root(), &Redactions::default(), WORLD, origin, None);
            self.number += 1;
        }
    }

    pub(crate) fn snapshot(self) -> Snapshot {
        let now = "2026-11-24T00:00:00Z".parse().unwrap_or_default();
        let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, now);
        snapshot.add(self.part);
        snapshot
    }
}
