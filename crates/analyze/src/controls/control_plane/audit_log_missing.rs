//! What nobody wrote down, nobody can look up afterwards.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-008",
    name: "audit-log-missing",
    title: "API server writes no audit log",
    impact: Impact::Evidence,
    reach: Reach::Container,
    page: include_str!("audit_log_missing.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    let goes_nowhere =
        component.lacks("audit-log-path") && component.lacks("audit-webhook-config-file");
    let fix = Fix::advice("set `--audit-policy-file` and `--audit-log-path`");
    if goes_nowhere {
        let because = "who did what in the cluster is written nowhere: no audit log is set up";
        report.finding(component.at("audit-log-path"), because, fix);
    } else if component.lacks("audit-policy-file") {
        let because = "who did what in the cluster is written nowhere: without a policy no event \
                       is recorded";
        report.finding(component.at("audit-policy-file"), because, fix);
    }
}
