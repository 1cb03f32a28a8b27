//! Policies learned from connections: all of these pass, by the engine and by the naive
//! evaluator, and little else does.

mod cases;
mod random;
mod world;

use engine::network::ports::Protocol;
use engine::network::segmentation::{
    Cells, Choice, Directory, Existing, Knobs, LearnedPeer, LearnedPolicy, LearnedRule, Observed,
    Scope, Segmentation, Units, prove, synthesize,
};
use engine::network::{Network, Options};
use model::flow::{Flow, FlowEnd};
use model::{Snapshot, WorldId};
use serde_json::{Map, Value, json};

use crate::generator::Random;
use crate::naive::{Cluster, End, Pod, allows};
use world::{World, world};

const WORLD: WorldId = WorldId(0);
/// Pairs that the naive evaluator is asked about beside those that were seen.
const PAIRS: usize = 20_000;
/// Rules left out one after the other.
const RULES: usize = 120;
/// Most that is let through for each connection that was seen.
const TIGHTNESS_MAX: f64 = 1.2;

#[test]
fn the_true_policies_of_a_cluster_are_found() {
    let mut random = Random::new(0x5e6);
    let world = world(&mut random);
    let snapshot = snapshot(&world.objects);
    let lesson = learn(&snapshot, &world.flows, &Knobs::default());
    assert!(lesson.observed.missing.is_empty(), "{:?}", lesson.observed.missing);
    assert_eq!(lesson.refused(&snapshot, Existing::Replaced), 0);
    assert_eq!(lesson.refused(&snapshot, Existing::Kept), 0);

    let network = lesson.network(&snapshot, Existing::Replaced);
    let (found, ratio) = lesson.with_directory(&snapshot, |directory| {
        let cells = Cells::of(&network, &lesson.units);
        let tightness = cells.tightness(&network, directory, &lesson.observed);
        (cells, (tightness.ratio(), tightness.ratio_outside()))
    });
    println!("{} policies, tightness {ratio:?}", lesson.learned.policies.len());
    assert!((1.0..=TIGHTNESS_MAX).contains(&ratio.0), "{ratio:?}");
    assert!((1.0..=TIGHTNESS_MAX).contains(&ratio.1), "{ratio:?}");

    let cluster = Cluster::of(&with_learned(&world.objects, &lesson.learned));
    for flow in &world.flows {
        assert!(passes(&cluster, flow), "{flow:?}");
    }
    // The same cells as the naive evaluator counts, pod by pod.
    let (mut open, mut closed) = (0, 0);
    for _ in 0..PAIRS {
        let (from, to) = (random.pick(&world.workloads), random.pick(&world.workloads));
        let port = random.pick(&world::PORTS);
        let pod = |random: &mut Random, workload: &world::Workload| random.pick(&workload.pods);
        let (source, target) = (pod(&mut random, &from), pod(&mut random, &to));
        if source == target {
            continue;
        }
        let flow = Flow {
            from: FlowEnd::Address(source.1),
            to: FlowEnd::Address(target.1),
            protocol: "TCP",
            port,
        };
        let unit = |of: &world::Workload| lesson.unit(&of.namespace, &of.name);
        let ports = found.open.get(&(unit(&from), unit(&to)));
        let is_open = ports.is_some_and(|it| it.contains(Protocol::Tcp, port));
        assert_eq!(passes(&cluster, &flow), is_open, "{from:?} {to:?} {port}");
        *(if is_open { &mut open } else { &mut closed }) += 1;
    }
    println!("{open} open, {closed} closed");
    assert!(open > 50 && closed > 1_000, "{open} open, {closed} closed");
}

#[test]
fn pods_made_anew_give_the_same_policies() {
    let mut random = Random::new(0x5e6);
    let World { objects, flows, workloads, .. } = world(&mut random);
    let before = learn(&snapshot(&objects), &flows, &Knobs::default());
    for seed in 0..3 {
        let mut random = Random::new(seed);
        let (mut objects, mut flows) = world::made_anew(&objects, &flows, &workloads, &mut random);
        random.shuffle(&mut objects);
        random.shuffle(&mut flows);
        let after = learn(&snapshot(&objects), &flows, &Knobs::default());
        assert!(after.observed.missing.is_empty(), "{:?}", after.observed.missing);
        assert_eq!(before.learned, after.learned, "seed {seed}");
    }
}

#[test]
fn no_rule_can_be_left_out() {
    let mut random = Random::new(0x5e6);
    let world = world(&mut random);
    let snapshot = snapshot(&world.objects);
    let lesson = learn(&snapshot, &world.flows, &Knobs::default());
    let mut tried = 0;
    while tried < RULES {
        let mut less = lesson.learned.clone();
        let policies = less.policies.len();
        let policy = &mut less.policies[random.below(policies)];
        let is_egress = random.chance(50);
        let rules = if is_egress { &mut policy.egress } else { &mut policy.ingress };
        let Some(rules) = rules.as_mut().filter(|rules| !rules.is_empty()) else { continue };
        let at = random.below(rules.len());
        let rule = rules.remove(at);
        if rule == world::dns_rule() {
            continue;
        }
        tried += 1;
        let network = Network::with(&snapshot, WORLD, &options(), &less, Existing::Replaced);
        let proof = prove(&network, &lesson.observed);
        assert!(!proof.refused.is_empty(), "needless: {rule:?}");
    }
}

/// What is learned of a cluster.
struct Lesson {
    units: Units,
    observed: Observed,
    learned: Segmentation,
}

fn options() -> Options {
    // What the naive evaluator takes: matching by address, pods on the host's network are the
    // node.
    use engine::network::{HostNetwork, Profile};
    Profile { host_network: HostNetwork::Node, ..Profile::UPSTREAM }.into()
}

fn learn(snapshot: &Snapshot, flows: &[Flow], knobs: &Knobs) -> Lesson {
    let network = Network::build(snapshot, WORLD, options());
    let units = Units::of(&network, snapshot);
    let directory = Directory::new(&network, snapshot, WORLD, &options(), &units);
    let observed = Observed::new(&directory, flows.iter().map(|flow| (flow, 1)));
    let learned = synthesize(&directory, &observed, knobs);
    drop(directory);
    Lesson { units, observed, learned }
}

impl Lesson {
    fn network(&self, snapshot: &Snapshot, existing: Existing) -> Network {
        Network::with(snapshot, WORLD, &options(), &self.learned, existing)
    }

    #[expect(clippy::print_stdout, reason = "a failure is told with examples")]
    fn refused(&self, snapshot: &Snapshot, existing: Existing) -> usize {
        let proof = prove(&self.network(snapshot, existing), &self.observed);
        for refused in proof.refused.iter().take(3) {
            println!("{refused:?}");
        }
        proof.refused.len()
    }

    fn with_directory<T>(&self, snapshot: &Snapshot, look: impl FnOnce(&Directory<'_>) -> T) -> T {
        let network = Network::build(snapshot, WORLD, options());
        look(&Directory::new(&network, snapshot, WORLD, &options(), &self.units))
    }

    fn unit(&self, namespace: &str, name: &str) -> engine::network::segmentation::UnitId {
        let mut ids = self.units.ids();
        let is_it =
            |id: &_| self.units.namespace_of(*id) == namespace && self.units.unit(*id).name == name;
        ids.find(is_it).expect("a unit")
    }
}

fn snapshot(objects: &[Value]) -> Snapshot {
    let documents: Vec<String> = objects.iter().map(ToString::to_string).collect();
    crate::snapshot(&documents.join("\n---\n"))
}

/// Whether the naive evaluator lets a connection through; its ends are addresses or names of
/// pods.
fn passes(cluster: &Cluster, flow: &Flow) -> bool {
    fn ends<'a>(cluster: &'a Cluster, end: &FlowEnd) -> Vec<End<'a>> {
        let is_it = |pod: &&Pod| match end {
            FlowEnd::Address(address) => pod.addresses.contains(address),
            FlowEnd::Named { namespace, name } => pod.namespace == *namespace && pod.name == *name,
        };
        match (cluster.pods.iter().find(is_it), end) {
            (Some(pod), _) => pod.ends(),
            (None, FlowEnd::Address(address)) => vec![End { pod: None, address: *address }],
            (None, FlowEnd::Named { .. }) => panic!("{end:?} is no pod"),
        }
    }
    let (from, to) = (ends(cluster, &flow.from), ends(cluster, &flow.to));
    let outcome = allows(cluster, &from, &to, flow.protocol, flow.port);
    outcome.can_pass && !outcome.can_fail
}

/// The objects with what was learned in place of the policies where something was.
fn with_learned(objects: &[Value], learned: &Segmentation) -> Vec<Value> {
    let is_closed = |namespace: &Value| {
        learned.defaults.iter().any(|it| namespace.as_str() == Some(&it.namespace))
    };
    // The naive evaluator knows pods and no templates.
    let is_kept = |object: &&Value| {
        let is_template = object["apiVersion"] == "apps/v1";
        !is_template
            && (object["kind"] != "NetworkPolicy" || !is_closed(&object["metadata"]["namespace"]))
    };
    let all = learned.policies.iter().chain(&learned.defaults).enumerate();
    let written = all.map(|(number, policy)| manifest(number, policy));
    objects.iter().filter(is_kept).cloned().chain(written).collect()
}

/// A policy as JSON, written apart from what ships.
fn manifest(number: usize, policy: &LearnedPolicy) -> Value {
    let mut spec = json!({"podSelector": selector(&policy.pods), "policyTypes": []});
    for (rules, kind, list, peers) in [
        (&policy.ingress, "Ingress", "ingress", "from"),
        (&policy.egress, "Egress", "egress", "to"),
    ] {
        if let Some(rules) = rules {
            spec["policyTypes"].as_array_mut().expect("a list").push(json!(kind));
            spec[list] = rules.iter().map(|rule| self::rule(rule, peers)).collect();
        }
    }
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": format!("learned-{number}"), "namespace": policy.namespace},
        "spec": spec})
}

fn rule(rule: &LearnedRule, peers: &str) -> Value {
    let port = |(protocol, first, last): (Protocol, u16, u16)| {
        let protocol = protocol.name();
        json!({"protocol": protocol, "port": first, "endPort": last})
    };
    let peer = |peer: &LearnedPeer| match peer {
        LearnedPeer::Block(prefix) => json!({"ipBlock": {"cidr": prefix.to_string()}}),
        LearnedPeer::Pods(Scope::Own, pods) => json!({"podSelector": selector(pods)}),
        LearnedPeer::Pods(Scope::All, pods) => {
            json!({"podSelector": selector(pods), "namespaceSelector": {}})
        }
        LearnedPeer::Pods(Scope::Named(names), pods) => {
            let names = Choice::from([("kubernetes.io/metadata.name".to_owned(), names.clone())]);
            json!({"podSelector": selector(pods), "namespaceSelector": selector(&names)})
        }
    };
    let ports: Vec<Value> = rule.ports.ranges().map(port).collect();
    let mut found = Map::new();
    found.insert("ports".to_owned(), json!(ports));
    found.insert(peers.to_owned(), rule.peers.iter().map(peer).collect());
    Value::Object(found)
}

fn selector(pods: &Choice) -> Value {
    let one =
        |(key, values): (&String, &_)| json!({"key": key, "operator": "In", "values": values});
    json!({"matchExpressions": pods.iter().map(one).collect::<Vec<_>>()})
}
