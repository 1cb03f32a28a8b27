//! The read-only port tells everybody what runs on the node.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-023",
    name: "kubelet-read-only-port",
    title: "Kubelet serves a port without login",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("kubelet_read_only_port.md"),
    check: Check::Component(&[ComponentKind::Kubelet], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "read-only-port";
    let is_open = component.text(FLAG).is_some_and(|port| port != "0");
    if is_open {
        let because = "every pod can ask the kubelet for all pods of its node, with their images, \
                       commands and environment: the port asks for no credentials";
        report.finding(component.at(FLAG), because, Fix::advice("set it to 0"));
    }
}
