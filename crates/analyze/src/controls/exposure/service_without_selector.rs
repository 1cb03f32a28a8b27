//! Where a Service without selector leads is written elsewhere.

use model::{Fix, Object};

use super::service::SERVICE;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-008",
    name: "service-without-selector",
    title: "Service without selector",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("service_without_selector.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = service.root.get("spec") else { return };
    let has_selector = spec.get("selector").is_some_and(|map| map.entries().next().is_some());
    let is_name = spec.str("type") == Some("ExternalName");
    if has_selector || is_name || service.name == "kubernetes" || spec.list("ports").count() == 0 {
        return;
    }
    let because = format!(
        "where Service `{}` leads is up to whoever may write EndpointSlices of its name",
        service.name
    );
    let fix = Fix::advice("select pods by their labels, or keep the right to write EndpointSlices");
    report.finding(service.at("spec"), because, fix);
}
