//! What the network of a world does: asked of the engine once, shared by all of its objects.

mod services;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use engine::network::address::{AddressSet, Family};
use engine::network::ports::Protocol;
use engine::network::{
    Answer, Direction, Effect, Endpoint, Network, Opening, Profile, Repetition, WorkloadId,
    repetitions,
};
use model::{Node, Object, ObjectId, Pod, Snapshot, WorldId};

use services::Services;
pub(crate) use services::Way;
pub(super) use services::{RouteFault, ServiceFault};

use super::ADMIN_POLICY;

const NETWORK_POLICY: (&str, &str) = ("networking.k8s.io", "NetworkPolicy");

/// Pairs of workloads that are asked for two namespaces' environments, at the most.
const PAIRS_MAX: usize = 10_000;

/// What the network of one world does.
pub(crate) struct World {
    network: Network,
    /// By namespace and name; none of those that are given twice or that the API server refuses.
    effects: HashMap<(String, String), Effect>,
    /// Policies that repeat others: what they repeat, in words.
    repetitions: HashMap<(String, String), Repeated>,
    /// The policies that have effects.
    policies: HashMap<(String, String), ObjectId>,
    /// Namespaces whose object is in the input, and in which something runs.
    inhabited: HashSet<String>,
    /// The first AdminNetworkPolicy of each priority.
    first_of_priority: HashMap<i64, String>,
    services: Services,
    /// Whether pods or Services have addresses of both families.
    is_dual_stack: bool,
    /// Values of labels that tell environments and tenants apart, by label and namespace.
    environments: HashMap<&'static str, Vec<(String, String)>>,
}

/// What a policy repeats.
#[derive(Clone)]
pub(super) enum Repeated {
    /// The policy of this name.
    Same(String),
    /// The policies of these names, taken together.
    Within(Vec<String>),
    /// Whether it repeats any is not known.
    NotCompared,
}

/// Whether a namespace is reached from another one of another environment.
pub(super) enum Mixed {
    /// From this workload of the namespace, of this value of the label.
    From(String, String),
    /// There is too much to ask.
    Unknown,
}

impl World {
    pub(crate) fn read(snapshot: &Snapshot, world: WorldId, profile: Profile) -> Self {
        let network = Network::build(snapshot, world, profile);
        let seen = network.workloads_by_namespace();
        let known = network.known_namespaces();
        let inhabited = known.filter(|it| seen.contains_key(it)).map(str::to_owned).collect();
        let services = Services::read(&network, snapshot, world, &inhabited);
        let mut found = Self {
            effects: HashMap::new(),
            repetitions: HashMap::new(),
            policies: HashMap::new(),
            inhabited,
            first_of_priority: HashMap::new(),
            services,
            is_dual_stack: is_dual_stack(&network, snapshot, world),
            environments: environments(&network, snapshot, world),
            network,
        };
        for (_, policy) in snapshot.of_kind(world, ADMIN_POLICY) {
            if let Some(priority) = priority(&policy) {
                let first = found.first_of_priority.entry(priority);
                first.or_insert_with(|| policy.name.to_owned());
            }
        }
        if snapshot.of_kind(world, NETWORK_POLICY).next().is_some() {
            found.read_policies(snapshot, world);
        }
        found
    }

    fn read_policies(&mut self, snapshot: &Snapshot, world: WorldId) {
        let name = |id| snapshot.object(id).name.to_owned();
        for (id, effect) in self.network.effects() {
            let Some(key) = key(&snapshot.object(id)) else { continue };
            self.policies.insert(key.clone(), id);
            self.effects.insert(key, effect);
        }
        for (id, repetition) in repetitions(snapshot, world) {
            let Some(key) = key(&snapshot.object(id)) else { continue };
            let repeated = match repetition {
                Repetition::Same(other) => Repeated::Same(name(other)),
                Repetition::Within(others) => {
                    Repeated::Within(others.into_iter().map(name).collect())
                }
                Repetition::NotCompared => Repeated::NotCompared,
            };
            self.repetitions.insert(key, repeated);
        }
    }

    /// What a policy does; none where that does not follow from what is in the input: its
    /// namespace is there, and something that runs in it.
    pub(super) fn effect_of(&self, policy: &Object<'_>) -> Option<&Effect> {
        let key = key(policy).filter(|(namespace, _)| self.inhabited.contains(namespace))?;
        self.effects.get(&key)
    }

    /// What a policy repeats.
    pub(super) fn repeated_by(&self, policy: &Object<'_>) -> Option<Repeated> {
        self.repetitions.get(&key(policy)?).cloned()
    }

    /// Of the workloads that a policy holds for, those that certainly reach a port of an address,
    /// one for all that no policy tells apart; none where no such workload was seen.
    pub(super) fn reaching(
        &self,
        policy: &Object<'_>,
        address: IpAddr,
        port: u16,
    ) -> Option<Vec<String>> {
        let subjects = self.network.subjects(*self.policies.get(&key(policy)?)?);
        if subjects.is_empty() {
            return None;
        }
        let to = Endpoint::Addresses(AddressSet::one(address));
        let reaches = |id: &WorkloadId| {
            let from = Endpoint::Workload(*id);
            let answer = self.network.allows(&from, &to, Protocol::Tcp, port);
            matches!(answer, Answer::Allowed(_))
        };
        let reaching = subjects.into_iter().filter(reaches);
        Some(reaching.map(|id| self.network.workload(id).name.to_string()).collect())
    }

    /// Whether something that runs in the namespace is in the input, and the namespace too.
    pub(super) fn is_inhabited(&self, namespace: &str) -> bool {
        self.inhabited.contains(namespace)
    }

    /// Another AdminNetworkPolicy of the same priority that was read before.
    pub(super) fn of_same_priority(&self, policy: &Object<'_>) -> Option<&str> {
        let first = self.first_of_priority.get(&priority(policy)?)?;
        (first != policy.name).then_some(first)
    }

    /// Whether pods have addresses of both families.
    pub(super) fn is_dual_stack(&self) -> bool {
        self.is_dual_stack
    }

    /// What is wrong with a Service.
    pub(super) fn faults_of_service(&self, service: &Object<'_>) -> &[ServiceFault] {
        self.services.faults(service)
    }

    /// What is wrong with an Ingress or a route.
    pub(super) fn faults_of_route(&self, route: &Object<'_>) -> &[RouteFault] {
        self.services.faults_of_route(route)
    }

    /// The ways from the internet through a Service.
    pub(crate) fn ways(&self, service: &Object<'_>) -> &[Way] {
        self.services.ways(service)
    }

    /// Why every pod of every namespace is let in to a port of a pod; none where not all are, or
    /// the namespace is not in the input.
    pub(super) fn opening(&self, pod: &Pod<'_>, port: u16) -> Option<Opening> {
        let namespace = pod.object.namespace.filter(|it| self.is_inhabited(it))?;
        let mut all = self.network.find(namespace, pod.object.name).filter(|id| {
            let it = self.network.workload(*id);
            // The pods of a workload are told by it.
            *it.kind == *pod.object.kind && it.owner.is_none()
        });
        all.find_map(|id| self.network.opening(id, Protocol::Tcp, port))
    }

    /// Whether pods of another environment reach a namespace on all ports.
    pub(super) fn mixed(&self, namespace: &str, label: &str, value: &str) -> Option<Mixed> {
        let targets = self.network.representatives(namespace);
        let others = self.environments.get(label)?.iter();
        let mut left = PAIRS_MAX;
        for (name, other) in others.filter(|(_, other)| other != value) {
            for source in self.network.representatives(name) {
                for target in &targets {
                    left = left.saturating_sub(1);
                    if left == 0 {
                        return Some(Mixed::Unknown);
                    }
                    if self.is_all_open(source, *target) {
                        let from = format!("{name}/{}", self.network.workload(source).name);
                        return Some(Mixed::From(from, other.clone()));
                    }
                }
            }
        }
        None
    }

    fn is_all_open(&self, from: WorkloadId, to: WorkloadId) -> bool {
        let is_on_host = |id| self.network.workload(id).host_network;
        if is_on_host(from) || is_on_host(to) {
            return false;
        }
        let (from, to) = (Endpoint::Workload(from), Endpoint::Workload(to));
        self.network.reach(&from, &to).allowed.is_all()
    }
}

/// Labels by which people tell environments and tenants apart, whose values are names of them.
pub(super) const ENVIRONMENT_LABELS: [&str; 4] = ["environment", "env", "stage", "tenant"];

fn environments(
    network: &Network,
    snapshot: &Snapshot,
    world: WorldId,
) -> HashMap<&'static str, Vec<(String, String)>> {
    let mut found: HashMap<&'static str, Vec<(String, String)>> = HashMap::new();
    for name in network.known_namespaces() {
        for namespace in snapshot.namespaces(world, name).take(1) {
            for label in ENVIRONMENT_LABELS {
                if let Some(value) = namespace.label(label).filter(|value| !value.is_empty()) {
                    found.entry(label).or_default().push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    found
}

fn key(object: &Object<'_>) -> Option<(String, String)> {
    Some((object.namespace?.to_owned(), object.name.to_owned()))
}

fn priority(policy: &Object<'_>) -> Option<i64> {
    policy.root.field("spec.priority")?.as_int()
}

/// Whether some pod has addresses of both families, or some Service is given both.
fn is_dual_stack(network: &Network, snapshot: &Snapshot, world: WorldId) -> bool {
    let has_both = |id: WorkloadId| {
        let mut families = network.workload(id).addresses.iter().map(|it| Family::of(*it));
        families.next().is_some_and(|first| families.any(|family| family != first))
    };
    let is_of_both = |service: Object<'_>| {
        let Some(spec) = service.root.get("spec") else { return false };
        let families = spec.list("ipFamilies").filter_map(Node::as_str);
        spec.str("ipFamilyPolicy") == Some("RequireDualStack") || families.count() > 1
    };
    let ids = snapshot.ids().filter(|id| snapshot.world(*id) == world);
    let mut services = ids.map(|id| snapshot.object(id)).filter(|it| it.is("", "Service"));
    network.workloads().any(has_both) || services.any(is_of_both)
}

/// What a direction's rules and their peers are called in a policy.
pub(super) fn fields(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Ingress => ("ingress", "from"),
        Direction::Egress => ("egress", "to"),
    }
}
