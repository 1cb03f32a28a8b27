//! A gateway that knows HTTP alone lets everybody on the way read along.

use model::{Fix, Node, Object};

use super::gateway::{GATEWAY, listeners};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-014",
    name: "gateway-without-tls",
    title: "Gateway without TLS",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("gateway_without_tls.md"),
    check: Check::Object(GATEWAY, check),
};

fn check(gateway: &Object<'_>, report: &mut Report<'_>) {
    let is_encrypted =
        |listener: Node<'_>| matches!(listener.str("protocol"), Some("HTTPS" | "TLS"));
    if listeners(gateway).any(|(_, listener)| is_encrypted(listener)) {
        return;
    }
    let mut plain = listeners(gateway).filter(|(_, l)| l.str("protocol") == Some("HTTP"));
    if let Some((at, _)) = plain.next() {
        let because = format!(
            "everybody on the way can read and change what Gateway `{}` serves: no listener has \
             TLS",
            gateway.name
        );
        let fix = Fix::advice("add an HTTPS listener, and keep HTTP to redirect to it");
        report.finding(at.field("protocol"), because, fix);
    }
}
