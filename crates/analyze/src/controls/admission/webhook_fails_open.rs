//! Whoever makes the webhook fail walks past it.

use model::{Fix, Object, Severity};

use super::webhook::{Scope, WEBHOOKS, Webhook, refuses, webhooks};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-001",
    name: "webhook-fails-open",
    title: "Webhook lets pass what it cannot check",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("webhook_fails_open.md"),
    check: Check::Object(WEBHOOKS, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    // What only adds fields may fail without harm; what refuses may not.
    if !refuses(object) {
        return;
    }
    for webhook in webhooks(object).filter(Webhook::fails_open) {
        let severity = match webhook.scope() {
            Scope::Everything | Scope::Workloads => Severity::Medium,
            Scope::Own => Severity::Low,
        };
        let because = format!(
            "while webhook `{}` does not answer, everything it would refuse is let in",
            webhook.name()
        );
        let fix = Fix::set(webhook.at.clone().field("failurePolicy"), "\"Fail\"")
            .risky("nothing it looks at can be changed while it is away");
        report.finding_of(severity, webhook.at.field("failurePolicy"), because, fix);
    }
}
