//! Azure network security groups: which packets the rules of a subnet and of an interface let
//! through.
//!
//! Read from the JSON that `az network nsg show` and `list` print. In each direction the rule
//! with the lowest priority number that matches decides, the default rules last; a packet passes
//! when the groups of both levels let it. What a service tag or an application security group
//! stands for is data: where it is not given, what hangs on it is not known.
//!
//! Source: "Network security groups" and "How network security groups filter network traffic" in
//! Azure's documentation.

mod needs;
mod read;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::address::{AddressSet, parse_address};
use super::ports::{PortSet, Protocol};

pub use needs::{Need, edits_of_managed, managed_needs};
pub use read::{Refusal, groups, service_tags};

/// Most pieces that ranges of addresses are cut into for one question.
const PIECES_MAX: usize = 50_000;

/// Where the platform itself answers: names and the wire server, instance metadata.
const PLATFORM: [&str; 2] = ["168.63.129.16", "169.254.169.254"];

/// Which way a packet goes, as seen from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the machine.
    Inbound,
    /// From the machine.
    Outbound,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Lets the packet through.
    Allow,
    /// Drops it.
    Deny,
}

/// Some addresses, of which not all may be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Those that certainly belong.
    pub certain: AddressSet,
    /// Those that may belong, the certain ones among them.
    pub possible: AddressSet,
}

impl Addresses {
    fn known(set: AddressSet) -> Self {
        Self { certain: set.clone(), possible: set }
    }

    fn unknown() -> Self {
        Self { certain: AddressSet::empty(), possible: AddressSet::all() }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its place: the lowest decides first.
    pub priority: u32,
    /// Which packets it is for.
    pub direction: Direction,
    /// What it does with them.
    pub access: Access,
    /// Protocols; none of those known here where it is for ICMP, ESP or AH alone.
    pub protocols: Vec<Protocol>,
    /// Where they come from.
    pub source: Addresses,
    /// The ports they come from, each first and last.
    pub source_ports: Vec<(u16, u16)>,
    /// Where they go.
    pub destination: Addresses,
    /// The ports they go to.
    pub destination_ports: Vec<(u16, u16)>,
    /// Whether Azure made it.
    pub is_default: bool,
    /// Whether it names one of the tags for what the platform offers at its own addresses.
    pub names_platform: bool,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its name.
    pub name: String,
    /// The resource group it is in; empty where that is not said.
    pub resource_group: String,
    /// Its rules by direction and priority, the default ones among them.
    pub rules: Vec<Rule>,
}

/// What tags and the virtual network stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Addresses of service tags, by their names.
    pub tags: BTreeMap<String, AddressSet>,
    /// The address space of the virtual network and of what is connected to it, if known.
    pub virtual_network: Option<AddressSet>,
}

/// The first packet of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// Where it comes from.
    pub source: IpAddr,
    /// The port it comes from; none where any may be meant.
    pub source_port: Option<u16>,
    /// Where it goes.
    pub destination: IpAddr,
    /// The port it goes to.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Every group lets it through: the deciding rule of each, in the order they are asked.
    Allowed(Vec<&'a Rule>),
    /// This rule drops it.
    Denied(&'a Rule),
    /// It hangs on rules of which it is not known whether they match.
    Unknown(Vec<&'a Rule>),
}

/// What groups leave open between two sets of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Ports that are certainly open between all of them.
    pub everywhere: PortSet,
    /// Ports that are certainly open between some of them.
    pub somewhere: PortSet,
    /// Ports that may be open between some of them.
    pub possible: PortSet,
}

/// How a rule fits a packet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    Maybe,
    Yes,
}

/// Decides on a packet that passes these groups one after the other: inbound that of the subnet
/// and then that of the interface, outbound the other way round. No group lets everything through.
pub fn decide<'a>(
    groups: &[&'a SecurityGroup],
    direction: Direction,
    packet: Packet,
) -> Verdict<'a> {
    let mut deciding = Vec::new();
    let mut doubtful = Vec::new();
    for group in groups {
        let mut doubts: Vec<&Rule> = Vec::new();
        let rules = group.rules.iter().filter(|rule| rule.direction == direction);
        let mut decided = None;
        for rule in rules {
            match rule.fits(packet) {
                Fit::No => {}
                Fit::Maybe => doubts.push(rule),
                Fit::Yes => {
                    decided = Some(rule);
                    break;
                }
            }
        }
        // Every group ends with a rule for everything but the platform, which is let through.
        match decided {
            None if doubts.iter().all(|doubt| doubt.access == Access::Allow) => {}
            Some(rule) if doubts.iter().all(|doubt| doubt.access == rule.access) => {
                if rule.access == Access::Deny {
                    return Verdict::Denied(rule);
                }
                deciding.push(rule);
            }
            _ => doubtful.append(&mut doubts),
        }
    }
    if doubtful.is_empty() { Verdict::Allowed(deciding) } else { Verdict::Unknown(doubtful) }
}

/// Whether packets go to the platform itself: names, instance metadata. Rules do not hold there
/// unless they name its tags ("Azure platform considerations" in "Network security groups").
fn is_to_platform(direction: Direction, destination: IpAddr) -> bool {
    direction == Direction::Outbound
        && PLATFORM.iter().any(|it| parse_address(it) == Some(destination))
}

impl Rule {
    fn fits(&self, packet: Packet) -> Fit {
        if is_to_platform(self.direction, packet.destination) && !self.names_platform {
            return Fit::No;
        }
        let is_in = |ports: &[(u16, u16)], port: u16| {
            ports.iter().any(|(first, last)| (*first..=*last).contains(&port))
        };
        if !self.protocols.contains(&packet.protocol)
            || !is_in(&self.destination_ports, packet.port)
        {
            return Fit::No;
        }
        let source_port = match packet.source_port {
            Some(port) if is_in(&self.source_ports, port) => Fit::Yes,
            Some(_) => Fit::No,
            None => self.any_source_port(),
        };
        let of = |addresses: &Addresses, address| match () {
            () if addresses.certain.contains(address) => Fit::Yes,
            () if addresses.possible.contains(address) => Fit::Maybe,
            () => Fit::No,
        };
        let ends = [of(&self.source, packet.source), of(&self.destination, packet.destination)];
        ends.into_iter().fold(source_port, Fit::min)
    }

    /// Whether it is for packets from whatever port.
    fn any_source_port(&self) -> Fit {
        // Clients choose their ports from 1024 on or above; 0 is none.
        let has_all =
            self.source_ports.iter().any(|(first, last)| *first <= 1 && *last == u16::MAX);
        if has_all { Fit::Yes } else { Fit::Maybe }
    }

    fn ports(&self) -> PortSet {
        let of = |protocol: &Protocol| {
            let protocol = *protocol;
            self.destination_ports.iter().map(move |(first, last)| (protocol, *first, *last))
        };
        let ranges = self.protocols.iter().flat_map(of);
        PortSet::new(
            ranges
                .filter(|(_, _, last)| *last > 0)
                .map(|(of, first, last)| (of, first.max(1), last)),
        )
    }
}

/// What these groups leave open from `source` to `destination`, whatever the source port. None
/// where the addresses are cut into more pieces than are looked at.
pub fn opening(
    groups: &[&SecurityGroup],
    direction: Direction,
    source: &AddressSet,
    destination: &AddressSet,
) -> Option<Opening> {
    let of_direction = |group: &&SecurityGroup| -> Vec<Rule> {
        group.rules.iter().filter(|rule| rule.direction == direction).cloned().collect()
    };
    let groups: Vec<Vec<Rule>> = groups.iter().map(of_direction).collect();
    let all = || groups.iter().flatten();
    let sources = pieces(source, all().map(|rule| &rule.source))?;
    let destinations = pieces(destination, all().map(|rule| &rule.destination))?;
    if sources.len().saturating_mul(destinations.len()) > PIECES_MAX {
        return None;
    }
    let mut found: Option<Opening> = None;
    for source in &sources {
        for destination in &destinations {
            let (mut certain, mut possible) = (PortSet::all(), PortSet::all());
            for rules in &groups {
                let (surely, maybe) = open_ports(rules, direction, *source, *destination);
                certain = certain.intersection(&surely);
                possible = possible.intersection(&maybe);
            }
            found = Some(match found {
                None => Opening { everywhere: certain.clone(), somewhere: certain, possible },
                Some(before) => Opening {
                    everywhere: before.everywhere.intersection(&certain),
                    somewhere: before.somewhere.union(&certain),
                    possible: before.possible.union(&possible),
                },
            });
        }
    }
    let none = PortSet::empty;
    Some(found.unwrap_or_else(|| Opening {
        everywhere: none(),
        somewhere: none(),
        possible: none(),
    }))
}

/// An address of each piece of a set that no rule tells apart.
fn pieces<'a>(set: &AddressSet, rules: impl Iterator<Item = &'a Addresses>) -> Option<Vec<IpAddr>> {
    use super::address::{Family, address};
    let mut cuts = [Vec::new(), Vec::new()];
    for addresses in rules {
        for part in [&addresses.certain, &addresses.possible] {
            for family in [Family::V4, Family::V6] {
                for (first, last) in part.ranges(family) {
                    cuts[family as usize].push(*first);
                    cuts[family as usize].extend(last.checked_add(1));
                }
            }
        }
    }
    let mut found = Vec::new();
    for family in [Family::V4, Family::V6] {
        let cuts = &mut cuts[family as usize];
        cuts.sort_unstable();
        cuts.dedup();
        for (first, last) in set.ranges(family) {
            let inside = cuts.iter().filter(|cut| first < *cut && *cut <= last);
            let starts = std::iter::once(first).chain(inside);
            found.extend(starts.take(PIECES_MAX + 1).map(|start| address(family, *start)));
            if found.len() > PIECES_MAX {
                return None;
            }
        }
    }
    Some(found)
}

/// Ports that the rules of one group certainly, and maybe, leave open from one address to another.
fn open_ports(
    rules: &[Rule],
    direction: Direction,
    source: IpAddr,
    destination: IpAddr,
) -> (PortSet, PortSet) {
    let (mut certain, mut possible) = (PortSet::empty(), PortSet::empty());
    // Ports that no rule has decided for certain, and those of them that a rule before may have
    // denied.
    let (mut open, mut maybe_denied) = (PortSet::all(), PortSet::empty());
    for rule in rules {
        let of = |addresses: &Addresses, address| match () {
            () if addresses.certain.contains(address) => Fit::Yes,
            () if addresses.possible.contains(address) => Fit::Maybe,
            () => Fit::No,
        };
        let fit = of(&rule.source, source)
            .min(of(&rule.destination, destination))
            .min(rule.any_source_port());
        let is_exempt = is_to_platform(rule.direction, destination) && !rule.names_platform;
        if fit == Fit::No || is_exempt {
            continue;
        }
        let ports = rule.ports().intersection(&open);
        if ports.is_empty() {
            continue;
        }
        match (rule.access, fit) {
            (Access::Allow, Fit::Yes) => {
                possible = possible.union(&ports);
                certain = certain.union(&ports.difference(&maybe_denied));
            }
            (Access::Allow, _) => possible = possible.union(&ports),
            (Access::Deny, Fit::Yes) => {}
            (Access::Deny, _) => maybe_denied = maybe_denied.union(&ports),
        }
        if fit == Fit::Yes {
            open = open.difference(&ports);
        }
    }
    if is_to_platform(direction, destination) {
        possible = possible.union(&open);
        certain = certain.union(&open.difference(&maybe_denied));
    }
    (certain, possible)
}
