//! A listener for all names lets the namespaces it serves take each other's.

use model::{Fix, Object};

use super::gateway::{GATEWAY, is_wildcard, listeners, routes_from};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-016",
    name: "gateway-wildcard-listener",
    title: "Gateway shares every name among namespaces",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("gateway_wildcard_listener.md"),
    check: Check::Object(GATEWAY, check),
};

fn check(gateway: &Object<'_>, report: &mut Report<'_>) {
    for (at, listener) in listeners(gateway) {
        if routes_from(listener) == "Selector" && is_wildcard(listener) {
            let name = listener.str("name").unwrap_or_default();
            let because = format!(
                "every namespace that listener `{name}` of Gateway `{}` serves may claim any name, \
                 the other's too",
                gateway.name
            );
            let fix = Fix::advice("give each host a listener with its `hostname`");
            report.finding(at.field("hostname"), because, fix);
        }
    }
}
