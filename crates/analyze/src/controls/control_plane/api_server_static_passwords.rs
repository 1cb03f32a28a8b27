//! Tokens in a file never end and cannot be taken back without a restart.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-004",
    name: "api-server-static-passwords",
    title: "API server takes passwords or tokens from a file",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("api_server_static_passwords.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    for name in ["token-auth-file", "basic-auth-file"] {
        if let Some(flag) = component.flag(name) {
            let because = format!(
                "whoever gets hold of the file of `--{name}` can log in until somebody restarts \
                 the API server: what it lists never ends"
            );
            let fix = Fix::advice("remove the flag, and log people in by OpenID Connect");
            report.finding(flag.at.clone(), because, fix);
        }
    }
}
