//! Without RBAC every login is an administrator.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-006",
    name: "cluster-without-rbac",
    title: "Cluster without RBAC",
    impact: Impact::Cluster,
    reach: Reach::Container,
    page: include_str!("cluster_without_rbac.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    // What holds where it is not written changed with the versions of the interface, and Azure
    // always answers it: only what is written counts.
    if cluster.switch("enableRBAC") != Fact::Known(false) {
        return;
    }
    let because = "RBAC is off: every user and every token of a pod may do everything in the \
                   cluster";
    let fix = Fix::advice("make the cluster anew with RBAC: it cannot be switched on later");
    report.finding(cluster.at("enableRBAC"), because, fix);
}
