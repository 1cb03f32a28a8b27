//! A rule without host catches every request that no other rule wants.

use model::{Fix, Node, Object};

use super::ingress::INGRESS;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-011",
    name: "ingress-without-host",
    title: "Ingress for any host",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("ingress_without_host.md"),
    check: Check::Object(INGRESS, check),
};

fn check(ingress: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = ingress.root.get("spec") else { return };
    let has_host = |rule: &Node<'_>| rule.str("host").is_some_and(|host| !host.is_empty());
    let rules = ingress.at("spec.rules");
    let at = match spec.list("rules").position(|rule| !has_host(&rule)) {
        Some(index) => rules.index(index),
        None if spec.list("rules").next().is_some() => return,
        None if spec.get("defaultBackend").is_some() => ingress.at("spec.defaultBackend"),
        None if spec.get("backend").is_some() => ingress.at("spec.backend"),
        None => return,
    };
    let because = format!(
        "Ingress `{}` answers under every name and address that leads to the controller",
        ingress.name
    );
    report.finding(at, because, Fix::advice("set `host` to the name that is served"));
}
