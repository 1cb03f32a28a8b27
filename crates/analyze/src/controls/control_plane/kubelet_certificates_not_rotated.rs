//! A certificate that is renewed is worth little when it is stolen.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-025",
    name: "kubelet-certificates-not-rotated",
    title: "Kubelet keeps its certificate until it ends",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("kubelet_certificates_not_rotated.md"),
    check: Check::Component(&[ComponentKind::Kubelet], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "rotate-certificates";
    if component.switch(FLAG) == Some(false) {
        let because = "a stolen certificate of the kubelet works until it ends, and then the node \
                       is lost: it is never renewed";
        report.finding(component.at(FLAG), because, Fix::advice("set it to true"));
    }
}
