//! Who may log in to the kubelet may run commands in its pods.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-022",
    name: "kubelet-authorizes-everything",
    title: "Kubelet authorizes everything",
    impact: Impact::Node,
    reach: Reach::Container,
    page: include_str!("kubelet_authorizes_everything.md"),
    check: Check::Component(&[ComponentKind::Kubelet], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "authorization-mode";
    if component.text(FLAG) == Some("AlwaysAllow") {
        let because = "whoever has any credentials of the cluster may run commands in every pod \
                       of the node, past RBAC";
        let fix = Fix::advice("set it to Webhook");
        report.finding(component.at(FLAG), because, fix);
    }
}
