//! Kubelets are held to their own pods by `Node`, everybody else by `RBAC`.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-003",
    name: "api-server-authorization-incomplete",
    title: "API server without Node or RBAC authorization",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("api_server_authorization_incomplete.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "authorization-mode";
    let modes: Vec<_> = component.list(FLAG).collect();
    // That everything is allowed is told by a control of its own.
    if modes.is_empty() || modes.contains(&"AlwaysAllow") {
        return;
    }
    let missing: Vec<_> =
        ["Node", "RBAC"].into_iter().filter(|mode| !modes.contains(mode)).collect();
    if !missing.is_empty() {
        let because = format!(
            "nothing holds kubelets to their own pods and people to their roles: \
             `--authorization-mode` lacks {}",
            missing.join(" and ")
        );
        report.finding(component.at(FLAG), because, Fix::advice("name `Node,RBAC` first"));
    }
}
