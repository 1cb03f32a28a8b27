//! What runs, from a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use bollwerk::image::{Exposures, Owner};
use engine::network::{Network, Options};
use gate::Exposure;
use image::{Digest, Reference};
use model::{Container, ContainerKind, Node, Object, Snapshot, WorldId};

/// Where the kubelet tells which image a container runs, by the kind of container
/// (`k8s.io/api/core/v1`, `PodStatus`).
const STATUSES: [(ContainerKind, &str); 3] = [
    (ContainerKind::Regular, "containerStatuses"),
    (ContainerKind::Init, "initContainerStatuses"),
    (ContainerKind::Ephemeral, "ephemeralContainerStatuses"),
];

/// A container of a workload, and the image it runs. Pods that run different builds of one tag
/// are told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Running {
    /// The namespace.
    pub namespace: String,
    /// The workload that the pods belong to, as people know it: its kind.
    pub workload_kind: String,
    /// Its name.
    pub workload: String,
    /// The container's name.
    pub container: String,
    /// Whether it runs before the others and ends.
    pub is_init: bool,
    /// How the pod names the image.
    pub reference: String,
    /// The digest of what really runs, or that the pod names; none where neither is known.
    pub digest: Option<String>,
    /// The image to ask a registry for: by digest where that is known.
    pub pull: String,
    /// Pods that run it; 0 of a workload that has none now.
    pub pods: u32,
    /// Who answers for it, by labels and annotations.
    pub owner: Option<String>,
    /// Who reaches it.
    pub exposure: Exposure,
}

impl Running {
    /// Whether the internet reaches it; none where nobody can say.
    pub fn exposed(&self) -> Option<bool> {
        match self.exposure {
            Exposure::Internet => Some(true),
            Exposure::Unknown => None,
            Exposure::Isolated | Exposure::Cluster => Some(false),
        }
    }
}

/// All that runs in a world, sorted. Pods that came to their end run nothing. A workload without
/// any pod is told of by its template, with 0 pods.
pub fn running(snapshot: &Snapshot, world: WorldId) -> Vec<Running> {
    let network = Network::build(snapshot, world, Options::default());
    let exposures = Exposures::of(&network, snapshot, world);
    let mut found: BTreeMap<Running, u32> = BTreeMap::new();
    let mut templates: Vec<Running> = Vec::new();
    let mut with_pods: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut owners: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for id in network.workloads() {
        let workload = network.workload(id);
        let object = snapshot.object(workload.object);
        let pods = object.pods();
        let Some(pod) = pods.get(workload.template as usize) else { continue };
        let of_network = Owner::of(&network, id);
        let exposure = exposures.of_owner(&of_network);
        let is_pod = object.is("", "Pod");
        if is_pod && is_over(&object) {
            continue;
        }
        let whose = workload_of(&object, of_network);
        let key = (whose.namespace.clone(), whose.kind.clone(), whose.name.clone());
        let owner = analyze::owner(&object);
        if is_pod {
            with_pods.insert(key);
        } else if let Some(owner) = &owner {
            owners.insert(key, owner.clone());
        }
        for container in pod.containers().filter(|it| !it.image().is_empty()) {
            let one = container_of(&object, &container, &whose, owner.clone(), exposure);
            if is_pod {
                *found.entry(one).or_default() += 1;
            } else {
                templates.push(one);
            }
        }
    }
    let key = |it: &Running| (it.namespace.clone(), it.workload_kind.clone(), it.workload.clone());
    let pods = found.into_iter().map(|(it, pods)| Running { pods, ..it });
    let idle = templates.into_iter().filter(|it| !with_pods.contains(&key(it)));
    let mut all: Vec<Running> = pods.chain(idle).collect();
    for one in &mut all {
        if one.owner.is_none() {
            one.owner = owners.get(&key(one)).cloned();
        }
    }
    all.sort();
    all.dedup();
    all
}

fn is_over(pod: &Object<'_>) -> bool {
    let phase = pod.root.get("status").and_then(|it| it.str("phase"));
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// Whom a pod belongs to. The `ReplicaSet` between a pod and its Deployment need not be known: it
/// is called after the Deployment and the hash of the template, which the pod has as a label
/// (`k8s.io/kubernetes/pkg/controller/deployment/sync.go`, `getNewReplicaSet`).
fn workload_of(object: &Object<'_>, seen: Owner) -> Owner {
    if seen.kind != "Pod" || !object.is("", "Pod") {
        return seen;
    }
    let references = object.root.field("metadata.ownerReferences");
    let mut references = references.into_iter().flat_map(Node::items);
    let Some(controller) = references.find(|it| it.bool("controller") == Some(true)) else {
        return seen;
    };
    let (Some(kind), Some(name)) = (controller.str("kind"), controller.str("name")) else {
        return seen;
    };
    let deployment = object
        .label("pod-template-hash")
        .and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'))
        .filter(|it| kind == "ReplicaSet" && !it.is_empty());
    let (kind, name) = deployment.map_or((kind, name), |name| ("Deployment", name));
    Owner { kind: kind.to_owned(), name: name.to_owned(), ..seen }
}

fn container_of(
    object: &Object<'_>,
    container: &Container<'_>,
    whose: &Owner,
    owner: Option<String>,
    exposure: Exposure,
) -> Running {
    let reference = container.image().to_owned();
    let told = image_id(object, container).and_then(named_by_digest);
    let parsed: Option<Reference> = reference.parse().ok();
    let pinned = parsed.as_ref().and_then(|it| it.digest.as_ref()).map(ToString::to_string);
    let digest = told.as_ref().map(|(_, digest)| digest.clone()).or(pinned);
    // Where the kubelet fetched it from is where it still is.
    let pull = match (&told, parsed) {
        (Some((repository, digest)), _) => format!("{repository}@{digest}"),
        (None, Some(parsed)) => parsed.to_string(),
        (None, None) => reference.clone(),
    };
    Running {
        namespace: whose.namespace.clone(),
        workload_kind: whose.kind.clone(),
        workload: whose.name.clone(),
        container: container.name().to_owned(),
        is_init: container.kind == ContainerKind::Init && !container.is_sidecar(),
        reference,
        digest,
        pull,
        pods: 0,
        owner,
        exposure,
    }
}

/// What the kubelet says a container runs.
fn image_id<'o>(object: &Object<'o>, container: &Container<'_>) -> Option<&'o str> {
    let (_, field) = STATUSES.iter().find(|(kind, _)| *kind == container.kind)?;
    let mut statuses = object.root.get("status")?.list(field);
    statuses.find(|it| it.str("name") == Some(container.name()))?.str("imageID")
}

/// Repository and digest of an image as runtimes name it: `registry.example/shop@sha256:…`, with
/// `docker-pullable://` before it from the Docker shim of old. A digest alone is that of a
/// configuration, by which no registry can be asked.
fn named_by_digest(image_id: &str) -> Option<(String, String)> {
    let plain = image_id.strip_prefix("docker-pullable://").unwrap_or(image_id);
    let (repository, digest) = plain.split_once('@')?;
    let digest: Digest = digest.parse().ok()?;
    let parsed: Reference = repository.parse().ok()?;
    Some((format!("{}/{}", parsed.registry, parsed.repository), digest.to_string()))
}
