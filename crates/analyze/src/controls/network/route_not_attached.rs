//! A route that no listener takes is not served.

use engine::network::route::Refusal;
use model::{Fix, Object};

use super::ROUTES;
use super::world::RouteFault;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-021",
    name: "route-not-attached",
    title: "Route that its gateway does not take",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("route_not_attached.md"),
    check: Check::Object(ROUTES, check),
};

fn check(route: &Object<'_>, report: &mut Report<'_>) {
    let faults = report.ask_network(|world| world.faults_of_route(route).to_vec());
    for fault in faults {
        let RouteFault::Refused(number, refusal) = fault else { continue };
        let parent = route.root.field("spec.parentRefs").and_then(|it| it.items().nth(number));
        let gateway = parent.and_then(|it| it.str("name")).unwrap_or_default();
        let why = match refusal {
            Refusal::Listener => "it has no listener of this name and port",
            Refusal::Kind => "its listeners take routes of other kinds",
            Refusal::Namespace => "its listeners take routes of other namespaces",
            Refusal::Host => "its listeners serve other hosts",
        };
        let because =
            format!("Gateway `{gateway}` does not take {} `{}`: {why}", route.kind, route.name);
        let fix = Fix::advice("name a listener that takes it, or remove the route");
        report.finding(route.at("spec.parentRefs").index(number), because, fix);
    }
}
