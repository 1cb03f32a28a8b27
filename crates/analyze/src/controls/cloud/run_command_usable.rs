//! A way into the cluster past its network.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-014",
    name: "run-command-usable",
    title: "Commands run past the cluster's network",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("run_command_usable.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    let switch = "apiServerAccessProfile.disableRunCommand";
    if !matches!(cluster.switch(switch), Fact::Known(false) | Fact::Unset) {
        return;
    }
    let because = "`az aks command invoke` is on: one right at Azure runs commands in the cluster \
                   from anywhere, past authorized ranges and the private network";
    let fix = Fix::advice("`az aks update --disable-run-command`");
    report.finding(cluster.at(switch), because, fix);
}
