//! A node port is open on every node, whatever stands in front of them.

use model::{Fix, Object};

use super::service::{Fault, Opening, SERVICE, exposed, place};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-003",
    name: "node-port-service",
    title: "Service opens a port on every node",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("node_port_service.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some((opening @ Opening::Nodes, Fault::Opening(name))) = exposed(service) else { return };
    let because = format!("whoever reaches a node can reach Service `{name}`");
    let fix = Fix::advice("use type ClusterIP behind an ingress, or an internal load balancer");
    report.finding(place(service, opening), because, fix);
}
