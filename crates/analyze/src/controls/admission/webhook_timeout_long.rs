//! Each write waits for the slowest webhook.

use model::{Fix, Object};

use super::webhook::{WEBHOOKS, webhooks};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-004",
    name: "webhook-timeout-long",
    title: "Webhook holds requests for long",
    impact: Impact::Availability,
    reach: Reach::SecondFault,
    page: include_str!("webhook_timeout_long.md"),
    check: Check::Object(WEBHOOKS, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in webhooks(object) {
        let Some(seconds) = webhook.node.int("timeoutSeconds").filter(|s| *s > DEFAULT_SECONDS)
        else {
            continue;
        };
        let because = format!(
            "a webhook `{}` that hangs holds each request of the API server for {seconds} seconds",
            webhook.name()
        );
        let at = webhook.at.field("timeoutSeconds");
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "5").risky("a webhook that needs longer then fails"),
        );
    }
}

/// What Kubernetes waits where nothing is written.
const DEFAULT_SECONDS: i64 = 10;
