//! A route to what is not there serves errors, or whoever makes it.

use model::{Fix, Object};

use super::ROUTES;
use super::world::RouteFault;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-020",
    name: "route-backend-unresolved",
    title: "Route to a Service or port that is not there",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("route_backend_unresolved.md"),
    check: Check::Object(ROUTES, check),
};

fn check(route: &Object<'_>, report: &mut Report<'_>) {
    let faults = report.ask_network(|world| world.faults_of_route(route).to_vec());
    let named = format!("{} `{}`", route.kind, route.name);
    for fault in faults {
        let (at, because, advice) = match fault {
            RouteFault::ServiceMissing(at, service) => (
                at,
                format!(
                    "{named} sends to Service `{service}`, which is not there: whoever makes it \
                     is served under the name of the route"
                ),
                "name a Service that is there, or remove the backend",
            ),
            RouteFault::PortMissing(at, service) => (
                at,
                format!("Service `{service}` has no such port: {named} leads nowhere"),
                "name a port of the Service",
            ),
            RouteFault::NotGranted(at, service) => (
                at,
                format!(
                    "{named} sends to Service `{service}`, whose namespace lets it not: no \
                     ReferenceGrant there is for it"
                ),
                "add a ReferenceGrant in the Service's namespace, or keep the two in one",
            ),
            RouteFault::Refused(..) => continue,
        };
        report.finding(at, because, Fix::advice(advice));
    }
}
