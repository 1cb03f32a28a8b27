//! Without TLS everybody on the way reads and changes what is said.

use model::{Fix, Object, Severity};

use super::ingress::{INGRESS, has_tls_elsewhere, hosts, is_covered};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-009",
    name: "ingress-without-tls",
    title: "Ingress without TLS",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("ingress_without_tls.md"),
    check: Check::Object(INGRESS, check),
};

fn check(ingress: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = ingress.root.get("spec") else { return };
    if has_tls_elsewhere(ingress) {
        return;
    }
    let fix = Fix::advice("add the host to `tls` with a Secret that holds its certificate");
    if spec.list("tls").next().is_none() {
        let because = format!(
            "everybody on the way can read and change what Ingress `{}` serves, passwords and \
             cookies included",
            ingress.name
        );
        return report.finding(ingress.at("spec"), because, fix);
    }
    let uncovered = hosts(ingress).find(|(_, host)| !is_covered(spec, host));
    if let Some((at, host)) = uncovered {
        let because =
            format!("`{host}` is served without a certificate of its own: `tls` omits it");
        report.finding_of(Severity::Low, at, because, fix);
    }
}
