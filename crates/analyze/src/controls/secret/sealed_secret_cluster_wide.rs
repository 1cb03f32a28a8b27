//! A secret sealed for the whole cluster is unsealed by whoever copies it.

use model::{Fix, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-012",
    name: "sealed-secret-cluster-wide",
    title: "Sealed secret opens in any namespace",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("sealed_secret_cluster_wide.md"),
    check: Check::Object(Kinds::Of(&[("bitnami.com", "SealedSecret")]), check),
};

fn check(sealed: &Object<'_>, report: &mut Report<'_>) {
    let key = "sealedsecrets.bitnami.com/cluster-wide";
    if sealed.annotation(key) == Some("true") {
        let because = format!(
            "whoever may write a SealedSecret in any namespace can copy `{}` there and read it",
            sealed.name
        );
        let fix = Fix::advice("seal it anew for its namespace and name (scope `strict`)");
        report.finding(sealed.at("metadata.annotations").key(key), because, fix);
    }
}
