//! Connections of a flow log, by the workloads they are between.

use std::collections::BTreeMap;
use std::net::IpAddr;

use model::flow::Flow;

use super::super::policy::Direction;
use super::super::ports::Protocol;
use super::super::{Answer, Endpoint, Network, WorkloadId};
use super::directory::{Directory, Party};
use super::services::Backend;
use super::units::UnitId;
use super::{Cause, Missing};
use crate::network::address::AddressSet;

/// Connections of one cause that are told one by one.
const EXAMPLES_MAX: usize = 5;
/// Most pairs that connections to services stand for.
const CALLS_MAX: usize = 20_000_000;

/// A connection between two workloads.
pub(super) type Cell = (UnitId, UnitId, Protocol, u16);
/// A connection of a workload with an address: its destination if the direction is egress.
pub(super) type Outer = (UnitId, Direction, IpAddr, Protocol, u16);

/// A connection as it was seen, to be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) protocol: Protocol,
    pub(super) port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Workload(WorkloadId),
    Address(IpAddr),
}

impl Question {
    /// What the policies of a network say of it.
    pub fn answer(&self, network: &Network) -> Answer {
        network.allows(&self.from.endpoint(), &self.to.endpoint(), self.protocol, self.port)
    }
}

impl End {
    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::Workload(id) => Endpoint::Workload(id),
            Self::Address(address) => Endpoint::Addresses(AddressSet::one(address)),
        }
    }
}

/// What a flow log shows of the workloads of a cluster.
#[derive(Debug, Default)]
pub struct Observed {
    /// Sorted, each once.
    pub(super) cells: Vec<Cell>,
    /// Sorted, each once.
    pub(super) outer: Vec<Outer>,
    /// Sorted, each once.
    pub(super) questions: Vec<Question>,
    /// Different connections of the log.
    pub connections: usize,
    /// Of these, from a node to a pod of its own, which no policy can refuse.
    pub from_own_node: usize,
    /// Of these, between nodes and addresses outside, where no policy holds.
    pub beside: usize,
    /// Of these, to a node or to a pod on its network: allowed by the address it has today.
    pub to_nodes: usize,
    /// Connections that nothing was written for, by the cause.
    pub missing: BTreeMap<Cause, Missing>,
}

/// A call of a service, once for each caller.
type Call = (Party, u32, Protocol, u16);

impl Observed {
    /// Finds the workloads behind connections; each comes with how often it was seen.
    pub fn new<'f>(
        directory: &Directory<'_>,
        flows: impl IntoIterator<Item = (&'f Flow, u64)>,
    ) -> Self {
        let mut observed = Self::default();
        let mut calls: Vec<(Call, &Flow, u64)> = Vec::new();
        for (flow, times) in flows {
            observed.connections += 1;
            let Some(protocol) = Protocol::of(flow.protocol).filter(|_| flow.port > 0) else {
                observed.beside += 1;
                continue;
            };
            let (from, to) = (directory.party(&flow.from), directory.party(&flow.to));
            if let Party::Service(number) = to {
                calls.push(((from, number, protocol, flow.port), flow, times));
            } else if let Err(cause) = observed.take(directory, from, to, (protocol, flow.port)) {
                observed.miss(cause, flow, times);
            }
        }
        observed.through_services(directory, calls);
        for missing in observed.missing.values_mut() {
            missing.examples.sort_unstable();
        }
        observed.cells.sort_unstable();
        observed.cells.dedup();
        observed.outer.sort_unstable();
        observed.outer.dedup();
        // Asked in this order, neighbours need the same rows.
        observed.questions.sort_unstable();
        observed.questions.dedup();
        observed
    }

    /// A call of a service is one of all that answer behind it: which of them did is not told.
    fn through_services(&mut self, directory: &Directory<'_>, calls: Vec<(Call, &Flow, u64)>) {
        let mut known: BTreeMap<Call, Option<Cause>> = BTreeMap::new();
        let mut made = 0;
        for (call, flow, times) in calls {
            let (from, service, protocol, port) = call;
            let result = *known.entry(call).or_insert_with(|| {
                let backends = directory.backends(service, protocol, port);
                made += backends.len();
                if made > CALLS_MAX {
                    return Some(Cause::TooMany);
                }
                let mut first = backends.is_empty().then_some(Cause::NoBackend);
                for backend in backends {
                    let (to, port) = match backend {
                        Backend::Unit(unit, port) => (Party::Unit(unit), port),
                        Backend::At(party, port) => (party, port),
                    };
                    let result = self.take(directory, from, to, (protocol, port));
                    first = first.or(result.err());
                }
                first
            });
            if let Some(cause) = result {
                self.miss(cause, flow, times);
            }
        }
    }

    fn take(
        &mut self,
        directory: &Directory<'_>,
        from: Party,
        to: Party,
        (protocol, port): (Protocol, u16),
    ) -> Result<(), Cause> {
        let units = directory.units;
        // The unit, and the end that is asked about.
        let side = |party: Party| match party {
            Party::Pod(id) => Some((units.of_workload(id), id)),
            Party::Unit(unit) => Some((unit, units.unit(unit).any())),
            _ => None,
        };
        let packet = |from, to| Question { from, to, protocol, port };
        match (from, to) {
            (Party::Missing(cause), _) | (_, Party::Missing(cause)) => return Err(cause),
            (Party::Service(_), _) | (_, Party::Service(_)) => return Err(Cause::NoBackend),
            // A pod always reaches itself.
            (Party::Pod(one), Party::Pod(other)) if one == other => return Ok(()),
            _ => {}
        }
        match (side(from), side(to)) {
            (Some((source, from)), Some((target, to))) => {
                self.cells.push((source, target, protocol, port));
                self.questions.push(packet(End::Workload(from), End::Workload(to)));
            }
            (Some((source, from)), None) => {
                let (addresses, end) = match to {
                    Party::Outside(address) => (vec![address], End::Address(address)),
                    Party::Host(id) => (directory.addresses_of(to), End::Workload(id)),
                    Party::Node(address, _) => (directory.addresses_of(to), End::Address(address)),
                    _ => return Ok(()),
                };
                if addresses.is_empty() {
                    return Err(Cause::ToNode);
                }
                self.to_nodes += usize::from(!matches!(to, Party::Outside(_)));
                for address in addresses {
                    self.outer.push((source, Direction::Egress, address, protocol, port));
                }
                self.questions.push(packet(End::Workload(from), end));
            }
            (None, Some((target, end))) => match from {
                Party::Outside(address) => {
                    self.outer.push((target, Direction::Ingress, address, protocol, port));
                    self.questions.push(packet(End::Address(address), End::Workload(end)));
                }
                _ if directory.is_own_node(from, to) => self.from_own_node += 1,
                _ => return Err(Cause::FromNode),
            },
            (None, None) => self.beside += 1,
        }
        Ok(())
    }

    /// The addresses that workloads were seen with, as destinations if the direction is egress.
    pub fn outside(&self) -> impl Iterator<Item = (UnitId, Direction, IpAddr)> + '_ {
        self.outer.iter().map(|(unit, direction, address, ..)| (*unit, *direction, *address))
    }

    fn miss(&mut self, cause: Cause, flow: &Flow, times: u64) {
        let missing = self.missing.entry(cause).or_default();
        missing.connections += 1;
        missing.times = missing.times.saturating_add(times);
        missing.examples.push(flow.clone());
        // The first ones in order, whatever the order of the log.
        if missing.examples.len() > EXAMPLES_MAX {
            missing.examples.sort_unstable();
            missing.examples.truncate(EXAMPLES_MAX);
        }
    }
}

impl Directory<'_> {
    /// What a connection asks of a network. A call of a service is one of all that answer behind
    /// it: which of them did is not told.
    pub fn questions(&self, flow: &Flow, protocol: Protocol) -> Result<Vec<Question>, Cause> {
        let from = self.end(self.party(&flow.from))?;
        let question = |to: Party, port| Ok(Question { from, to: self.end(to)?, protocol, port });
        let Party::Service(number) = self.party(&flow.to) else {
            return Ok(vec![question(self.party(&flow.to), flow.port)?]);
        };
        let backends = self.backends(number, protocol, flow.port);
        if backends.is_empty() {
            return Err(Cause::NoBackend);
        }
        let of = |backend| match backend {
            Backend::Unit(unit, port) => question(Party::Unit(unit), port),
            Backend::At(party, port) => question(party, port),
        };
        backends.into_iter().map(of).collect()
    }

    fn end(&self, party: Party) -> Result<End, Cause> {
        match party {
            Party::Pod(id) | Party::Host(id) => Ok(End::Workload(id)),
            Party::Unit(unit) => Ok(End::Workload(self.units.unit(unit).any())),
            Party::Node(address, _) | Party::Outside(address) => Ok(End::Address(address)),
            Party::Service(_) => Err(Cause::NoBackend),
            Party::Missing(cause) => Err(cause),
        }
    }
}
