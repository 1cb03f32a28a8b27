//! The insecure port knows no TLS, no login and no roles.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-005",
    name: "api-server-insecure-port",
    title: "API server with a port that asks for nothing",
    impact: Impact::Cluster,
    reach: Reach::Container,
    page: include_str!("api_server_insecure_port.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    let is_open = |name: &str| component.text(name).is_some_and(|value| value != "0");
    let port = is_open("insecure-port").then_some("insecure-port");
    if let Some(name) = port.or_else(|| component.text("insecure-bind-address").map(|_| FLAG)) {
        let because = "whoever reaches the port is an administrator of the cluster: it asks for \
                       no credentials and no roles";
        let fix = Fix::advice("remove the flag; `--secure-port` serves everybody");
        report.finding(component.at(name), because, fix);
    }
}

const FLAG: &str = "insecure-bind-address";
