//! Without `NodeRestriction` one node that fell takes others with it.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-007",
    name: "node-restriction-missing",
    title: "Nodes may write beyond themselves",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("node_restriction_missing.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "enable-admission-plugins";
    const PLUGIN: &str = "NodeRestriction";
    let names = |flag| component.list(flag).any(|plugin| plugin == PLUGIN);
    let is_written = component.list(FLAG).next().is_some();
    // What is switched off by name, and the flag's former name, say the same in their own way.
    if names(FLAG) || names("admission-control") || names("disable-admission-plugins") {
        return;
    }
    if is_written || component.lacks(FLAG) {
        let because = "a kubelet may label its node as it likes and change other nodes' pods: the \
                       admission plugin `NodeRestriction` is not on";
        let fix = Fix::advice("add `NodeRestriction` to `--enable-admission-plugins`");
        report.finding(component.at(FLAG), because, fix);
    }
}
