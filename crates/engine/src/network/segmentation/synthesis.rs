//! The policies for what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::super::address::{AddressSet, Family, Prefix};
use super::super::policy::Direction;
use super::super::ports::{PortSet, Protocol};
use super::Knobs;
use super::directory::Directory;
use super::dns::{DNS_LABEL, DNS_NAMESPACE, Dns};
use super::learned::{LearnedPeer, LearnedPolicy, LearnedRule, Scope};
use super::observed::Observed;
use super::selector::{Choice, choice, cover};
use super::units::{UnitId, Units};

/// Most address blocks of one direction of a policy: as text they stay well below the 1.5 MiB
/// that etcd takes of one object.
pub(super) const BLOCKS_MAX: usize = 1_000;

/// Policies for what was seen, in the order they are to be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segmentation {
    /// One for each workload, by namespace. It closes the workload, in the directions something
    /// was seen in, to all but that.
    pub policies: Vec<LearnedPolicy>,
    /// One for each of their namespaces, which closes the rest.
    pub defaults: Vec<LearnedPolicy>,
    /// Workloads that talk to more address blocks than one policy takes, and to how many. They
    /// are not written, so that what was seen would be refused.
    pub too_many_blocks: Vec<(UnitId, Direction, usize)>,
}

type Ports = BTreeSet<(Protocol, u16)>;

/// What one policy has to allow in one direction.
#[derive(Default)]
struct Needs {
    units: BTreeMap<UnitId, Ports>,
    addresses: BTreeMap<IpAddr, Ports>,
}

/// The units that are selected together, by namespace and labels.
type Groups<'u> = BTreeMap<(u32, &'u [u32]), Vec<UnitId>>;

/// The policies that let through what was seen.
pub fn synthesize(directory: &Directory<'_>, observed: &Observed, knobs: &Knobs) -> Segmentation {
    let units = directory.units;
    let mut groups = Groups::new();
    for id in units.ids().filter(|id| units.is_subject(*id)) {
        let labels = units.exact[id.0 as usize].labels.as_slice();
        groups.entry((units.unit(id).namespace, labels)).or_default().push(id);
    }
    let mut group_of = vec![None; units.all.len()];
    for (number, members) in groups.values().enumerate() {
        for id in members {
            group_of[id.0 as usize] = Some(number);
        }
    }
    let mut needs: Vec<[Needs; 2]> = Vec::new();
    needs.resize_with(groups.len(), Default::default);
    let group = |id: UnitId| group_of[id.0 as usize];
    for (source, target, protocol, port) in &observed.cells {
        let sides = [(*source, Direction::Egress, target), (*target, Direction::Ingress, source)];
        for (subject, direction, peer) in sides {
            if let Some(at) = group(subject) {
                let peers = &mut needs[at][direction as usize].units;
                peers.entry(*peer).or_default().insert((*protocol, *port));
            }
        }
    }
    for (unit, direction, address, protocol, port) in &observed.outer {
        if let Some(at) = group(*unit) {
            let peers = &mut needs[at][*direction as usize].addresses;
            peers.entry(*address).or_default().insert((*protocol, *port));
        }
    }
    let guarded = directory.inside.union(&knobs.guarded);
    let mut writer =
        Writer { units, dns: &directory.dns, knobs, guarded, found: Segmentation::default() };
    let closed = Writer::closed(&groups, &needs);
    for ((key, members), needs) in groups.into_iter().zip(needs) {
        writer.group(key, members, needs, &closed);
    }
    writer.defaults(&closed);
    writer.found
}

struct Writer<'a> {
    units: &'a Units,
    dns: &'a Dns,
    knobs: &'a Knobs,
    /// What no lifted prefix may hold.
    guarded: AddressSet,
    found: Segmentation,
}

impl Writer<'_> {
    /// The namespaces that something was seen in.
    fn closed(groups: &Groups<'_>, needs: &[[Needs; 2]]) -> BTreeSet<u32> {
        let is_seen = |needs: &[Needs; 2]| {
            needs.iter().any(|it| !it.units.is_empty() || !it.addresses.is_empty())
        };
        let seen = groups.keys().zip(needs).filter(|(_, needs)| is_seen(needs));
        seen.map(|((namespace, _), _)| *namespace).collect()
    }

    fn group(
        &mut self,
        (namespace, labels): (u32, &[u32]),
        members: Vec<UnitId>,
        [ingress, egress]: [Needs; 2],
        closed: &BTreeSet<u32>,
    ) {
        let answers_dns = members.iter().any(|id| self.dns.units.contains(id));
        let ingress_of_dns = (answers_dns && closed.contains(&namespace)).then(|| LearnedRule {
            ports: ports(&self.dns.ports),
            peers: vec![LearnedPeer::Pods(Scope::All, Choice::new())],
        });
        let ingress = self.rules(namespace, &members, ingress, Direction::Ingress, ingress_of_dns);
        let may_ask = (!egress.units.is_empty() || !egress.addresses.is_empty())
            .then(|| self.egress_to_dns(namespace));
        let egress = self.rules(namespace, &members, egress, Direction::Egress, may_ask);
        if ingress.is_none() && egress.is_none() {
            return;
        }
        let also = members.iter().flat_map(|id| &self.units.exact[id.0 as usize].also);
        let also: BTreeSet<UnitId> =
            also.map(|id| UnitId(*id)).filter(|id| !members.contains(id)).collect();
        self.found.policies.push(LearnedPolicy {
            namespace: self.units.namespaces[namespace as usize].clone(),
            units: members,
            also: also.into_iter().collect(),
            pods: choice(self.units, labels),
            ingress,
            egress,
        });
    }

    /// The rules of one direction, by ports; none where there are none.
    fn rules(
        &mut self,
        namespace: u32,
        members: &[UnitId],
        needs: Needs,
        direction: Direction,
        dns: Option<LearnedRule>,
    ) -> Option<Vec<LearnedRule>> {
        // What the rule for DNS allows needs no other one.
        let is_granted = |unit: &UnitId, port: &(Protocol, u16)| {
            let dns = self.dns.ports.contains(port);
            match direction {
                _ if !dns => false,
                Direction::Egress => self.dns.units.contains(unit),
                Direction::Ingress => members.iter().all(|it| self.dns.units.contains(it)),
            }
        };
        let mut by_ports: BTreeMap<Ports, (BTreeSet<UnitId>, AddressList)> = BTreeMap::new();
        for (unit, mut ports) in needs.units {
            ports.retain(|port| !is_granted(&unit, port));
            if !ports.is_empty() {
                by_ports.entry(ports).or_default().0.insert(unit);
            }
        }
        let mut by_prefix: BTreeMap<Prefix, Ports> = BTreeMap::new();
        for (address, ports) in needs.addresses {
            by_prefix.entry(self.lifted(address)).or_default().extend(ports);
        }
        for (prefix, ports) in by_prefix {
            by_ports.entry(ports).or_default().1.push(prefix);
        }
        let mut rules: Vec<LearnedRule> = Vec::new();
        let mut blocks = 0;
        for (wanted, (units, prefixes)) in by_ports {
            let prefixes = AddressSet::of_prefixes(prefixes).prefixes();
            blocks += prefixes.len();
            let mut peers = self.peers(namespace, &units);
            peers.extend(prefixes.into_iter().map(LearnedPeer::Block));
            rules.push(LearnedRule { ports: ports(&wanted), peers });
        }
        if blocks > BLOCKS_MAX {
            let unit = members.iter().map(|unit| (*unit, direction, blocks));
            self.found.too_many_blocks.extend(unit);
            return None;
        }
        rules.extend(dns);
        rules.sort();
        (!rules.is_empty()).then_some(rules)
    }

    /// The largest prefix around an address that the knobs allow and that holds nothing guarded.
    fn lifted(&self, address: IpAddr) -> Prefix {
        let (wanted, bits) = match Family::of(address) {
            Family::V4 => (self.knobs.prefixes[0], 32),
            Family::V6 => (self.knobs.prefixes[1], 128),
        };
        let mut lengths = wanted.min(bits)..bits;
        let prefix = lengths.find_map(|length| {
            let prefix = Prefix::around(address, length);
            (!self.guarded.overlaps(prefix)).then_some(prefix)
        });
        prefix.unwrap_or_else(|| Prefix::around(address, bits))
    }

    fn egress_to_dns(&self, namespace: u32) -> LearnedRule {
        let (key, value) = DNS_LABEL;
        let peers = if self.dns.units.is_empty() {
            let pods = Choice::from([(key.to_owned(), [value.to_owned()].into())]);
            vec![LearnedPeer::Pods(Scope::Named([DNS_NAMESPACE.to_owned()].into()), pods)]
        } else {
            self.peers(namespace, &self.dns.units)
        };
        LearnedRule { ports: ports(&self.dns.ports), peers }
    }

    /// The fewest peers that are these units and no others, as seen from a namespace.
    fn peers(&self, own: u32, wanted: &BTreeSet<UnitId>) -> Vec<LearnedPeer> {
        let mut by_namespace: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for id in wanted {
            by_namespace.entry(self.units.unit(*id).namespace).or_default().push(id.0);
        }
        let mut by_choice: BTreeMap<Choice, BTreeSet<u32>> = BTreeMap::new();
        for (namespace, wanted) in by_namespace {
            let choices = if self.is_lifted(namespace, wanted.len()) {
                vec![Choice::new()]
            } else {
                cover(self.units, namespace, &wanted)
            };
            for choice in choices {
                by_choice.entry(choice).or_default().insert(namespace);
            }
        }
        let peer = |(choice, namespaces): (Choice, BTreeSet<u32>)| {
            let scope = if namespaces.iter().eq([&own]) {
                Scope::Own
            } else {
                let name = |it: &u32| self.units.namespaces[*it as usize].clone();
                Scope::Named(namespaces.iter().map(name).collect())
            };
            LearnedPeer::Pods(scope, choice)
        };
        let mut peers: Vec<LearnedPeer> = by_choice.into_iter().map(peer).collect();
        peers.sort();
        peers
    }

    /// Whether enough of a namespace's workloads were seen to allow all of it.
    fn is_lifted(&self, namespace: u32, seen: usize) -> bool {
        let Some(percent) = self.knobs.lift_percent else { return false };
        let all = self.units.within(namespace);
        let all = all.filter(|it| !self.units.all[*it as usize].is_host).count();
        seen * 100 >= all * usize::from(percent)
    }

    fn defaults(&mut self, closed: &BTreeSet<u32>) {
        let default = |namespace: &u32| LearnedPolicy {
            namespace: self.units.namespaces[*namespace as usize].clone(),
            ingress: Some(Vec::new()),
            egress: Some(Vec::new()),
            ..LearnedPolicy::default()
        };
        self.found.defaults = closed.iter().map(default).collect();
    }
}

type AddressList = Vec<Prefix>;

fn ports(ports: &Ports) -> PortSet {
    PortSet::new(ports.iter().map(|(protocol, port)| (*protocol, *port, *port)))
}
