//! A token is the account.

use model::{Object, Severity};

use super::power::{Power, ROLES, Within, any, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-022",
    name: "service-account-tokens-issued",
    title: "Issues tokens of service accounts",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("service_account_tokens_issued.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[any(&["create"], "serviceaccounts/token")],
    together_with: &[],
    within: Within::Only(Severity::Medium),
    can: "issue itself a token of any service account",
    instead: "limit the rule to the names of the accounts",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
