//! Whoever writes a route anywhere serves under the gateway's names.

use model::{Fix, Object, Severity};

use super::gateway::{GATEWAY, is_wildcard, listeners, routes_from};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-015",
    name: "gateway-allows-all-namespaces",
    title: "Gateway takes routes of every namespace",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("gateway_allows_all_namespaces.md"),
    check: Check::Object(GATEWAY, check),
};

fn check(gateway: &Object<'_>, report: &mut Report<'_>) {
    for (at, listener) in listeners(gateway) {
        if routes_from(listener) != "All" {
            continue;
        }
        let severity = if is_wildcard(listener) { Severity::Medium } else { Severity::Low };
        let host = listener.str("hostname").unwrap_or("every name");
        let because = format!(
            "whoever may write a route in any namespace can serve `{host}` by Gateway `{}`",
            gateway.name
        );
        let fix = Fix::advice("set `from: Selector` and label the namespaces that may");
        report.finding_of(severity, at.field("allowedRoutes.namespaces.from"), because, fix);
    }
}
