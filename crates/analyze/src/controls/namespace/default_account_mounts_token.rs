//! Every pod of the namespace that says nothing gets the token.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Object};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-010",
    name: "default-account-mounts-token",
    title: "Default service account mounts its token by order",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("default_account_mounts_token.md"),
    check: Check::Object(Kinds::Of(&[("", "ServiceAccount")]), check),
};

fn check(account: &Object<'_>, report: &mut Report<'_>) {
    const FIELD: &str = "automountServiceAccountToken";
    if account.name == "default" && account.root.bool(FIELD) == Some(true) {
        let because = "every pod of the namespace that names no account holds a token for the \
                       API server, which an attacker in it can use";
        let at = account.at(FIELD);
        let fix = Fix::set(at.clone(), "false")
            .risky("pods that ask the API server as this account lose their token");
        report.finding(at, because, fix);
    }
}
