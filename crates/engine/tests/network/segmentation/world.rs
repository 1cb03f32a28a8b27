//! A cluster whose policies are known, and connections that show each of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use engine::network::ports::{PortSet, Protocol};
use engine::network::segmentation::{LearnedPeer, LearnedRule, Scope};
use model::flow::{Flow, FlowEnd};
use serde_json::{Value, json};

use crate::generator::Random;

const NAMESPACES: usize = 20;
const WORKLOADS: usize = 15;
const TEAMS: usize = 4;
pub(super) const PORTS: [u16; 5] = [80, 443, 5_432, 8_080, 9_090];
/// The label of the true policies for callers; nothing else has it.
const CALLS: &str = "calls";

#[derive(Clone, Debug)]
pub(super) struct Workload {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Names and addresses.
    pub(super) pods: Vec<(String, IpAddr)>,
    team: usize,
}

pub(super) struct World {
    pub(super) objects: Vec<Value>,
    pub(super) flows: Vec<Flow>,
    pub(super) workloads: Vec<Workload>,
}

/// A cluster in which every workload is closed but for callers that a policy names: one workload,
/// a team within a namespace, or a namespace. Some may be called from addresses outside.
pub(super) fn world(random: &mut Random) -> World {
    let mut workloads = Vec::new();
    for number in 0..NAMESPACES * WORKLOADS {
        let pods = (0..=random.below(3)).map(|pod| {
            let suffix = suffix(random);
            let (a, b) = (u8::try_from(number / 64), u8::try_from(number % 64 * 4 + pod));
            let address = Ipv4Addr::new(10, 244, a.expect("small"), b.expect("small"));
            (suffix, IpAddr::V4(address))
        });
        let (namespace, name) =
            (format!("ns-{}", number / WORKLOADS), format!("app-{}", number % WORKLOADS));
        let hash = "5d9f7c8b4";
        let pods = pods.map(|(suffix, it)| (format!("{name}-{hash}-{suffix}"), it)).collect();
        workloads.push(Workload { namespace, name, pods, team: random.below(TEAMS) });
    }
    let namespace = |number: usize| {
        let name = format!("ns-{number}");
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    };
    let mut objects: Vec<Value> = (0..NAMESPACES).map(namespace).collect();
    for workload in &workloads {
        let hash = workload.pods[0].0.rsplit('-').nth(1).expect("a hash");
        objects.push(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": workload.name, "namespace": workload.namespace},
            "spec": {"template": {"metadata": {"labels": labels(workload)}, "spec": spec()}}}));
        objects.extend(workload.pods.iter().map(|pod| self::pod(workload, pod, hash)));
    }
    let mut cells: BTreeSet<(usize, usize, u16)> = BTreeSet::new();
    let mut flows = Vec::new();
    for (target, workload) in workloads.iter().enumerate() {
        let mut rules = Vec::new();
        for _ in 0..random.below(4) {
            let ports: BTreeSet<u16> = (0..=random.below(2)).map(|_| random.pick(&PORTS)).collect();
            let (peer, callers) = callers(random, &workloads);
            rules.push(rule(&peer, &ports));
            cells.extend(
                callers
                    .iter()
                    .flat_map(|source| ports.iter().map(move |port| (*source, target, *port))),
            );
        }
        if random.chance(10) {
            let address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
            rules.push(rule(&json!({"ipBlock": {"cidr": "198.51.100.7/32"}}), &[443].into()));
            let to = FlowEnd::Address(random.pick(&workload.pods).1);
            flows.push(Flow { from: FlowEnd::Address(address), to, protocol: "TCP", port: 443 });
        }
        objects.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": workload.name, "namespace": workload.namespace},
            "spec": {"podSelector": {"matchLabels": labels(workload)}, "ingress": rules,
                "policyTypes": ["Ingress"]}}));
    }
    for (source, target, port) in cells {
        for _ in 0..=random.below(2) {
            let mut end = |workload: &Workload| {
                let (name, address) = random.pick(&workload.pods);
                let namespace = workload.namespace.clone();
                // A pod by its address or its name, or its workload.
                match random.below(4) {
                    0 => FlowEnd::Named { namespace, name },
                    _ => FlowEnd::Address(address),
                }
            };
            let (from, to) = (end(&workloads[source]), end(&workloads[target]));
            flows.push(Flow { from, to, protocol: "TCP", port });
        }
    }
    World { objects, flows, workloads }
}

/// A peer of a true policy, and the workloads it stands for.
fn callers(random: &mut Random, all: &[Workload]) -> (Value, Vec<usize>) {
    let one = random.pick(all);
    let namespace = json!({"matchLabels": {"kubernetes.io/metadata.name": one.namespace}});
    let (pods, is_caller): (Value, &dyn Fn(&Workload) -> bool) = match random.below(10) {
        0..6 => (labels(&one), &|it| it.name == one.name),
        6..9 => (json!({"team": format!("t{}", one.team)}), &|it| it.team == one.team),
        _ => (json!({}), &|_| true),
    };
    let peer = json!({"namespaceSelector": namespace, "podSelector": {"matchLabels": pods}});
    let found =
        (0..all.len()).filter(|at| all[*at].namespace == one.namespace && is_caller(&all[*at]));
    (peer, found.collect())
}

fn rule(peer: &Value, ports: &BTreeSet<u16>) -> Value {
    let ports: Vec<Value> = ports.iter().map(|port| json!({"port": port})).collect();
    json!({"from": [peer], "ports": ports})
}

/// Every third workload is told by two labels together, as charts do it.
fn labels(workload: &Workload) -> Value {
    let number: usize = workload.name.trim_start_matches("app-").parse().expect("a number");
    let mut labels = if number.is_multiple_of(3) {
        json!({"app.kubernetes.io/name": format!("chart-{}", number / 6),
            "app.kubernetes.io/component": format!("part-{}", number % 6)})
    } else {
        json!({"app": workload.name, CALLS: "some"})
    };
    labels["team"] = json!(format!("t{}", workload.team));
    labels["version"] = json!(format!("v{number}"));
    labels
}

fn pod(workload: &Workload, (name, address): &(String, IpAddr), hash: &str) -> Value {
    let mut labels = labels(workload);
    labels["pod-template-hash"] = json!(hash);
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": workload.namespace, "labels": labels,
            "ownerReferences": [{"kind": "ReplicaSet", "controller": true,
                "name": format!("{}-{hash}", workload.name)}]},
        "spec": spec(),
        "status": {"podIP": address, "podIPs": [{"ip": address}]}})
}

fn spec() -> Value {
    json!({"containers": [{"name": "main", "image": "registry.example.com/serve:1"}]})
}

fn suffix(random: &mut Random) -> String {
    let letters: Vec<char> = "bcdfghjklmnpqrstvwxz2456789".chars().collect();
    (0..5).map(|_| random.pick(&letters)).collect()
}

/// The same cluster after all pods were made anew: other names, hashes and addresses, and the
/// connections with them.
pub(super) fn made_anew(
    objects: &[Value],
    flows: &[Flow],
    workloads: &[Workload],
    random: &mut Random,
) -> (Vec<Value>, Vec<Flow>) {
    let mut addresses: Vec<IpAddr> =
        workloads.iter().flat_map(|it| it.pods.iter().map(|(_, address)| *address)).collect();
    let old = addresses.clone();
    random.shuffle(&mut addresses);
    let moved: HashMap<IpAddr, IpAddr> = old.into_iter().zip(addresses).collect();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut found: Vec<Value> =
        objects.iter().filter(|object| object["kind"] != "Pod").cloned().collect();
    for workload in workloads {
        let hash: String = suffix(random) + &suffix(random);
        for (name, address) in &workload.pods {
            let new = format!("{}-{hash}-{}", workload.name, suffix(random));
            names.insert(format!("{}/{name}", workload.namespace), new.clone());
            found.push(pod(workload, &(new, moved[address]), &hash));
        }
    }
    let end = |end: &FlowEnd| match end {
        FlowEnd::Address(address) => {
            FlowEnd::Address(moved.get(address).copied().unwrap_or(*address))
        }
        FlowEnd::Named { namespace, name } => FlowEnd::Named {
            namespace: namespace.clone(),
            name: names[&format!("{namespace}/{name}")].clone(),
        },
    };
    let flow = |flow: &Flow| Flow { from: end(&flow.from), to: end(&flow.to), ..flow.clone() };
    (found, flows.iter().map(flow).collect())
}

/// The rule for DNS, where it is not in the input.
pub(super) fn dns_rule() -> LearnedRule {
    let pods = [("k8s-app".to_owned(), ["kube-dns".to_owned()].into())].into();
    LearnedRule {
        ports: PortSet::new([(Protocol::Tcp, 53, 53), (Protocol::Udp, 53, 53)]),
        peers: vec![LearnedPeer::Pods(Scope::Named(["kube-system".to_owned()].into()), pods)],
    }
}
