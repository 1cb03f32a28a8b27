//! What answers behind a Service: the pods it selects, or the endpoints that are written for it.

use std::net::IpAddr;

use model::{Node, Object};

use super::super::WorkloadId;
use super::super::address::parse_address;
use super::super::ports::Protocol;
use super::super::service::{Services, ends};
use super::directory::Party;
use super::units::{UnitId, Units};

/// Most endpoints of one service that are looked at.
const ENDPOINTS_MAX: usize = 10_000;

/// A Service that has an address.
pub(super) struct Service {
    pub(super) ports: Vec<ServicePort>,
}

pub(super) struct ServicePort {
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    /// Workloads, and the port of each.
    pub(super) pods: Vec<(UnitId, u16)>,
    /// Addresses that its endpoints name, and the port of each.
    pub(super) endpoints: Vec<(IpAddr, u16)>,
}

impl Service {
    pub(super) fn new(
        object: &Object<'_>,
        spec: Node<'_>,
        services: &Services<'_>,
        units: &Units,
    ) -> Self {
        let selected = services.selected(object);
        let written: Vec<Object<'_>> = match selected {
            Some(_) => Vec::new(),
            None => services.written(object),
        };
        let mut ports = Vec::new();
        for port in spec.list("ports") {
            let protocol = Protocol::of(port.str("protocol").unwrap_or("TCP"));
            let number = port.int("port").and_then(|it| u16::try_from(it).ok());
            let (Some(protocol), Some(number)) = (protocol, number) else { continue };
            let target =
                |id: &WorkloadId| Some((units.of_workload(*id), services.target_port(*id, port)?));
            let mut pods: Vec<_> = selected.iter().flatten().filter_map(target).collect();
            pods.sort_unstable();
            pods.dedup();
            let name = port.str("name").unwrap_or_default();
            let of_slice = |it: &Object<'_>| endpoints(it, name, protocol);
            let mut endpoints: Vec<_> = written.iter().flat_map(of_slice).collect();
            endpoints.sort_unstable();
            endpoints.dedup();
            endpoints.truncate(ENDPOINTS_MAX);
            ports.push(ServicePort { protocol, port: number, pods, endpoints });
        }
        Self { ports }
    }

    /// Its ports of a protocol and number.
    pub(super) fn at(&self, protocol: Protocol, port: u16) -> impl Iterator<Item = &ServicePort> {
        self.ports.iter().filter(move |it| it.protocol == protocol && it.port == port)
    }
}

/// Who answers behind a port of a service.
pub(super) enum Backend {
    /// A pod of a workload.
    Unit(UnitId, u16),
    /// Somebody at an address.
    At(Party, u16),
}

/// Addresses of an `EndpointSlice` or of `Endpoints`, and their port of a name and protocol.
fn endpoints(object: &Object<'_>, name: &str, protocol: Protocol) -> Vec<(IpAddr, u16)> {
    let port = |ports: Node<'_>| {
        let mut ports = ports.list("ports").filter(|port| {
            port.str("name").unwrap_or_default() == name
                && Protocol::of(port.str("protocol").unwrap_or("TCP")) == Some(protocol)
        });
        ports.next()?.int("port").and_then(|it| u16::try_from(it).ok())
    };
    let mut found = Vec::new();
    for end in ends(object).into_iter().filter(|end| end.is_ready) {
        let Some(port) = port(end.ports) else { continue };
        let addresses = end.addresses.into_iter().filter_map(parse_address);
        found.extend(addresses.map(|address| (address, port)));
    }
    found
}
