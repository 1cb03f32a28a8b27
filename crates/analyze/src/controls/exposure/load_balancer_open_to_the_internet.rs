//! A load balancer that asks nobody where they come from serves everybody.

use model::{Fix, Node, Object, Severity};

use super::service::{Fault, Opening, SERVICE, exposed, place};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-001",
    name: "load-balancer-open-to-the-internet",
    title: "Load balancer open to the internet",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("load_balancer_open_to_the_internet.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some((opening @ Opening::Internet, Fault::Opening(name))) = exposed(service) else {
        return;
    };
    // What speaks only the web's ports is most often meant for everybody.
    let mut ports = service.root.field("spec.ports").into_iter().flat_map(Node::items);
    let is_web = ports.all(|port| port.int("port").is_some_and(|port| WEB_PORTS.contains(&port)));
    let severity = if is_web { Severity::Low } else { Severity::Medium };
    let because = format!("everybody on the internet can reach Service `{name}`");
    let fix = Fix::advice(
        "name the networks in `loadBalancerSourceRanges`, or make the load balancer internal",
    );
    report.finding_of(severity, place(service, opening), because, fix);
}

/// Ports of the web, and the port that tells a load balancer whether an ingress gateway lives.
const WEB_PORTS: &[i64] = &[80, 443, 8080, 8443, 15021];
