//! A port that no pod has is closed.

use model::{Fix, Object};

use super::world::ServiceFault;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-019",
    name: "service-target-port-unknown",
    title: "Service asks for a port that no pod has",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("service_target_port_unknown.md"),
    check: Check::Object(Kinds::Of(&[("", "Service")]), check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let faults = report.ask_network(|world| world.faults_of_service(service).to_vec());
    for fault in faults {
        let ServiceFault::TargetPortUnknown(number, name) = fault else { continue };
        let because = format!(
            "no pod that Service `{}` selects has a port called `{name}`: it leads nowhere",
            service.name
        );
        let fix = Fix::advice("write the name that the container gives its port, or its number");
        let at = service.at("spec.ports").index(number).field("targetPort");
        report.finding(at, because, fix);
    }
}
