//! A wildcard host serves names nobody has thought of.

use model::{Fix, Object};

use super::ingress::{INGRESS, hosts};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-010",
    name: "ingress-wildcard-host",
    title: "Ingress for all hosts of a domain",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("ingress_wildcard_host.md"),
    check: Check::Object(INGRESS, check),
};

fn check(ingress: &Object<'_>, report: &mut Report<'_>) {
    let wildcard = hosts(ingress).find(|(_, host)| host.starts_with('*'));
    if let Some((at, host)) = wildcard {
        let because = format!(
            "Ingress `{}` answers for every name under `{host}` that no other claims",
            ingress.name
        );
        report.finding(at, because, Fix::advice("name the hosts that are served"));
    }
}
