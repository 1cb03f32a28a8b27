//! A peer that nobody checked is given a copy of everything.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-019",
    name: "etcd-takes-any-peer",
    title: "etcd takes any peer",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("etcd_takes_any_peer.md"),
    check: Check::Component(&[ComponentKind::Etcd], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "peer-client-cert-auth";
    // A single member has no peers to speak to.
    let has_peers = component.list("initial-cluster").nth(1).is_some()
        || component.text("discovery-srv").is_some()
        || component.text("discovery").is_some();
    let is_off = match component.switch(FLAG) {
        Some(asks) => !asks,
        None => component.lacks(FLAG) && has_peers,
    };
    if is_off {
        let because = "whoever reaches its peers' port can take part in the cluster of etcd and \
                       is given a copy of everything";
        let fix = Fix::advice("set `--peer-client-cert-auth=true` and `--peer-trusted-ca-file`");
        report.finding(component.at(FLAG), because, fix);
    }
}
