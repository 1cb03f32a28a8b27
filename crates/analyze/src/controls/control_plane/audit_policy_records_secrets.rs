//! Bodies of requests for Secrets are the Secrets.

use model::{Fix, Object};

use super::audit::{AUDIT_POLICY, covers, covers_for_everybody};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-028",
    name: "audit-policy-records-secrets",
    title: "Audit log holds the Secrets",
    impact: Impact::Neighbours,
    reach: Reach::Reader,
    page: include_str!("audit_policy_records_secrets.md"),
    check: Check::Object(AUDIT_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    for (index, rule) in policy.root.list("rules").enumerate() {
        if !covers(rule, "", "secrets") {
            continue;
        }
        let level = rule.str("level").unwrap_or_default();
        if matches!(level, "Request" | "RequestResponse") {
            let because = format!(
                "whoever reads the audit log, or a copy of it, reads Secrets: this rule writes \
                 down their content (`{level}`)"
            );
            let fix = Fix::advice("put a rule of level `Metadata` for Secrets before it");
            return report.finding(policy.at("rules").index(index).field("level"), because, fix);
        }
        if covers_for_everybody(rule) {
            return;
        }
    }
}
