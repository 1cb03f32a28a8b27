//! Reachability: beside published truth tables, beside a naive evaluator, and by cases.

mod beside_naive;
mod cases;
mod effects;
mod exposure;
mod generator;
mod naive;
mod naive_tests;
mod naive_truth;
mod random;
mod security_groups;
mod segmentation;
mod truth;
mod what_if;

use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};

/// A cluster from its manifests.
fn snapshot(text: &str) -> Snapshot {
    let now = "2026-11-24T00:00:00Z".parse().expect("a time");
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, now);
    let mut part = Part::new();
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    for (number, document) in (0..).zip(stream.documents()) {
        let document = document.expect("readable");
        let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
        part.insert(document.root(), &Redactions::default(), WorldId(0), origin, None);
    }
    snapshot.add(part);
    snapshot
}
