//! A rule for the whole internet allows the address that hands out the node's credentials.

use engine::network::address::{AddressSet, Family, Prefix, parse_address};
use model::{Fix, Node, Object, Path};

use super::{NETWORK_POLICY, applies};
use crate::network::metadata::EXCEPTION;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-004",
    name: "metadata-service-reachable",
    title: "Network policy allows the metadata service",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("metadata_service_reachable.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

/// Where the clouds serve metadata, by IPv4 (most of them) and by IPv6 (AWS). Those of one cloud
/// alone at other addresses are told by `bollwerk network metadata`: everywhere else they are
/// nothing.
const METADATA: [&str; 2] = ["169.254.169.254", "fd00:ec2::254"];
/// The port they answer on.
const PORT: u16 = 80;

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    if !applies(spec, "Egress") {
        return;
    }
    // An exception that somebody asked for by its label.
    let labels = spec.field("podSelector.matchLabels");
    if labels.and_then(|it| it.str(EXCEPTION.0)) == Some(EXCEPTION.1) {
        return;
    }
    for (index, rule) in spec.list("egress").enumerate() {
        let mut ports = rule.list("ports").peekable();
        if ports.peek().is_some() && !ports.any(allows_http) {
            continue;
        }
        for (place, peer) in rule.list("to").enumerate() {
            let Some(block) = peer.get("ipBlock") else { continue };
            for address in METADATA.into_iter().filter(|address| holds(block, address)) {
                let Some(who) = who(policy, address, report) else { continue };
                let at = policy.at("spec.egress").index(index).field("to").index(place);
                let because = format!(
                    "{who} may ask the cloud's metadata service for the node's credentials: `{}` \
                     holds {address}",
                    block.str("cidr").unwrap_or_default()
                );
                let fix = except(block, address, at.clone().field("ipBlock.except"));
                return report.finding(at.field("ipBlock.cidr"), because, fix);
            }
        }
    }
}

/// The workloads that reach an address by a policy, for people: those that were seen, if none
/// closes it to them, else all that it may hold for.
fn who(policy: &Object<'_>, address: &str, report: &Report<'_>) -> Option<String> {
    let ip = parse_address(address)?;
    let reaching = report.ask_network(|world| world.reaching(policy, ip, PORT));
    match reaching.as_deref() {
        None => Some(format!("the pods of NetworkPolicy `{}`", policy.name)),
        Some([]) => None,
        Some([one]) => Some(format!("`{one}`")),
        Some([one, rest @ ..]) => Some(format!("`{one}` and {} more", rest.len())),
    }
}

/// Whether a block holds an address and excepts it not.
fn holds(block: Node<'_>, address: &str) -> bool {
    let set = |range: &str| Prefix::parse(range).map(AddressSet::prefix);
    let Some(address) = parse_address(address) else { return false };
    let is_in = |range: &str| set(range).is_some_and(|set| set.contains(address));
    block.str("cidr").is_some_and(is_in)
        && !block.list("except").filter_map(Node::as_str).any(is_in)
}

/// The address is taken out of the range.
fn except(block: Node<'_>, address: &str, at: Path) -> Fix {
    let is_v4 = parse_address(address).is_some_and(|it| Family::of(it) == Family::V4);
    let address = format!("{address}/{}", if is_v4 { 32 } else { 128 });
    let words = format!("add {address} to `except`");
    let mut ranges: Vec<&str> = Vec::new();
    for range in block.list("except") {
        match range.as_str() {
            Some(range)
                if range.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:/".contains(&byte)) =>
            {
                ranges.push(range);
            }
            _ => return Fix::advice(words),
        }
    }
    ranges.push(&address);
    Fix::set(at, format!("[\"{}\"]", ranges.join("\",\"")))
        .risky("a program that uses the node's own rights in the cloud loses them")
        .worded(words)
}

fn allows_http(port: Node<'_>) -> bool {
    let is_tcp = matches!(port.str("protocol"), None | Some("TCP"));
    let http = i64::from(PORT);
    let first = port.int("port");
    let last = port.int("endPort").or(first);
    let is_all = port.get("port").is_none();
    let is_within = first.is_some_and(|it| it <= http) && last.is_some_and(|it| it >= http);
    is_tcp && (is_all || is_within)
}
