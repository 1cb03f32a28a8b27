//! Where rights are given decides who sees them.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-005",
    name: "rights-outside-the-directory",
    title: "Rights given outside the directory",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("rights_outside_the_directory.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    if cluster.has("aadProfile") != Fact::Known(true) {
        return;
    }
    match cluster.switch("aadProfile.enableAzureRBAC") {
        Fact::Known(false) => {}
        Fact::Unset if !cluster.is_automatic() => {}
        _ => return,
    }
    let because = "rights of people stand in role bindings alone, which no review of the \
                   directory sees and no expiry ends";
    let fix = Fix::advice("`az aks update --enable-azure-rbac`, and give roles at Azure");
    report.finding(cluster.at("aadProfile.enableAzureRBAC"), because, fix);
}
