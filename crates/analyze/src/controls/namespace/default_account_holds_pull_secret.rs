//! A pull secret on the default account is every pod's.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Object};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-011",
    name: "default-account-holds-pull-secret",
    title: "Default service account holds a pull secret",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("default_account_holds_pull_secret.md"),
    check: Check::Object(Kinds::Of(&[("", "ServiceAccount")]), check),
};

fn check(account: &Object<'_>, report: &mut Report<'_>) {
    const FIELD: &str = "imagePullSecrets";
    if account.name == "default" && account.root.list(FIELD).next().is_some() {
        let because = "every pod of the namespace that names no account pulls with it, so whoever \
                       may create pods runs any image of that registry";
        let fix = Fix::advice("give it to the accounts whose workloads need it");
        report.finding(account.at(FIELD), because, fix);
    }
}
