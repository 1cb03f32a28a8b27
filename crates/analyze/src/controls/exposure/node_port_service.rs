//! A node port is open on every node, whatever stands in front of them.

use model::{Fix, Object, Severity};

use super::service::{Fault, Reach, SERVICE, exposed, place};
use crate::{Check, Control, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-003",
    name: "node-port-service",
    title: "Service opens a port on every node",
    severity: Severity::Low,
    page: include_str!("node_port_service.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some((reach @ Reach::Nodes, Fault::Reach(name))) = exposed(service) else { return };
    let because = format!("whoever reaches a node can reach Service `{name}`");
    let fix = Fix::advice("use type ClusterIP behind an ingress, or an internal load balancer");
    report.finding(place(service, reach), because, fix);
}
