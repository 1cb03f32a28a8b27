//! Network security groups beside a straightforward evaluator that reads the same JSON.

use std::net::IpAddr;

use engine::network::address::AddressSet;
use engine::network::ports::Protocol;
use engine::network::security_group::{
    Direction, Packet, SecurityGroup, Surroundings, Verdict, decide, groups, managed_needs,
    opening, service_tags,
};
use model::Node;
use serde_json::{Value, json};

use crate::generator::Random;

const RULE_SETS: usize = 2_000;
const PACKETS_EACH: usize = 100;
const ADDRESSES: [&str; 8] = [
    "10.0.0.4",
    "10.0.0.5",
    "10.1.2.3",
    "192.168.7.7",
    "8.8.8.8",
    "20.1.1.1",
    "168.63.129.16",
    "203.0.114.9",
];
const PREFIXES: [&str; 11] = [
    "*",
    "10.0.0.0/24",
    "10.0.0.4",
    "10.0.0.4/31",
    "8.0.0.0/6",
    "0.0.0.0/0",
    "VirtualNetwork",
    "AzureLoadBalancer",
    "Internet",
    "Storage",
    "AzurePlatformDNS",
];
const PORTS: [&str; 6] = ["*", "80", "443", "80-90", "1024-65535", "0-65535"];
const NUMBERS: [u16; 8] = [1, 79, 80, 90, 91, 443, 1024, 65_535];

/// What a tag or prefix holds, straight from the documentation; the tag `Storage` is given as
/// data, the virtual network is 10.0.0.0/8.
fn holds(prefix: &str, address: IpAddr) -> bool {
    let IpAddr::V4(address) = address else { return false };
    let number = u32::from(address);
    let in_network = number >> 24 == 10 || address.to_string() == "168.63.129.16";
    match prefix {
        "*" => true,
        "VirtualNetwork" => in_network,
        "AzureLoadBalancer" | "AzurePlatformDNS" => address.to_string() == "168.63.129.16",
        "Internet" => !in_network && !address.is_private(),
        "Storage" => number >> 24 == 20,
        prefix => {
            let (base, length) = prefix.split_once('/').unwrap_or((prefix, "32"));
            let base = u32::from(base.parse::<std::net::Ipv4Addr>().expect("an address"));
            let length: u32 = length.parse().expect("a length");
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            base & mask == number & mask
        }
    }
}

fn is_platform(address: IpAddr) -> bool {
    matches!(address.to_string().as_str(), "168.63.129.16" | "169.254.169.254")
}

fn has_port(range: &str, port: u16) -> bool {
    match range.split_once('-') {
        Some((first, last)) => {
            (first.parse::<u16>().expect("a port")..=last.parse().expect("a port")).contains(&port)
        }
        None => range == "*" || range.parse::<u16>() == Ok(port),
    }
}

/// The first rule by priority that matches, with what the documentation says of the default ones.
fn naive(group: &Value, inbound: bool, packet: &Packet) -> bool {
    let direction = if inbound { "Inbound" } else { "Outbound" };
    let mut rules: Vec<&Value> = group["securityRules"].as_array().expect("rules").iter().collect();
    rules.sort_by_key(|rule| rule["priority"].as_i64());
    for rule in rules.into_iter().filter(|rule| rule["direction"] == direction) {
        let text = |key: &str| rule[key].as_str().expect("a text");
        let list = |key: &str| -> Vec<String> {
            let items = rule[key].as_array().into_iter().flatten();
            items.map(|it| it.as_str().expect("a text").to_owned()).collect()
        };
        let is_protocol = match text("protocol") {
            "*" => true,
            name => name.eq_ignore_ascii_case(packet.protocol.name()),
        };
        let from = list("sourceAddressPrefixes").iter().any(|it| holds(it, packet.source));
        let to = holds(text("destinationAddressPrefix"), packet.destination);
        let source_port = has_port(text("sourcePortRange"), packet.source_port.expect("a port"));
        let port = list("destinationPortRanges").iter().any(|it| has_port(it, packet.port));
        // Rules do not hold for what goes to the platform, unless they name its tags.
        let names_tag = list("sourceAddressPrefixes").iter().any(|it| it == "AzurePlatformDNS")
            || text("destinationAddressPrefix") == "AzurePlatformDNS";
        if !inbound && is_platform(packet.destination) && !names_tag {
            continue;
        }
        if is_protocol && from && to && source_port && port {
            return text("access") == "Allow";
        }
    }
    if !inbound && is_platform(packet.destination) {
        return true;
    }
    let network = |address| holds("VirtualNetwork", address);
    if network(packet.source) && network(packet.destination) {
        return true;
    }
    if inbound {
        holds("AzureLoadBalancer", packet.source)
    } else {
        holds("Internet", packet.destination)
    }
}

fn rule(random: &mut Random, priority: usize) -> Value {
    let mut some = |from: &[&'static str]| -> Vec<&'static str> {
        (0..=random.below(2)).map(|_| random.pick(from)).collect()
    };
    let (sources, ports) = (some(&PREFIXES), some(&PORTS));
    json!({
        "name": format!("rule-{priority}"), "priority": priority,
        "direction": random.pick(&["Inbound", "Outbound"]),
        "access": random.pick(&["Allow", "Deny"]),
        "protocol": random.pick(&["*", "Tcp", "Udp", "Icmp"]),
        "sourceAddressPrefixes": sources,
        "destinationAddressPrefix": random.pick(&PREFIXES),
        "sourcePortRange": random.pick(&["*", "*", "*", "1024-65535"]),
        "destinationPortRanges": ports,
    })
}

fn surroundings() -> Surroundings {
    let network = "10.0.0.0/8".parse_prefix();
    let tags = parsed(
        &json!({"values": [{"name": "Storage",
        "properties": {"addressPrefixes": ["20.0.0.0/8", "2603:1000::/40"]}}]}),
        service_tags,
    );
    Surroundings { tags, virtual_network: Some(network) }
}

trait ParsePrefix {
    fn parse_prefix(&self) -> AddressSet;
}

impl ParsePrefix for str {
    fn parse_prefix(&self) -> AddressSet {
        AddressSet::prefix(engine::network::address::Prefix::parse(self).expect("a prefix"))
    }
}

fn parsed<T>(value: &Value, read: impl FnOnce(Node<'_>) -> T) -> T {
    let text = value.to_string();
    let stream = yaml::Stream::json(&text, &yaml::Limits::default());
    let document = stream.documents().next().expect("a document").expect("JSON");
    let none = model::Redactions::default();
    read(Node::tree(document.root(), &none))
}

fn group(value: &Value, surroundings: &Surroundings) -> SecurityGroup {
    let mut found = parsed(value, |root| groups(root, surroundings));
    found.remove(0).expect("a group")
}

#[test]
fn packets_fare_as_a_straightforward_evaluator_says() {
    let mut random = Random::new(0x0a5e);
    let surroundings = surroundings();
    let (mut open, mut closed) = (0, 0);
    for _ in 0..RULE_SETS {
        let mut make = || {
            let rules: Vec<Value> =
                (0..random.below(8)).map(|it| rule(&mut random, 100 + it * 7)).collect();
            json!({"name": "nsg", "securityRules": rules})
        };
        let values = [make(), make()];
        let read = [group(&values[0], &surroundings), group(&values[1], &surroundings)];
        let levels = [&read[0], &read[1]];
        for _ in 0..PACKETS_EACH {
            let address = |random: &mut Random| -> IpAddr {
                random.pick(&ADDRESSES).parse().expect("an address")
            };
            let packet = Packet {
                source: address(&mut random),
                source_port: Some(random.pick(&NUMBERS)),
                destination: address(&mut random),
                port: random.pick(&NUMBERS),
                protocol: random.pick(&[Protocol::Tcp, Protocol::Udp]),
            };
            let inbound = random.chance(50);
            let direction = if inbound { Direction::Inbound } else { Direction::Outbound };
            let expected = values.iter().all(|value| naive(value, inbound, &packet));
            let verdict = decide(&levels, direction, packet);
            let is_open = match verdict {
                Verdict::Allowed(_) => true,
                Verdict::Denied(_) => false,
                Verdict::Unknown(ref rules) => panic!("{rules:?}"),
            };
            assert_eq!(is_open, expected, "{packet:?} {verdict:?}\n{values:?}");
            *(if expected { &mut open } else { &mut closed }) += 1;
            agree(&levels, direction, packet);
        }
    }
    assert!(open > 20_000 && closed > 20_000, "{open} open, {closed} closed");
}

/// Sets of one address each say the same as packets from any port.
fn agree(levels: &[&SecurityGroup], direction: Direction, packet: Packet) {
    let one = |address| AddressSet::one(address);
    let open = opening(levels, direction, &one(packet.source), &one(packet.destination));
    let open = open.expect("few pieces");
    let verdict = decide(levels, direction, Packet { source_port: None, ..packet });
    let contains =
        |set: &engine::network::ports::PortSet| set.contains(packet.protocol, packet.port);
    match verdict {
        Verdict::Allowed(_) => assert!(contains(&open.everywhere), "{packet:?}"),
        Verdict::Denied(_) => assert!(!contains(&open.possible), "{packet:?}"),
        Verdict::Unknown(_) => assert!(!contains(&open.everywhere), "{packet:?}"),
    }
}

#[test]
fn default_rules_are_as_documented() {
    let surroundings = surroundings();
    let empty = group(&json!({"name": "nsg", "securityRules": []}), &surroundings);
    let names: Vec<(&str, u32)> =
        empty.rules.iter().map(|rule| (rule.name.as_str(), rule.priority)).collect();
    assert_eq!(
        names,
        [
            ("AllowVnetInBound", 65_000),
            ("AllowAzureLoadBalancerInBound", 65_001),
            ("DenyAllInBound", 65_500),
            ("AllowVnetOutBound", 65_000),
            ("AllowInternetOutBound", 65_001),
            ("DenyAllOutBound", 65_500),
        ]
    );
}

#[test]
fn what_is_not_given_is_not_known() {
    let nothing = Surroundings::default();
    let rules = json!([{"name": "sql", "priority": 100, "direction": "Outbound", "access": "Deny",
        "protocol": "Tcp", "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "Sql.WestEurope", "destinationPortRange": "1433"}]);
    let group = group(&json!({"name": "nsg", "securityRules": rules}), &nothing);
    let packet = |destination: &str, port| Packet {
        source: "10.0.0.4".parse().expect("an address"),
        source_port: None,
        destination: destination.parse().expect("an address"),
        port,
        protocol: Protocol::Tcp,
    };
    let ask = |packet| decide(&[&group], Direction::Outbound, packet);
    assert!(matches!(ask(packet("20.1.1.1", 1433)), Verdict::Unknown(_)));
    // Whether it is of the virtual network or of the internet: both are let out.
    assert!(matches!(ask(packet("20.1.1.1", 443)), Verdict::Unknown(_) | Verdict::Allowed(_)));
}

#[test]
fn what_azure_refuses_is_refused() {
    let good = json!({"name": "a", "priority": 100, "direction": "Inbound", "access": "Allow",
        "protocol": "Tcp", "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": "80"});
    let refused = |key: &str, value: Value| {
        let mut bad = good.clone();
        bad[key] = value;
        let value = json!({"name": "nsg", "securityRules": [bad]});
        parsed(&value, |root| groups(root, &Surroundings::default())).remove(0).is_err()
    };
    assert!(!refused("name", json!("b")));
    assert!(refused("priority", json!(99)));
    assert!(refused("priority", json!(4_097)));
    assert!(refused("priority", json!("100")));
    assert!(refused("direction", json!("Sideways")));
    assert!(refused("access", json!("Maybe")));
    assert!(refused("protocol", json!("Quic")));
    assert!(refused("destinationPortRange", json!("90-80")));
    assert!(refused("destinationPortRange", json!("65536")));
    assert!(refused("sourceAddressPrefix", json!("10.0.0.0/33")));
    assert!(refused("sourceAddressPrefix", json!("")));
    let twice = json!({"name": "nsg", "securityRules": [good, good]});
    assert!(parsed(&twice, |root| groups(root, &Surroundings::default())).remove(0).is_err());
    let none = json!({"name": "nsg"});
    assert!(parsed(&none, |root| groups(root, &Surroundings::default())).remove(0).is_err());
}

#[test]
fn what_a_managed_cluster_needs_is_told() {
    let surroundings = surroundings();
    let nodes = "10.0.0.0/24".parse_prefix();
    let empty = group(&json!({"name": "nsg", "securityRules": []}), &surroundings);
    assert_eq!(managed_needs(&[&empty], &nodes, None), []);
    let deny = |direction: &str| {
        let rules = json!([{"name": "nothing", "priority": 4096, "direction": direction,
            "access": "Deny", "protocol": "*", "sourceAddressPrefix": "*", "sourcePortRange": "*",
            "destinationAddressPrefix": "*", "destinationPortRange": "*"}]);
        group(&json!({"name": "nsg", "securityRules": rules}), &surroundings)
    };
    let inbound = deny("Inbound");
    let needs = managed_needs(&[&inbound], &nodes, None);
    assert_eq!(needs.len(), 2);
    assert_eq!(needs[0].rule, Some(("nsg".to_owned(), "nothing".to_owned())));
    let outbound = deny("Outbound");
    // Names of hosts are the platform's, which rules do not stop.
    let needs: Vec<&str> =
        managed_needs(&[&outbound], &nodes, None).iter().map(|need| need.what).collect();
    assert_eq!(needs.len(), 5, "{needs:?}");
    assert!(!needs.contains(&"names of hosts"));
}
