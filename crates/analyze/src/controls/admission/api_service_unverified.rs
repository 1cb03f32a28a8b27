//! Whoever stands in between answers in the name of the API.

use model::{Fix, Node, Object, Severity};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-011",
    name: "api-service-unverified",
    title: "API served without checking by whom",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("api_service_unverified.md"),
    check: Check::Object(Kinds::Of(&[("apiregistration.k8s.io", "APIService")]), check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let at = "spec.insecureSkipTLSVerify";
    if service.root.field(at).and_then(Node::as_bool) != Some(true) {
        return;
    }
    let group = service.root.field("spec.group").and_then(Node::as_str).unwrap_or_default();
    // Numbers of use are no secret, and the usual installation of metrics-server does this.
    let severity = if group.ends_with("metrics.k8s.io") { Severity::Low } else { Severity::Medium };
    let because = format!(
        "the API server hands requests for `{group}`, with their users, to whoever answers at its \
         address"
    );
    let fix = Fix::advice("set `caBundle` (cert-manager injects it) and remove this field");
    report.finding_of(severity, service.at(at), because, fix);
}
