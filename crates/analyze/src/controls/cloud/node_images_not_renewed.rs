//! What nobody renews grows old.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-010",
    name: "node-images-not-renewed",
    title: "Node images are renewed by hand",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("node_images_not_renewed.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    let channel = "autoUpgradeProfile.nodeOSUpgradeChannel";
    // Azure's default renews them.
    let Fact::Known(name) = cluster.text(channel) else { return };
    if !name.eq_ignore_ascii_case("None") {
        return;
    }
    // A channel for the whole cluster brings new images with it.
    match cluster.text("autoUpgradeProfile.upgradeChannel") {
        Fact::Known(name) if name.eq_ignore_ascii_case("none") || name.is_empty() => {}
        Fact::Unset => {}
        _ => return,
    }
    let because = "the nodes' operating system is renewed by hand alone: a fix reaches them when \
                   somebody thinks of it";
    let fix = Fix::advice(
        "`az aks update --node-os-upgrade-channel NodeImage`, with a maintenance window",
    );
    report.finding(cluster.at(channel), because, fix);
}
