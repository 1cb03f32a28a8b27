//! A user interface that trusts whoever reaches it belongs to whoever reaches it.

use model::{Fix, Object, Severity};

use super::ingress::{backends, has_authentication};
use super::service::{Fault, Opening, dashboard_named, exposed, place};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-005",
    name: "dashboard-exposed",
    title: "Dashboard without login exposed",
    impact: Impact::Neighbours,
    reach: Reach::Outside,
    page: include_str!("dashboard_exposed.md"),
    check: Check::Object(
        Kinds::Of(&[("", "Service"), ("networking.k8s.io", "Ingress"), ("extensions", "Ingress")]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let fix = Fix::advice("reach it by `kubectl port-forward`, or put a login in front of it");
    if object.kind == "Ingress" {
        if has_authentication(object) {
            return;
        }
        for (at, service) in backends(object) {
            if let Some(dashboard) = dashboard_named(service) {
                let because = format!("`{dashboard}` is served to whoever reaches the ingress");
                return report.finding_of(Severity::Medium, at, because, fix);
            }
        }
        return;
    }
    let Some((opening, Fault::Dashboard(dashboard))) = exposed(object) else { return };
    let (severity, who) = match opening {
        Opening::Internet | Opening::AllRanges(_) => {
            (Severity::Critical, "everybody on the internet")
        }
        Opening::Nodes => (Severity::Medium, "whoever reaches a node"),
    };
    let because = format!("{who} can reach `{dashboard}`, which trusts whoever comes");
    report.finding_of(severity, place(object, opening), because, fix);
}
