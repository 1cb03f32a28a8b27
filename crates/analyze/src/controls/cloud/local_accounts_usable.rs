//! The back door beside the directory.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-004",
    name: "local-accounts-usable",
    title: "Local accounts beside the directory",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("local_accounts_usable.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    // Without the directory nobody could log in any more: that it is missing is told by itself.
    if cluster.has("aadProfile") == Fact::Unset {
        return;
    }
    match cluster.switch("disableLocalAccounts") {
        Fact::Known(false) => {}
        Fact::Unset if !cluster.is_automatic() => {}
        _ => return,
    }
    let because = "local accounts are on: who may list the cluster's credentials gets a \
                   certificate of `system:masters`, past the directory and its second factor";
    let fix = Fix::advice(
        "`az aks update --disable-local-accounts`, then rotate the certificates that were fetched",
    );
    report.finding(cluster.at("disableLocalAccounts"), because, fix);
}
