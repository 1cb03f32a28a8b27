//! Seeded random clusters that are adversarial about everything a network policy compares, and
//! questions that stand at its borders.

mod policies;
mod random;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

pub(crate) use random::Random;

pub(crate) const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const NAMESPACES: [&str; 4] = ["one", "two", "three", "four"];
const NODES: [&str; 2] = ["node-a", "node-b"];
const POD_KEYS: [&str; 3] = ["app", "tier", "env"];
const NAMESPACE_KEYS: [&str; 3] = ["team", "env", "kubernetes.io/metadata.name"];
const VALUES: [&str; 4] = ["a", "b", "c", ""];
const PORT_NAMES: [&str; 3] = ["web", "dns", "metrics"];
/// Numbers that policies and containers name. Questions add those beside them.
const PORTS: [u16; 8] = [1, 53, 80, 81, 443, 8_080, 9_090, 65_535];
/// Addresses outside the cluster that are not at the edge of a block.
const OUTSIDE: [&str; 8] = [
    "203.0.113.7",
    "198.51.100.1",
    "169.254.169.254",
    "10.250.0.9",
    "2001:db8::7",
    "2001:db8:ffff::1",
    "fd00:ec2::254",
    "8.8.8.8",
];

/// A cluster, and what is worth asking about it.
pub(crate) struct Scenario {
    /// Namespaces, nodes, pods and policies, in the order they are read.
    pub(crate) objects: Vec<Value>,
    /// Addresses that are neither a pod's nor a node's.
    pub(crate) outside: Vec<IpAddr>,
}

/// One end of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The place among the pods that run, in the order of the objects.
    Pod(usize),
    Outside(IpAddr),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) protocol: &'static str,
    pub(crate) port: u16,
}

/// Which addresses the pods of a cluster have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Four,
    Six,
    Both,
}

/// Which policies a cluster has beside `NetworkPolicy`. The two forms are never together: nobody
/// says how their tiers would mix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generation {
    None,
    Admin,
    Cluster,
}

/// What policies are drawn from.
struct Surroundings {
    namespaces: Vec<&'static str>,
    /// Addresses of pods and nodes.
    inside: Vec<IpAddr>,
    generation: Generation,
    /// Whether two policies of a tier may have one priority.
    has_ties: bool,
}

/// Makes a cluster.
pub(crate) fn scenario(random: &mut Random) -> Scenario {
    let family = random.pick(&[Family::Four, Family::Four, Family::Six, Family::Both]);
    let count = 1 + random.below(NAMESPACES.len());
    let mut around = Surroundings {
        namespaces: NAMESPACES[..count].to_vec(),
        inside: Vec::new(),
        generation: random.pick(&[
            Generation::None,
            Generation::Admin,
            Generation::Cluster,
            Generation::Cluster,
        ]),
        has_ties: random.chance(25),
    };
    let mut objects: Vec<Value> =
        around.namespaces.iter().map(|name| namespace(random, name)).collect();
    for (number, name) in (4..).zip(NODES) {
        let addresses = addresses(family, 240, number);
        let listed: Vec<Value> =
            addresses.iter().map(|it| json!({"type": "InternalIP", "address": it})).collect();
        objects.push(json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": labels(random, &POD_KEYS)},
            "status": {"addresses": listed}}));
        around.inside.extend(addresses);
    }
    for number in 0..2 + random.below(7) {
        objects.push(pod(random, &mut around, family, number.try_into().expect("a small number")));
    }
    let mut edges = Vec::new();
    objects.extend(policies::all(random, &around, &mut edges));
    let mut outside: Vec<IpAddr> =
        OUTSIDE.iter().map(|it| it.parse().expect("an address")).chain(edges).collect();
    outside.retain(|it| !around.inside.contains(it) && is_of(family, *it));
    outside.sort();
    outside.dedup();
    Scenario { objects, outside }
}

fn is_of(family: Family, address: IpAddr) -> bool {
    match family {
        Family::Four => address.is_ipv4(),
        Family::Six => address.is_ipv6(),
        Family::Both => true,
    }
}

fn namespace(random: &mut Random, name: &str) -> Value {
    let mut labels = labels(random, &NAMESPACE_KEYS[..2]);
    // The API server sets it; files do not have it.
    if random.chance(50) {
        labels["kubernetes.io/metadata.name"] = json!(name);
    }
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn labels(random: &mut Random, keys: &[&str]) -> Value {
    let mut labels = Map::new();
    for key in keys {
        if random.chance(65) {
            labels.insert((*key).to_owned(), json!(random.pick(&VALUES)));
        }
    }
    Value::Object(labels)
}

/// The address of a pod (net 244) or a node (net 240) in each of the families.
fn addresses(family: Family, net: u8, number: u8) -> Vec<IpAddr> {
    let four = IpAddr::V4(Ipv4Addr::new(10, net, 0, number));
    let net = 0x0200 | u16::from(net);
    let six = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x10, net, 0, 0, 0, 0, u16::from(number)));
    match family {
        Family::Four => vec![four],
        Family::Six => vec![six],
        Family::Both => vec![four, six],
    }
}

fn pod(random: &mut Random, around: &mut Surroundings, family: Family, number: u8) -> Value {
    let node = random.below(NODES.len());
    let is_on_host_network = random.chance(12);
    let addresses = if is_on_host_network {
        addresses(family, 240, 4 + u8::try_from(node).expect("a small number"))
    } else {
        // Neighbours, so that blocks end between two pods.
        addresses(family, 244, 6 + number)
    };
    // A pod that has ended keeps its address in the status, and a running one may have it now.
    let phase = if random.chance(6) { "Succeeded" } else { "Running" };
    around.inside.extend(&addresses);
    let ips: Vec<Value> = addresses.iter().map(|it| json!({"ip": it})).collect();
    let mut spec = json!({"nodeName": NODES[node], "containers": containers(random, "main")});
    if random.chance(20) {
        let mut first = containers(random, "first");
        if random.chance(50) {
            first[0]["restartPolicy"] = json!("Always");
        }
        spec["initContainers"] = first;
    }
    if is_on_host_network {
        spec["hostNetwork"] = json!(true);
    }
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": random.pick(&around.namespaces), "name": format!("pod-{number}"),
            "labels": labels(random, &POD_KEYS)},
        "spec": spec,
        "status": {"phase": phase, "podIP": addresses[0], "podIPs": ips}})
}

/// Containers whose named ports are unlike each other in name and protocol: which of two with
/// one name counts, nobody says. Those that start first have numbers of their own.
fn containers(random: &mut Random, prefix: &str) -> Value {
    let mut containers = Vec::new();
    for (number, protocol) in PROTOCOLS.iter().enumerate().take(1 + random.below(3)) {
        let mut ports = Vec::new();
        for name in PORT_NAMES.iter().filter(|name| (**name == "metrics") == (prefix == "first")) {
            if random.chance(60) {
                let mut port = json!({"name": name, "containerPort": random.pick(&PORTS)});
                if *protocol != "TCP" || random.chance(50) {
                    port["protocol"] = json!(protocol);
                }
                ports.push(port);
            }
        }
        if random.chance(30) {
            ports.push(json!({"containerPort": random.pick(&PORTS)}));
        }
        containers.push(json!({"name": format!("{prefix}-{number}"),
            "image": "registry.example.com/serve:1", "ports": ports}));
    }
    Value::Array(containers)
}

/// A question at a border: ports that are named somewhere or stand beside one, pods and addresses.
pub(crate) fn question(random: &mut Random, scenario: &Scenario, pods: usize) -> Question {
    let outside = |random: &mut Random| Place::Outside(random.pick(&scenario.outside));
    let pod = |random: &mut Random| Place::Pod(random.below(pods));
    let (from, mut to) = match random.below(10) {
        0..6 => (pod(random), pod(random)),
        6..8 => (pod(random), outside(random)),
        _ => (outside(random), pod(random)),
    };
    if from == to {
        // Its own traffic is always open: little is learnt from it.
        to = pod(random);
    }
    let port = match random.below(10) {
        0..6 => random.pick(&PORTS),
        6 => random.pick(&PORTS).saturating_sub(1).max(1),
        7 => random.pick(&PORTS).saturating_add(1),
        8 => random.pick(&policies::LAST_PORTS),
        _ => random.port(),
    };
    Question { from, to, protocol: random.pick(&["TCP", "TCP", "UDP", "SCTP"]), port }
}
