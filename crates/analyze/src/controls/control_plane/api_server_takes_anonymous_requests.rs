//! A request without credentials is one of `system:anonymous`, and some role may know it.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-001",
    name: "api-server-takes-anonymous-requests",
    title: "API server answers anonymous requests",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("api_server_takes_anonymous_requests.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "anonymous-auth";
    // A file that says which paths are open to everybody has the last word.
    if component.flag("authentication-config").is_some() {
        return;
    }
    let severity = match component.switch(FLAG) {
        Some(true) => Severity::Medium,
        None if component.lacks(FLAG) => Severity::Low,
        _ => return,
    };
    let because = "whoever reaches the API server is let in as `system:anonymous`, with the rights \
                   anybody ever gave it";
    let fix = Fix::advice(
        "set `--anonymous-auth=false`, or name the open paths in `--authentication-config`",
    );
    report.finding_of(severity, component.at(FLAG), because, fix);
}
