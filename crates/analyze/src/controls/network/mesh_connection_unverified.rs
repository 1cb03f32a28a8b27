//! TLS with anybody is TLS with the attacker.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-006",
    name: "mesh-connection-unverified",
    title: "Mesh connects without checking to whom",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("mesh_connection_unverified.md"),
    check: Check::Object(Kinds::Of(&[("networking.istio.io", "DestinationRule")]), check),
};

fn check(rule: &Object<'_>, report: &mut Report<'_>) {
    let tls = "spec.trafficPolicy.tls";
    let Some(settings) = rule.root.field(tls) else { return };
    let host = rule.root.field("spec.host").and_then(Node::as_str).unwrap_or("its host");
    if settings.bool("insecureSkipVerify") == Some(true) {
        let because = format!(
            "whoever sits between pods and `{host}` reads and changes what they say: the \
             certificate is not checked"
        );
        let at = rule.at(tls).field("insecureSkipVerify");
        return report.finding(at, because, Fix::advice("name `caCertificates`, and check"));
    }
    if settings.str("mode") == Some("DISABLE") {
        let because =
            format!("connections to `{host}` go without TLS, past what the mesh asks for");
        let fix = Fix::advice("set the mode to ISTIO_MUTUAL, or SIMPLE for hosts of the outside");
        report.finding_of(Severity::Low, rule.at(tls).field("mode"), because, fix);
    }
}
