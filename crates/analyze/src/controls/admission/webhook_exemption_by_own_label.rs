//! Who may write an object may write its labels.

use model::{Fix, Node, Object};

use super::webhook::{Scope, WEBHOOKS, refuses, webhooks};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-002",
    name: "webhook-exemption-by-own-label",
    title: "Objects exempt themselves from a webhook",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("webhook_exemption_by_own_label.md"),
    check: Check::Object(WEBHOOKS, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if !refuses(object) {
        return;
    }
    for webhook in webhooks(object).filter(|webhook| webhook.scope() != Scope::Own) {
        let expressions = webhook.node.field("objectSelector.matchExpressions");
        let mut expressions = expressions.into_iter().flat_map(Node::items).enumerate();
        let exempts = |(_, expression): &(usize, Node<'_>)| {
            matches!(expression.str("operator"), Some("NotIn" | "DoesNotExist"))
        };
        let Some((index, expression)) = expressions.find(exempts) else { continue };
        let key = expression.str("key").unwrap_or_default();
        let because = format!(
            "a label `{key}` on an object takes it past webhook `{}`: whoever it should stop can \
             set it",
            webhook.name()
        );
        let at = webhook.at.field("objectSelector.matchExpressions").index(index);
        let fix =
            Fix::advice("exempt namespaces by `namespaceSelector`, or users by `matchConditions`");
        report.finding(at.field("key"), because, fix);
    }
}
