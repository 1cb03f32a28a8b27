//! With `AlwaysAllow` whoever may log in may do anything.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-002",
    name: "api-server-authorizes-everything",
    title: "API server authorizes everything",
    impact: Impact::Cluster,
    reach: Reach::Container,
    page: include_str!("api_server_authorizes_everything.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "authorization-mode";
    if component.flag("authorization-config").is_some() {
        return;
    }
    // It is what the API server does where nobody says otherwise.
    if component.lacks(FLAG) || component.list(FLAG).any(|mode| mode == "AlwaysAllow") {
        let because = "whoever holds any token of the cluster, that of any pod, may do anything";
        let fix = Fix::advice("set `--authorization-mode=Node,RBAC`");
        report.finding(component.at(FLAG), because, fix);
    }
}
