//! Who is behind a name or an address of a flow log.

use std::collections::HashMap;
use std::net::IpAddr;

use model::flow::FlowEnd;
use model::{Node, Object, Snapshot, WorldId};

use super::super::address::{AddressSet, Prefix, parse_address};
use super::super::ports::Protocol;
use super::super::profile::Options;
use super::super::service::Services;
use super::super::{Network, WorkloadId};
use super::Cause;
use super::dns::Dns;
use super::services::{Backend, Service};
use super::units::{UnitId, Units, run_of};

/// Who is behind an end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A pod.
    Pod(WorkloadId),
    /// Some pod of a workload: the log names no more than that.
    Unit(UnitId),
    /// A node, by its address and, if that is known, its number.
    Node(IpAddr, Option<u32>),
    /// A pod on its node's network.
    Host(WorkloadId),
    /// A Service, by its number in the [`Directory`].
    Service(u32),
    /// An address that is nothing of the cluster.
    Outside(IpAddr),
    /// Nothing that is in the input.
    Missing(Cause),
}

/// Names and addresses of a cluster.
pub struct Directory<'a> {
    network: &'a Network,
    pub(super) units: &'a Units,
    by_address: HashMap<IpAddr, Party>,
    /// Numbers of nodes.
    nodes: HashMap<&'a str, u32>,
    pods: HashMap<(&'a str, &'a str), WorkloadId>,
    /// Units of a name, which stand one behind the other: the first, and how many.
    names: HashMap<(&'a str, &'a str), (u32, u32)>,
    pub(super) services: Vec<Service>,
    /// Where pods get their addresses from, as far as that is known.
    pods_range: AddressSet,
    /// Addresses of pods, services and nodes.
    pub(super) inside: AddressSet,
    /// The cluster's DNS.
    pub dns: Dns,
}

impl<'a> Directory<'a> {
    /// The directory of a network; world, snapshot and options are those it was built from.
    pub fn new(
        network: &'a Network,
        snapshot: &'a Snapshot,
        world: WorldId,
        options: &Options,
        units: &'a Units,
    ) -> Self {
        let mut directory = Self {
            network,
            units,
            by_address: HashMap::new(),
            nodes: HashMap::new(),
            pods: HashMap::new(),
            names: HashMap::new(),
            services: Vec::new(),
            pods_range: options.pod_addresses.clone(),
            inside: AddressSet::empty(),
            dns: Dns::default(),
        };
        for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
            let object = snapshot.object(id);
            if (object.group(), object.kind) == ("", "Node") {
                directory.take_node(&object);
            }
        }
        directory.workloads();
        directory.services(snapshot, world);
        if directory.dns.units.is_empty() {
            directory.dns = Dns::labelled(units);
        }
        let addresses = directory.by_address.keys().copied();
        let addresses = AddressSet::of_addresses(addresses);
        directory.inside = addresses.union(&directory.pods_range);
        directory
    }

    fn number_of(&mut self, name: &'a str) -> u32 {
        let next = self.nodes.len() as u32;
        *self.nodes.entry(name).or_insert(next)
    }

    fn take_node(&mut self, object: &Object<'a>) {
        let number = self.number_of(object.name);
        let status = object.root.get("status");
        for address in status.into_iter().flat_map(|status| status.list("addresses")) {
            if let Some(address) = address.str("address").and_then(parse_address) {
                self.by_address.insert(address, Party::Node(address, Some(number)));
            }
        }
        let Some(spec) = object.root.get("spec") else { return };
        let prefixes = spec.list("podCIDRs").filter_map(Node::as_str).chain(spec.str("podCIDR"));
        let prefixes = AddressSet::of_prefixes(prefixes.filter_map(Prefix::parse));
        self.pods_range = self.pods_range.union(&prefixes);
    }

    fn workloads(&mut self) {
        let (network, units) = (self.network, self.units);
        for id in network.workloads() {
            let it = network.workload(id);
            if it.is_pod {
                self.pods.insert((network.namespace_of(id), &it.name), id);
            }
            let node = it.node.as_deref().map(|node| self.number_of(node));
            for address in &it.addresses {
                if it.host_network {
                    let party = Party::Node(*address, node);
                    self.by_address.entry(*address).or_insert(party);
                } else {
                    self.by_address.insert(*address, Party::Pod(id));
                }
            }
        }
        for id in units.ids() {
            let key = (units.namespace_of(id), units.unit(id).name.as_str());
            self.names.entry(key).or_insert((id.0, 0)).1 += 1;
        }
    }

    fn services(&mut self, snapshot: &'a Snapshot, world: WorldId) {
        let services = Services::read(self.network, snapshot, world);
        for id in services.all() {
            let object = &snapshot.object(*id);
            let Some(spec) = object.root.get("spec") else { continue };
            let listed = spec.list("clusterIPs").filter_map(Node::as_str);
            let addresses = listed.chain(spec.str("clusterIP")).filter_map(parse_address);
            let addresses: Vec<IpAddr> = addresses.collect();
            let is_dns = Dns::is_service(object);
            if addresses.is_empty() && !is_dns {
                continue;
            }
            let service = Service::new(object, spec, &services, self.units);
            if is_dns {
                self.dns.add(&service, self.units);
            }
            let number = self.services.len() as u32;
            self.services.push(service);
            for address in addresses {
                self.by_address.insert(address, Party::Service(number));
            }
        }
    }

    /// Addresses of nodes that policies can allow: none where the plugin's blocks do not match
    /// nodes, or no address is known.
    pub(super) fn addresses_of(&self, host: Party) -> Vec<IpAddr> {
        if !self.network.profile().ip_block_matches_nodes {
            return Vec::new();
        }
        match host {
            Party::Node(address, _) => vec![address],
            Party::Host(id) => self.network.workload(id).addresses.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The units it finds.
    pub fn units(&self) -> &'a Units {
        self.units
    }

    /// Whether a node, or what is on its network, certainly is the node of a pod.
    pub(super) fn is_own_node(&self, host: Party, pod: Party) -> bool {
        let node = |party: Party| match party {
            Party::Node(_, node) => node,
            Party::Pod(id) | Party::Host(id) => self.node_of(id),
            _ => None,
        };
        node(host).is_some() && node(host) == node(pod)
    }

    fn node_of(&self, id: WorkloadId) -> Option<u32> {
        self.nodes.get(self.network.workload(id).node.as_deref()?).copied()
    }

    /// Who an end is.
    pub fn party(&self, end: &FlowEnd) -> Party {
        match end {
            FlowEnd::Address(address) => self.at(*address),
            FlowEnd::Named { namespace, name } => self.named(namespace, name),
        }
    }

    fn at(&self, address: IpAddr) -> Party {
        let address = address.to_canonical();
        match self.by_address.get(&address) {
            Some(party) => *party,
            None if self.pods_range.contains(address) => Party::Missing(Cause::FormerPod),
            None => Party::Outside(address),
        }
    }

    fn named(&self, namespace: &str, name: &str) -> Party {
        if let Some(id) = self.pods.get(&(namespace, name)) {
            let is_host = self.network.workload(*id).host_network;
            return if is_host { Party::Host(*id) } else { Party::Pod(*id) };
        }
        match self.names.get(&(namespace, name)) {
            Some((unit, 1)) => self.unit(UnitId(*unit)),
            Some(_) => Party::Missing(Cause::Ambiguous),
            None => match self.by_pattern(namespace, name) {
                Some(unit) => self.unit(unit),
                None => Party::Missing(Cause::NotInInput),
            },
        }
    }

    fn unit(&self, id: UnitId) -> Party {
        let it = self.units.unit(id);
        if it.is_host { Party::Host(it.any()) } else { Party::Unit(id) }
    }

    /// The workload that a pod with this name was made by, and that is called after it.
    ///
    /// Sources: `getPodsPrefix` in `pkg/controller/controller_utils.go` of
    /// `k8s.io/kubernetes` ends in a dash, to which the API server adds five letters and digits; a
    /// Deployment's `ReplicaSet` has its hash before these, a run of a `CronJob` its minute; pods
    /// of a `StatefulSet` have their ordinal.
    fn by_pattern(&self, namespace: &str, name: &str) -> Option<UnitId> {
        let (stem, tail) = name.rsplit_once('-')?;
        let find = |name: &str, is_kind: &dyn Fn(&str) -> bool| {
            let (first, count) = self.names.get(&(namespace, name)).copied()?;
            let mut fitting = (first..first + count)
                .map(UnitId)
                .filter(|unit| is_kind(&self.units.unit(*unit).kind));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        if !tail.is_empty()
            && tail.bytes().all(|byte| byte.is_ascii_digit())
            && let Some(unit) = find(stem, &|kind| kind == "StatefulSet")
        {
            return Some(unit);
        }
        if tail.len() != RANDOM_LENGTH || !tail.bytes().all(is_random) {
            return None;
        }
        if let Some((before, hash)) = stem.rsplit_once('-')
            && hash.len() <= HASH_LENGTH_MAX
            && hash.bytes().all(is_random)
            && let Some(unit) = find(before, &|kind| kind == "Deployment")
        {
            return Some(unit);
        }
        let of_run = run_of(stem).and_then(|before| find(before, &|kind| kind == "CronJob"));
        let is_direct = |kind: &str| !matches!(kind, "Deployment" | "CronJob" | "Pod");
        of_run.or_else(|| find(stem, &is_direct))
    }
}

/// What the API server adds to `generateName`, and what hashes of pods are written with.
///
/// Source: `alphanums` and `SafeEncodeString` in `k8s.io/apimachinery/pkg/util/rand/rand.go`.
fn is_random(byte: u8) -> bool {
    b"bcdfghjklmnpqrstvwxz2456789".contains(&byte)
}

const RANDOM_LENGTH: usize = 5;
/// A hash is of 32 bits, in decimal digits before it is encoded.
const HASH_LENGTH_MAX: usize = 10;

impl Directory<'_> {
    /// Who answers behind a port of a service: nobody where that is not known.
    pub(super) fn backends(&self, service: u32, protocol: Protocol, port: u16) -> Vec<Backend> {
        let mut found = Vec::new();
        for it in self.services[service as usize].at(protocol, port) {
            found.extend(it.pods.iter().map(|(unit, port)| match self.unit(*unit) {
                Party::Unit(unit) => Backend::Unit(unit, *port),
                host => Backend::At(host, *port),
            }));
            let of_address =
                |(address, port): &(IpAddr, u16)| Backend::At(self.at(*address), *port);
            found.extend(it.endpoints.iter().map(of_address));
        }
        found
    }
}
