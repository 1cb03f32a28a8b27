//! A policy whose first rule ignores everything is none.

use model::{Fix, Object};

use super::audit::{AUDIT_POLICY, covers_everything};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-027",
    name: "audit-policy-records-nothing",
    title: "Audit policy records nothing",
    impact: Impact::Evidence,
    reach: Reach::Container,
    page: include_str!("audit_policy_records_nothing.md"),
    check: Check::Object(AUDIT_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let fix = Fix::advice("record at least `Metadata` of everything, with a rule at the end");
    let because = "who did what in the cluster is written nowhere: the policy records no event";
    let mut rules = policy.root.list("rules").enumerate().peekable();
    if rules.peek().is_none() {
        return report.finding(policy.at("rules"), because, fix);
    }
    // The first rule that fits an event decides.
    for (index, rule) in rules {
        match rule.str("level") {
            Some("None") if covers_everything(rule) => {
                return report.finding(policy.at("rules").index(index), because, fix);
            }
            Some("None") => {}
            _ => return,
        }
    }
}
