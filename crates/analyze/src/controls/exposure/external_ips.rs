//! A Service with external IPs catches the cluster's traffic to addresses that are not its own.

use model::{Fix, Node, Object};

use super::service::SERVICE;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-006",
    name: "external-ips",
    title: "Service claims external addresses",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("external_ips.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(list) = service.root.field("spec.externalIPs") else { return };
    let Some(first) = list.items().find_map(Node::as_str) else { return };
    let at = service.at("spec.externalIPs");
    let because = format!(
        "what the cluster sends to {first} reaches Service `{}` instead, whoever owns the address",
        service.name
    );
    let fix = Fix::remove(at.clone())
        .risky("clients may use the address")
        .worded("remove `externalIPs`; use a load balancer");
    report.finding(at, because, fix);
}
