//! A certificate that its owner signed proves nothing.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-020",
    name: "etcd-self-signed",
    title: "etcd signs its certificates itself",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("etcd_self_signed.md"),
    check: Check::Component(&[ComponentKind::Etcd], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    for name in ["auto-tls", "peer-auto-tls"] {
        if component.switch(name) == Some(true) {
            let because = format!(
                "nobody can tell this etcd from one that an attacker put in its place: `--{name}` \
                 makes certificates that no authority signed"
            );
            let fix = Fix::advice("remove the flag, and name certificates of an authority");
            report.finding(component.at(name), because, fix);
        }
    }
}
