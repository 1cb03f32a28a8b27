//! A list that Kubernetes no longer keeps.

use model::{Fix, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-047",
    name: "account-lists-secrets",
    title: "Service account with a list of Secrets",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("account_lists_secrets.md"),
    check: Check::Object(Kinds::Of(&[("", "ServiceAccount")]), check),
};

fn check(account: &Object<'_>, report: &mut Report<'_>) {
    let Some(first) = account.root.list("secrets").next() else { return };
    let is_limit = account.annotation("kubernetes.io/enforce-mountable-secrets") == Some("true");
    if is_limit {
        return;
    }
    let because = format!(
        "Secret `{}` may hold a token of `{}` that never ends",
        first.str("name").unwrap_or_default(),
        account.name
    );
    let fix = Fix::advice("delete the token and the list; ask for tokens when they are needed");
    report.finding(account.at("secrets"), because, fix);
}
