//! A webhook that fails closed for everything stops its own repair.

use model::{Fix, Object, Severity};

use super::webhook::{Scope, WEBHOOKS, webhooks};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-003",
    name: "webhook-locks-cluster-out",
    title: "Webhook can lock the cluster out",
    impact: Impact::Outage,
    reach: Reach::SecondFault,
    page: include_str!("webhook_locks_cluster_out.md"),
    check: Check::Object(WEBHOOKS, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in webhooks(object).filter(|webhook| !webhook.fails_open()) {
        let selects = ["namespaceSelector", "objectSelector"].iter().any(|f| webhook.selects(f));
        if selects || webhook.node.list("matchConditions").next().is_some() {
            continue;
        }
        let severity = match webhook.scope() {
            Scope::Everything => Severity::Medium,
            Scope::Workloads => Severity::Low,
            Scope::Own => continue,
        };
        let because = format!(
            "while webhook `{}` does not answer nobody can write, not even its own pods can start: \
             it covers kube-system and itself",
            webhook.name()
        );
        let fix = Fix::advice("leave out kube-system and its own namespace by `namespaceSelector`");
        report.finding_of(severity, webhook.at.field("rules"), because, fix);
    }
}
