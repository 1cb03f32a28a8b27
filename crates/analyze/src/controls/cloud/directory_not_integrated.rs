//! Without the directory everybody shares one certificate.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-003",
    name: "directory-not-integrated",
    title: "People log in past the directory",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("directory_not_integrated.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    if cluster.has("aadProfile") != Fact::Unset || cluster.is_automatic() {
        return;
    }
    let because = "nobody logs in by Entra ID: all share certificates of an administrator, which \
                   name nobody and cannot be taken from one of them";
    let fix = Fix::advice("integrate Entra ID: `az aks update --enable-aad`");
    report.finding(cluster.at("aadProfile"), because, fix);
}
