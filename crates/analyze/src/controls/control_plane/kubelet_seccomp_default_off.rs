//! One field gives every pod of the node the profile of its runtime.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-024",
    name: "kubelet-seccomp-default-off",
    title: "Kubelet leaves pods without a seccomp profile",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("kubelet_seccomp_default_off.md"),
    check: Check::Component(&[ComponentKind::Kubelet], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "seccomp-default";
    let is_off = match component.switch(FLAG) {
        Some(is_on) => !is_on,
        None => component.lacks(FLAG),
    };
    if is_off {
        let because = "pods that name no seccomp profile run without one on its nodes";
        report.finding(component.at(FLAG), because, Fix::advice("set `seccompDefault: true`"));
    }
}
