//! A secret that somebody has to keep can be lost.

use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-013",
    name: "service-principal-used",
    title: "Cluster acts with a stored secret",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("service_principal_used.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    let client = "servicePrincipalProfile.clientId";
    // Azure writes `msi` for a cluster with a managed identity.
    let Fact::Known(id) = cluster.text(client) else { return };
    if id.eq_ignore_ascii_case("msi") {
        return;
    }
    let has_identity = match cluster.text("identity.type") {
        Fact::Known(kind) => !kind.eq_ignore_ascii_case("None"),
        Fact::Unset => false,
        Fact::Unknown => true,
    };
    if has_identity {
        return;
    }
    let because = "the cluster acts at Azure as a service principal: its secret lies on every \
                   node, and whoever reads it changes the cluster's machines and networks from \
                   anywhere";
    let fix = Fix::advice("`az aks update --enable-managed-identity`");
    report.finding(cluster.at(client), because, fix);
}
