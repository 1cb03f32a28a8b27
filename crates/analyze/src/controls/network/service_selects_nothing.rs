//! A Service for nobody answers nobody.

use model::{Fix, Object};

use super::world::ServiceFault;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-018",
    name: "service-selects-nothing",
    title: "Service that selects no pod",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("service_selects_nothing.md"),
    check: Check::Object(Kinds::Of(&[("", "Service")]), check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let is_idle = report.ask_network(|world| {
        world.faults_of_service(service).contains(&ServiceFault::SelectsNothing)
    });
    if is_idle {
        let because = format!(
            "Service `{}` leads to no pod of namespace `{}`: none of what runs there has these \
             labels, and whoever makes a pod that does takes its callers",
            service.name,
            service.namespace.unwrap_or_default()
        );
        let fix = Fix::advice("select labels that the pods have, or remove the Service");
        report.finding(service.at("spec.selector"), because, fix);
    }
}
