//! Workloads with all of their pods, and the labels that stay when pods come and go.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Node, Object, Snapshot};

use super::super::fields::is_label;
use super::super::workload::owner;
use super::super::{Network, WorkloadId};
use super::selector::{self, Exact};

/// A workload with the pods that were seen of it.
pub struct Unit {
    pub(super) namespace: u32,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its templates and pods in the network, at least one.
    pub members: Vec<WorkloadId>,
    /// Whether all of them are on their nodes' network: no selector tells them from the node.
    pub is_host: bool,
    /// Labels that all of its pods have and that new ones will have, the preferred first.
    pub(super) stable: Vec<u32>,
}

impl Unit {
    /// The one that stands for all where the log names no more than the workload.
    pub(super) fn any(&self) -> WorkloadId {
        self.members[0]
    }
}

/// Number of a unit in its [`Units`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(pub u32);

/// The workloads of a network, in the order of namespace, name and kind.
pub struct Units {
    pub(super) all: Vec<Unit>,
    /// By [`WorkloadId`].
    of_workload: Vec<u32>,
    /// In their order.
    pub(super) namespaces: Vec<String>,
    /// The units of each namespace, as a range.
    ranges: Vec<(u32, u32)>,
    /// Keys and values; the lower the number the better it tells what runs.
    pub(super) labels: Vec<(String, String)>,
    /// Units of which some pod has a label, by namespace and label.
    postings: HashMap<(u32, u32), Vec<u32>>,
    /// The labels that select each unit.
    pub(super) exact: Vec<Exact>,
    /// Whether labels were so many that some selectors have more of them than they need.
    pub is_cut: bool,
}

/// Keys of labels that controllers set for each pod, revision or run.
///
/// Sources: `DefaultDeploymentUniqueLabelKey`, `ControllerRevisionHashLabelKey`,
/// `StatefulSetPodNameLabel`, `PodIndexLabel` and `DeprecatedTemplateGeneration` in
/// `k8s.io/api/apps/v1/types.go`; `labelPrefix` of jobs in `k8s.io/api/batch/v1/types.go`; the
/// old names of the job controller in `pkg/apis/batch/types.go`; Argo Rollouts'
/// `DefaultRolloutUniqueLabelKey`.
const UNSTABLE: [&str; 10] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "controller-revision-hash",
    "controller-uid",
    "pod-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];
/// Where a pod runs, which the API server writes on it since Kubernetes 1.35 (KEP-4742).
const UNSTABLE_PREFIX: &str = "topology.kubernetes.io/";
/// The name of a Job: it stays for one that people made, and not for the runs of a `CronJob`.
const JOB_NAMES: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];
/// Digits at the end of the name of a `CronJob`'s run: minutes since 1970, since 1989.
///
/// Source: `getJobName` in `pkg/controller/cronjob/utils.go` of `k8s.io/kubernetes`.
const RUN_DIGITS_MIN: usize = 8;

/// Namespaces of the control plane itself: it is called from where no flow log of pods looks.
const SYSTEM_NAMESPACES: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

/// Keys that name what runs, the best first: the recommended labels of Kubernetes, and what was
/// customary before.
const PREFERRED: [&str; 10] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "app.kubernetes.io/component",
    "component",
    "name",
    "app.kubernetes.io/instance",
    "role",
    "tier",
    "run",
];
/// Keys whose values change with releases: taken where nothing else tells pods apart.
const CHANGING: [&str; 7] = [
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "chart",
    "helm.sh/chart",
    "heritage",
    "release",
    "version",
];
/// The rank of every other key, and that of one that changes.
const RANK_OTHER: usize = PREFERRED.len();
pub(super) const RANK_CHANGING: usize = RANK_OTHER + 1;

pub(super) fn rank(key: &str) -> usize {
    if CHANGING.contains(&key) {
        return RANK_CHANGING;
    }
    PREFERRED.iter().position(|it| *it == key).unwrap_or(RANK_OTHER)
}

/// A unit while its members are counted; labels have numbers in the order they were met.
#[derive(Default)]
struct Draft {
    members: Vec<WorkloadId>,
    stable: Option<Vec<u32>>,
    carried: BTreeSet<u32>,
    has_pods: bool,
}

impl Units {
    /// The units of a network. The snapshot is the one the network was built from.
    pub fn of(network: &Network, snapshot: &Snapshot) -> Self {
        let mut numbers: HashMap<(&str, &str), u32> = HashMap::new();
        let mut met: Vec<(&str, &str)> = Vec::new();
        // By namespace, name and kind.
        let mut drafts: BTreeMap<(&str, String, String), Draft> = BTreeMap::new();
        for id in network.workloads() {
            let it = network.workload(id);
            let object = snapshot.object(it.object);
            let (kind, name) = it.owner.clone().unwrap_or_else(|| maker(&object));
            let is_run = kind == "CronJob";
            let mut own: Vec<u32> = labels(&object, it.template)
                .into_iter()
                .filter(|(key, _)| is_stable(key, is_run))
                .map(|label| {
                    *numbers.entry(label).or_insert_with(|| {
                        met.push(label);
                        met.len() as u32 - 1
                    })
                })
                .collect();
            own.sort_unstable();
            let draft = drafts.entry((network.namespace_of(id), name, kind)).or_default();
            draft.members.push(id);
            draft.carried.extend(&own);
            draft.has_pods |= !it.host_network;
            match &mut draft.stable {
                None => draft.stable = Some(own),
                Some(stable) => stable.retain(|label| own.binary_search(label).is_ok()),
            }
        }
        let (labels, order) = in_order_of_preference(&met);
        let mut units = Self {
            all: Vec::with_capacity(drafts.len()),
            of_workload: vec![0; network.workloads().count()],
            namespaces: Vec::new(),
            ranges: Vec::new(),
            labels,
            postings: HashMap::new(),
            exact: Vec::new(),
            is_cut: false,
        };
        for ((namespace, name, kind), draft) in drafts {
            units.take(namespace, name, kind, draft, &order);
        }
        (units.exact, units.is_cut) = selector::exact(&units);
        units
    }

    fn take(&mut self, namespace: &str, name: String, kind: String, draft: Draft, order: &[u32]) {
        let number = self.all.len() as u32;
        if self.namespaces.last().is_none_or(|last| last != namespace) {
            self.namespaces.push(namespace.to_owned());
            self.ranges.push((number, number));
        }
        let namespace = self.namespaces.len() as u32 - 1;
        if let Some(range) = self.ranges.last_mut() {
            range.1 = number + 1;
        }
        for label in &draft.carried {
            self.postings.entry((namespace, order[*label as usize])).or_default().push(number);
        }
        for id in &draft.members {
            self.of_workload[id.0 as usize] = number;
        }
        let stable = draft.stable.into_iter().flatten().map(|label| order[label as usize]);
        let mut stable: Vec<u32> = stable.collect();
        stable.sort_unstable();
        let (members, is_host) = (draft.members, !draft.has_pods);
        self.all.push(Unit { namespace, kind, name, members, is_host, stable });
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.all.len() as u32).map(UnitId)
    }

    /// A unit.
    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.all[id.0 as usize]
    }

    /// The namespace of a unit.
    pub fn namespace_of(&self, id: UnitId) -> &str {
        &self.namespaces[self.unit(id).namespace as usize]
    }

    /// Whether policies are written for a unit: not for what is on its node's network, and not in
    /// the namespaces of the control plane.
    pub fn is_subject(&self, id: UnitId) -> bool {
        !self.unit(id).is_host && !SYSTEM_NAMESPACES.contains(&self.namespace_of(id))
    }

    /// The unit that a workload of the network belongs to.
    pub fn of_workload(&self, id: WorkloadId) -> UnitId {
        UnitId(self.of_workload[id.0 as usize])
    }

    /// The units of a namespace.
    pub(super) fn within(&self, namespace: u32) -> std::ops::Range<u32> {
        let (first, end) = self.ranges[namespace as usize];
        first..end
    }

    /// Units of which some pod has a label.
    pub(super) fn with_label(&self, namespace: u32, label: u32) -> &[u32] {
        self.postings.get(&(namespace, label)).map_or(&[], Vec::as_slice)
    }
}

fn labels<'s>(object: &Object<'s>, template: u32) -> Vec<(&'s str, &'s str)> {
    let pods = object.pods();
    let Some(pod) = pods.get(template as usize) else { return Vec::new() };
    let written = pod.root.field("metadata.labels").into_iter().flat_map(Node::entries);
    let texts = written.filter_map(|(key, value)| Some((key, value.as_str()?)));
    texts.filter(|(key, value)| is_label(key, value)).collect()
}

fn is_stable(key: &str, is_run: bool) -> bool {
    let is_unstable = UNSTABLE.contains(&key)
        || key.starts_with(UNSTABLE_PREFIX)
        || is_run && JOB_NAMES.contains(&key);
    !is_unstable
}

/// Labels by preference, and for each one of before its number now.
fn in_order_of_preference(met: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<u32>) {
    let mut sorted: Vec<u32> = (0..met.len() as u32).collect();
    sorted.sort_unstable_by_key(|number| {
        let (key, value) = met[*number as usize];
        (rank(key), key, value)
    });
    let mut order = vec![0; met.len()];
    let mut labels = Vec::with_capacity(met.len());
    for (now, before) in (0..).zip(&sorted) {
        order[*before as usize] = now;
        let (key, value) = met[*before as usize];
        labels.push((key.to_owned(), value.to_owned()));
    }
    (labels, order)
}

/// Kind and name of what an object belongs to, by names alone where its owner was not seen: a
/// Deployment's `ReplicaSet` is called after it and the hash of its pods, a run of a `CronJob`
/// after it and its minute.
fn maker(object: &Object<'_>) -> (String, String) {
    let own = || (object.kind.to_owned(), object.name.to_owned());
    let Some((kind, name)) = owner(object) else { return own() };
    let stem = match kind.as_str() {
        "ReplicaSet" => object
            .label("pod-template-hash")
            .and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'))
            .map(|stem| ("Deployment", stem)),
        "Job" => run_of(&name).map(|stem| ("CronJob", stem)),
        _ => None,
    };
    match stem {
        Some((kind, stem)) if !stem.is_empty() => (kind.to_owned(), stem.to_owned()),
        _ => (kind, name),
    }
}

/// The `CronJob` that a Job with this name is a run of.
pub(super) fn run_of(name: &str) -> Option<&str> {
    let (stem, minute) = name.rsplit_once('-')?;
    let is_minute =
        minute.len() >= RUN_DIGITS_MIN && minute.bytes().all(|byte| byte.is_ascii_digit());
    is_minute.then_some(stem)
}
