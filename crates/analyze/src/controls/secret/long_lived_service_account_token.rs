//! A token in a Secret is valid until somebody deletes it.

use model::{Fix, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-007",
    name: "long-lived-service-account-token",
    title: "Service account token that never ends",
    impact: Impact::Workload,
    reach: Reach::Reader,
    page: include_str!("long_lived_service_account_token.md"),
    check: Check::Object(Kinds::Of(&[("", "Secret")]), check),
};

fn check(secret: &Object<'_>, report: &mut Report<'_>) {
    if secret.root.str("type") != Some("kubernetes.io/service-account-token") {
        return;
    }
    let account = secret.annotation("kubernetes.io/service-account.name").unwrap_or("an account");
    let because = format!(
        "whoever reads Secret `{}` once can act as service account `{account}` for ever",
        secret.name
    );
    let fix = Fix::advice("ask for tokens when needed: `kubectl create token`, a projected volume");
    report.finding(secret.at("type"), because, fix);
}
