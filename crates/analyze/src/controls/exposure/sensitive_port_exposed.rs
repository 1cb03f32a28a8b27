//! Databases, etcd, the kubelet and SSH trust whoever reaches them.

use engine::network::exposure::Passage;
use model::{Fix, Node, Object, Severity};

use super::service::{Fault, Opening, SERVICE, exposed, sensitive};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-004",
    name: "sensitive-port-exposed",
    title: "Port of a database or of the system exposed",
    impact: Impact::Workload,
    reach: Reach::Outside,
    page: include_str!("sensitive_port_exposed.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some((opening, fault)) = exposed(service) else { return by_route(service, report) };
    let Fault::SensitivePort(index, number, what) = fault else { return };
    if is_closed_by_policies(service, index, report) {
        return;
    }
    let (severity, who) = match opening {
        Opening::Internet | Opening::AllRanges(_) => (Severity::High, "everybody on the internet"),
        Opening::Nodes => (Severity::Medium, "whoever reaches a node"),
    };
    let because = format!("{who} can reach port {number} ({what}) of Service `{}`", service.name);
    tell(service, index, severity, because, report);
}

fn tell(
    service: &Object<'_>,
    index: usize,
    severity: Severity,
    because: String,
    report: &mut Report<'_>,
) {
    let fix = Fix::advice("use type ClusterIP, and reach it from inside or through a tunnel");
    report.finding_of(severity, service.at("spec.ports").index(index).field("port"), because, fix);
}

/// Whether pods behind a port were seen, and their policies let nobody in from the internet.
fn is_closed_by_policies(service: &Object<'_>, index: usize, report: &Report<'_>) -> bool {
    // A port of the nodes that the API server will choose is 0.
    let number = |port: Node<'_>, key| u16::try_from(port.int(key).unwrap_or(0)).ok();
    let ports = service.root.field("spec.ports");
    let Some(port) = ports.and_then(|ports| ports.items().nth(index)) else { return false };
    let numbers = [number(port, "port"), number(port, "nodePort")];
    report.ask_network(|world| {
        let ways = world.ways(service).iter().filter(|way| !way.is_route);
        let mut ways = ways.filter(|way| numbers.contains(&Some(way.port))).peekable();
        ways.peek().is_some() && ways.all(|way| way.passage == Passage::Closed)
    })
}

/// A Service without an address outside that an Ingress or a route sends to.
fn by_route(service: &Object<'_>, report: &mut Report<'_>) {
    let ports = service.root.field("spec.ports").into_iter().flat_map(Node::items);
    let numbers = |port: Node<'_>| [port.int("targetPort"), port.int("port")].into_iter().flatten();
    let found = ports.enumerate().find_map(|(index, port)| {
        let (number, what) = numbers(port).find_map(sensitive)?;
        Some((index, port.int("port")?, number, what))
    });
    let Some((index, port, number, what)) = found else { return };
    let is_open = report.ask_network(|world| {
        let mut ways = world.ways(service).iter().filter(|way| i64::from(way.port) == port);
        ways.any(|way| way.is_route && way.passage != Passage::Closed)
    });
    if is_open {
        let because = format!(
            "a route from outside leads to port {number} ({what}) of Service `{}`",
            service.name
        );
        tell(service, index, Severity::Medium, because, report);
    }
}
