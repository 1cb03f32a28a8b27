//! A quota from what the namespace asks for today, and defaults for those who ask for nothing.

use std::collections::BTreeSet;

use model::{Container, ContainerKind, Node, Pod};

use super::{Draft, Workload, one_line, quantity};

/// What a container gets that asks for nothing: thousandths of a CPU and of a byte.
const CPU_DEFAULT: u128 = 100;
const MEMORY_DEFAULT: u128 = 1_000 * (128 << 20);

/// Least memory limit for those who set none, in thousandths of a byte.
const MEMORY_LIMIT_MIN: u128 = 1_000 << 30;

/// The quota is this many times what is asked for: room for rolling updates and growth.
const HEADROOM: u128 = 2;

/// Nodes a `DaemonSet` is counted for, since manifests do not show how many there are.
const NODES: u128 = 100;

/// Runs of a `CronJob` that may overlap.
const OVERLAP: u128 = 2;

/// Fewest pods a quota allows.
const PODS_MIN: u128 = 10;

/// Most replicas that are counted of one workload.
const REPLICAS_MAX: u128 = 1_000_000;

/// Writes the `LimitRange` and the `ResourceQuota` that the namespace lacks.
pub(super) fn limits(draft: &mut Draft<'_, '_>) {
    let has = |draft: &Draft<'_, '_>, kind: &str| {
        draft.place.names.range((kind, "")..).next().is_some_and(|(found, _)| *found == kind)
    };
    let mut documents = Vec::new();
    let gets_defaults = !has(draft, "LimitRange");
    if gets_defaults {
        documents.push(limit_range(draft));
    }
    if !has(draft, "ResourceQuota") {
        documents.extend(quota(draft, gets_defaults));
    }
    draft.manifest("resources", "Limits on resources", &documents);
}

fn limit_range(draft: &Draft<'_, '_>) -> String {
    let mut largest = 0;
    let mut silent = BTreeSet::new();
    for workload in &draft.place.workloads {
        for container in workload.pods.iter().flat_map(Pod::containers) {
            let amounts = [container.limit("memory"), container.request("memory")];
            largest =
                amounts.into_iter().flatten().filter_map(quantity::milli).fold(largest, u128::max);
            if container.limit("memory").is_none() && container.kind != ContainerKind::Ephemeral {
                silent.insert(workload.object.name);
            }
        }
    }
    let limit = (largest.saturating_mul(HEADROOM)).max(MEMORY_LIMIT_MIN);
    let silent = match silent.len() {
        0 => "No container of today needs it.".to_owned(),
        1..=5 => format!("It is for: {}.", silent.into_iter().collect::<Vec<_>>().join(", ")),
        count => format!("It is for containers of {count} workloads."),
    };
    let silent = one_line(&silent);
    let name = draft.free_name("LimitRange", "defaults", &mut BTreeSet::new());
    format!(
        "# What a container gets that says nothing of its own. The memory limit is twice the \
         largest of\n# the namespace, and at least 1Gi. {silent}\n\
         apiVersion: v1\nkind: LimitRange\nmetadata:\n  name: {name}\n  namespace: {}\nspec:\n  \
         limits:\n  - type: Container\n    default: {{memory: {}}}\n    \
         defaultRequest: {{cpu: {}, memory: {}}}\n",
        yaml::edit::text(draft.name),
        quantity::memory(limit),
        quantity::cpu(CPU_DEFAULT),
        quantity::memory(MEMORY_DEFAULT),
    )
}

/// What pods ask for together.
#[derive(Clone, Copy, Default)]
struct Demand {
    pods: u128,
    /// In thousandths.
    cpu: u128,
    memory: u128,
}

fn quota(draft: &mut Draft<'_, '_>, gets_defaults: bool) -> Option<String> {
    let mut total = Demand::default();
    let mut asks_for_all = true;
    let mut has_daemon_set = false;
    for workload in &draft.place.workloads {
        let Some(count) = count(draft, workload) else {
            let (kind, name) = (workload.object.kind, workload.object.name);
            draft.note(format!("no quota: how many pods {kind} `{name}` makes is not known"));
            return None;
        };
        has_daemon_set |= workload.object.is("apps", "DaemonSet");
        for pod in &workload.pods {
            asks_for_all &= pod
                .containers()
                .all(|it| it.request("cpu").is_some() && it.request("memory").is_some());
            total.pods = total.pods.saturating_add(count);
            total.cpu = total.cpu.saturating_add(count * of_pod(pod, "cpu", CPU_DEFAULT));
            let memory = of_pod(pod, "memory", MEMORY_DEFAULT);
            total.memory = total.memory.saturating_add(count.saturating_mul(memory));
        }
    }
    let nodes = if has_daemon_set {
        format!("\n# Of a DaemonSet {NODES} pods are counted: write down how many nodes there are.")
    } else {
        String::new()
    };
    let pods = (total.pods.saturating_mul(HEADROOM)).max(PODS_MIN);
    let mut hard = format!("    pods: {pods}\n");
    // A quota on requests refuses pods that make none.
    if gets_defaults || asks_for_all {
        hard.push_str(&format!(
            "    requests.cpu: {}\n    requests.memory: {}\n",
            quantity::cpu(total.cpu.saturating_mul(HEADROOM)),
            quantity::memory(total.memory.saturating_mul(HEADROOM))
        ));
    }
    let name = draft.free_name("ResourceQuota", "quota", &mut BTreeSet::new());
    Some(format!(
        "# Twice what the workloads of today ask for with all their replicas: {} pods, {} CPU, \
         {} memory.\n# A runaway program stops here and not when the cluster is full.{nodes}\n\
         apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: {name}\n  namespace: {}\nspec:\n  \
         hard:\n{hard}",
        total.pods,
        quantity::cpu(total.cpu).trim_matches('"'),
        quantity::memory(total.memory),
        yaml::edit::text(draft.name),
    ))
}

/// How many pods a workload makes of each of its templates; none if its kind does not tell.
fn count(draft: &Draft<'_, '_>, workload: &Workload<'_>) -> Option<u128> {
    let object = &workload.object;
    let number = |path: &str| object.root.field(path).and_then(Node::as_int);
    let scaled = draft.place.scaled.get(&(object.kind, object.name)).copied();
    let replicas = |written: Option<i64>| written.max(scaled);
    let count = match (object.group(), object.kind) {
        _ if !workload.is_whole => return None,
        ("", "Pod") => 1,
        ("apps", "DaemonSet") => return Some(NODES),
        ("batch", "Job") => number("spec.parallelism").unwrap_or(1),
        ("batch", "CronJob") => {
            let parallel = number("spec.jobTemplate.spec.parallelism").unwrap_or(1);
            return Some(u128::try_from(parallel).unwrap_or(0).min(REPLICAS_MAX) * OVERLAP);
        }
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("", "ReplicationController") => {
            replicas(Some(number("spec.replicas").unwrap_or(1)))?
        }
        _ if workload.pods.len() == 1 => replicas(number("spec.replicas"))?,
        _ => return None,
    };
    Some(u128::try_from(count).unwrap_or(0).min(REPLICAS_MAX))
}

/// What a pod asks for: all its containers together, or its largest init container
/// (k8s.io/component-helpers/resource, `PodRequests`).
fn of_pod(pod: &Pod<'_>, resource: &str, default: u128) -> u128 {
    let asks = |container: &Container<'_>| {
        container.request(resource).and_then(quantity::milli).unwrap_or(default)
    };
    let (mut together, mut start) = (0_u128, 0_u128);
    for container in pod.containers() {
        match container.kind {
            ContainerKind::Init if !container.is_sidecar() => {
                start = start.max(together.saturating_add(asks(&container)));
            }
            ContainerKind::Ephemeral => {}
            _ => together = together.saturating_add(asks(&container)),
        }
    }
    let overhead = pod.spec.get("overhead").and_then(|it| it.get(resource));
    let overhead = overhead.and_then(quantity::milli).unwrap_or(0);
    together.max(start).saturating_add(overhead)
}
