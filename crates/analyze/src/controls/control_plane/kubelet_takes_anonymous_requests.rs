//! Who asks a kubelet runs commands in its pods.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-021",
    name: "kubelet-takes-anonymous-requests",
    title: "Kubelet answers anonymous requests",
    impact: Impact::Node,
    reach: Reach::Outside,
    page: include_str!("kubelet_takes_anonymous_requests.md"),
    check: Check::Component(&[ComponentKind::Kubelet], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "anonymous-auth";
    if component.switch(FLAG) == Some(true) {
        // Somebody still asks what the anonymous may do, if authorization is left to the API.
        let is_asked = component.text("authorization-mode") == Some("Webhook");
        let severity = if is_asked { Severity::Medium } else { Severity::Critical };
        let because = "whoever reaches the kubelet's port is let in without credentials, and may \
                       run commands in its pods unless somebody else refuses";
        report.finding_of(severity, component.at(FLAG), because, Fix::advice("set it to false"));
    }
}
