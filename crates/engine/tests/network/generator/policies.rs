//! Random policies of all three generations. All are such that an API server takes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::{
    Generation, NAMESPACE_KEYS, POD_KEYS, PORT_NAMES, PORTS, PROTOCOLS, Random, Surroundings,
    VALUES,
};

/// Last ports of ranges.
pub(super) const LAST_PORTS: [u16; 5] = [82, 442, 8_080, 32_767, 65_534];
/// Blocks beside those around the addresses of pods and nodes.
const BLOCKS: [&str; 8] = [
    "0.0.0.0/0",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "203.0.113.0/24",
    "169.254.169.254/32",
    "2001:db8::/32",
    "fd00::/8",
];

/// The policies of a cluster. Addresses at the edges of their blocks are added to `edges`.
pub(super) fn all(
    random: &mut Random,
    around: &Surroundings,
    edges: &mut Vec<IpAddr>,
) -> Vec<Value> {
    let mut maker = Maker { random, around, edges };
    let mut policies: Vec<Value> =
        (0..3 + maker.random.below(6)).map(|number| maker.network_policy(number)).collect();
    match around.generation {
        Generation::None => {}
        Generation::Admin => {
            for number in 0..2 + maker.random.below(3) {
                policies.push(maker.admin_policy(number));
            }
            if maker.random.chance(60) {
                let spec = maker.tiered_spec(&["Allow", "Deny"]);
                policies.push(json!({"apiVersion": "policy.networking.k8s.io/v1alpha1",
                    "kind": "BaselineAdminNetworkPolicy", "metadata": {"name": "default"},
                    "spec": spec}));
            }
        }
        Generation::Cluster => {
            for number in 0..2 + maker.random.below(5) {
                policies.push(maker.cluster_policy(number));
            }
        }
    }
    policies
}

struct Maker<'a> {
    random: &'a mut Random,
    around: &'a Surroundings,
    edges: &'a mut Vec<IpAddr>,
}

impl Maker<'_> {
    fn network_policy(&mut self, number: usize) -> Value {
        let mut spec = Map::new();
        if self.random.chance(90) {
            spec.insert("podSelector".to_owned(), self.selector(&POD_KEYS));
        }
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            if self.random.chance(65) {
                let list = (0..self.random.below(4)).map(|_| self.rule(peers)).collect();
                spec.insert(rules.to_owned(), Value::Array(list));
            }
        }
        let types =
            [json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"]), json!([])];
        if self.random.chance(65) {
            spec.insert("policyTypes".to_owned(), self.random.pick(&types));
        }
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"namespace": self.random.pick(&self.around.namespaces),
                "name": format!("policy-{number}")},
            "spec": spec})
    }

    fn rule(&mut self, peers: &str) -> Value {
        let mut rule = Map::new();
        if self.random.chance(93) {
            let count = self.random.pick(&[0, 1, 1, 1, 1, 1, 2, 2, 3]);
            rule.insert(peers.to_owned(), (0..count).map(|_| self.peer()).collect());
        }
        if self.random.chance(65) {
            let count = self.random.pick(&[0, 1, 1, 2, 3]);
            rule.insert("ports".to_owned(), (0..count).map(|_| self.port()).collect());
        }
        Value::Object(rule)
    }

    fn peer(&mut self) -> Value {
        match self.random.below(10) {
            0..3 => json!({"podSelector": self.selector(&POD_KEYS)}),
            3..5 => json!({"namespaceSelector": self.selector(&NAMESPACE_KEYS)}),
            5..7 => json!({"podSelector": self.selector(&POD_KEYS),
                "namespaceSelector": self.selector(&NAMESPACE_KEYS)}),
            _ => json!({"ipBlock": self.ip_block()}),
        }
    }

    fn ip_block(&mut self) -> Value {
        let block = self.block();
        let mut value = json!({"cidr": block});
        if self.random.chance(50) {
            let count = 1 + self.random.below(2);
            let inner: Vec<String> = (0..count).filter_map(|_| self.within(&block)).collect();
            if !inner.is_empty() || self.random.chance(50) {
                value["except"] = json!(inner);
            }
        }
        value
    }

    /// A block, of some length around an address of the cluster or as it stands in the list.
    fn block(&mut self) -> String {
        let block = if self.random.chance(55) {
            let address = self.random.pick(&self.around.inside);
            let full = if address.is_ipv4() { 32 } else { 128 };
            masked(address, full - self.random.pick(&[0, 1, 1, 2, 3, 8, 16]))
        } else {
            self.random.pick(&BLOCKS).to_owned()
        };
        self.note_edges(&block);
        block
    }

    /// A block strictly inside another. None where that is a single address.
    fn within(&mut self, block: &str) -> Option<String> {
        let (base, length) = block.split_once('/').expect("a length");
        let base: IpAddr = base.parse().expect("an address");
        let length: u32 = length.parse().expect("a number");
        let full = if base.is_ipv4() { 32 } else { 128 };
        if length == full {
            return None;
        }
        let inside: Vec<IpAddr> = (self.around.inside.iter().copied())
            .filter(|it| it.is_ipv4() == base.is_ipv4() && masked(*it, length) == block)
            .collect();
        let address = if inside.is_empty() { base } else { self.random.pick(&inside) };
        let more = self.random.pick(&[1, 1, 2, 4, 8, 24, 128]);
        let inner = masked(address, (length + more).min(full));
        self.note_edges(&inner);
        Some(inner)
    }

    fn note_edges(&mut self, block: &str) {
        let (base, length) = block.split_once('/').expect("a length");
        let base: IpAddr = base.parse().expect("an address");
        let length: u32 = length.parse().expect("a number");
        let (first, full) = number(base);
        let last = first | low_bits(full - length);
        let most = low_bits(full);
        for edge in [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)] {
            self.edges.extend(edge.filter(|it| *it <= most).map(|it| address(it, full)));
        }
    }

    fn port(&mut self) -> Value {
        let mut port = Map::new();
        if self.random.chance(70) {
            port.insert("protocol".to_owned(), json!(self.random.pick(&PROTOCOLS)));
        }
        match self.random.below(10) {
            0..2 => {}
            2..5 => drop(port.insert("port".to_owned(), json!(self.random.pick(&PORT_NAMES)))),
            5..7 => {
                let (first, last) = self.range();
                port.insert("port".to_owned(), json!(first));
                port.insert("endPort".to_owned(), json!(last));
            }
            _ => drop(port.insert("port".to_owned(), json!(self.random.pick(&PORTS)))),
        }
        Value::Object(port)
    }

    /// A range of ports, of which the first is less than the last.
    fn range(&mut self) -> (u16, u16) {
        let first = self.random.pick(&PORTS[..PORTS.len() - 1]);
        let last = self.random.pick(&LAST_PORTS);
        if first < last { (first, last) } else { (first, first + 1) }
    }

    fn admin_policy(&mut self, number: usize) -> Value {
        let mut spec = self.tiered_spec(&["Allow", "Deny", "Deny", "Pass"]);
        spec["priority"] = json!(self.priority(number));
        json!({"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy",
            "metadata": {"name": format!("admin-{number}")}, "spec": spec})
    }

    fn cluster_policy(&mut self, number: usize) -> Value {
        let mut spec = self.tiered_spec(&["Accept", "Deny", "Deny", "Pass"]);
        spec["priority"] = json!(self.priority(number));
        spec["tier"] = json!(self.random.pick(&["Admin", "Baseline"]));
        json!({"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": format!("cluster-{number}")}, "spec": spec})
    }

    fn priority(&mut self, number: usize) -> usize {
        if self.around.has_ties {
            self.random.pick(&[0, 0, 1])
        } else {
            // Not in the order of the names.
            number * 7 % 11 * 100
        }
    }

    fn tiered_spec(&mut self, actions: &[&str]) -> Value {
        let mut spec = Map::new();
        spec.insert("subject".to_owned(), self.tiered_pods(60));
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            if self.random.chance(70) {
                let count = self.random.below(4);
                let list = (0..count).map(|_| self.tiered_rule(peers, actions)).collect();
                spec.insert(rules.to_owned(), Value::Array(list));
            }
        }
        Value::Object(spec)
    }

    fn tiered_rule(&mut self, peers: &str, actions: &[&str]) -> Value {
        let is_alpha1 = self.around.generation == Generation::Admin;
        let has_ports = self.random.chance(35);
        let has_names = has_ports && self.random.chance(30);
        // Blocks and nodes have no ports with names; the validation refuses them together.
        let can_be_block = peers == "to" && !has_names;
        let count = 1 + self.random.below(2);
        let list: Vec<Value> = (0..count)
            .map(|_| match self.random.below(10) {
                0..4 if can_be_block => {
                    json!({"networks": [self.block()]})
                }
                4 if can_be_block => json!({"nodes": self.selector(&POD_KEYS)}),
                _ => self.tiered_pods(50),
            })
            .collect();
        let mut rule = json!({"action": self.random.pick(actions), peers: list});
        if has_ports {
            let count = 1 + self.random.below(2);
            let list: Vec<Value> = (0..count)
                .map(|_| match (has_names && self.random.chance(60), is_alpha1) {
                    (true, true) => json!({"namedPort": self.random.pick(&PORT_NAMES)}),
                    (true, false) => {
                        json!({"destinationNamedPort": self.random.pick(&PORT_NAMES)})
                    }
                    (false, true) => self.alpha1_port(),
                    (false, false) => self.alpha2_protocol(),
                })
                .collect();
            rule[if is_alpha1 { "ports" } else { "protocols" }] = json!(list);
        }
        rule
    }

    /// Pods by `namespaces`, or by `pods` in so many of a hundred cases less.
    fn tiered_pods(&mut self, namespaces: usize) -> Value {
        if self.random.chance(namespaces) {
            return json!({"namespaces": self.selector(&NAMESPACE_KEYS)});
        }
        json!({"pods": {"namespaceSelector": self.selector(&NAMESPACE_KEYS),
            "podSelector": self.selector(&POD_KEYS)}})
    }

    fn alpha1_port(&mut self) -> Value {
        let protocol = self.random.pick(&PROTOCOLS);
        if self.random.chance(50) {
            return json!({"portNumber": {"protocol": protocol, "port": self.random.pick(&PORTS)}});
        }
        let (start, end) = self.range();
        json!({"portRange": {"protocol": protocol, "start": start, "end": end}})
    }

    fn alpha2_protocol(&mut self) -> Value {
        let port = if self.random.chance(50) {
            json!({"number": self.random.pick(&PORTS)})
        } else {
            let (start, end) = self.range();
            json!({"range": {"start": start, "end": end}})
        };
        let protocol = self.random.pick(&PROTOCOLS).to_lowercase();
        json!({protocol: {"destinationPort": port}})
    }

    fn selector(&mut self, keys: &[&str]) -> Value {
        let mut selector = Map::new();
        if self.random.chance(35) {
            return Value::Object(selector);
        }
        if self.random.chance(50) {
            let mut labels = Map::new();
            for _ in 0..self.random.pick(&[1, 1, 2]) {
                let key = self.random.pick(keys);
                labels.insert(key.to_owned(), json!(self.value(key)));
            }
            selector.insert("matchLabels".to_owned(), Value::Object(labels));
        }
        if selector.is_empty() || self.random.chance(20) {
            let count = self.random.pick(&[1, 1, 2]);
            let list = (0..count).map(|_| self.requirement(keys)).collect();
            selector.insert("matchExpressions".to_owned(), Value::Array(list));
        }
        Value::Object(selector)
    }

    fn requirement(&mut self, keys: &[&str]) -> Value {
        let key = self.random.pick(keys);
        let operator = self.random.pick(&["In", "In", "NotIn", "Exists", "DoesNotExist"]);
        let mut requirement = json!({"key": key, "operator": operator});
        if matches!(operator, "In" | "NotIn") {
            let count = 1 + self.random.below(2);
            let values: Vec<&str> = (0..count).map(|_| self.value(key)).collect();
            requirement["values"] = json!(values);
        }
        requirement
    }

    fn value(&mut self, key: &str) -> &'static str {
        match key {
            "kubernetes.io/metadata.name" => self.random.pick(&self.around.namespaces),
            _ => self.random.pick(&VALUES),
        }
    }
}

/// The block of a length that an address lies in.
fn masked(of: IpAddr, length: u32) -> String {
    let (bits, full) = number(of);
    format!("{}/{length}", address(bits & !low_bits(full - length), full))
}

/// An address as a number, and of how many bits.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

fn address(bits: u128, full: u32) -> IpAddr {
    match u32::try_from(bits) {
        Ok(bits) if full == 32 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
        _ => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

fn low_bits(count: u32) -> u128 {
    1_u128.checked_shl(count).map_or(u128::MAX, |it| it - 1)
}
