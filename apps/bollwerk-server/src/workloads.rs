//! What runs in the cluster, with what is wrong with it.

use std::collections::{BTreeMap, HashMap};

use model::{Finding, Node, ObjectId, Severity, Snapshot};

/// Something that makes pods and is made by nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Who answers for it, if one of its findings says so.
    pub(crate) owner: Option<String>,
    /// Its images, as they are written, each once.
    pub(crate) images: Vec<String>,
    /// Findings by severity, the worst first, in the order of [`Severity::ALL`].
    pub(crate) counts: [u64; 5],
}

/// All of them, by namespace and name.
pub(crate) fn of(snapshot: &Snapshot, findings: &[Finding]) -> Vec<Workload> {
    let mut counts: HashMap<ObjectId, ([u64; 5], Option<&str>)> = HashMap::new();
    for finding in findings {
        let Some(id) = finding.object else { continue };
        let (counts, owner) = counts.entry(id).or_default();
        let at = Severity::ALL.iter().position(|it| *it == finding.severity).unwrap_or_default();
        counts[at] += 1;
        *owner = owner.or(finding.owner.as_deref());
    }
    let mut all = BTreeMap::new();
    for id in snapshot.ids() {
        let object = snapshot.object(id);
        let references = object.root.field("metadata.ownerReferences");
        let mut references = references.into_iter().flat_map(Node::items);
        if references.any(|it| it.bool("controller") == Some(true)) {
            continue;
        }
        let mut images: Vec<String> = Vec::new();
        for pod in object.pods() {
            for container in pod.containers() {
                let image = container.image().to_owned();
                if !image.is_empty() && !images.contains(&image) {
                    images.push(image);
                }
            }
        }
        if images.is_empty() {
            continue;
        }
        let (counts, owner) = counts.get(&id).copied().unwrap_or_default();
        let workload = Workload {
            group: object.group().to_owned(),
            kind: object.kind.to_owned(),
            namespace: object.namespace.unwrap_or_default().to_owned(),
            name: object.name.to_owned(),
            owner: owner.map(str::to_owned),
            images,
            counts,
        };
        all.insert((workload.namespace.clone(), workload.name.clone(), id), workload);
    }
    all.into_values().collect()
}
