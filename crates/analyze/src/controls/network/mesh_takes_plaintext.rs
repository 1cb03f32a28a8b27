//! Where plain text is taken, nobody has to show who they are.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object, Path, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-005",
    name: "mesh-takes-plaintext",
    title: "Mesh takes connections without TLS",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("mesh_takes_plaintext.md"),
    check: Check::Object(Kinds::Of(&[("security.istio.io", "PeerAuthentication")]), check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    let own = spec.field("mtls.mode").map(|mode| (policy.at("spec.mtls.mode"), mode));
    let ports = spec.get("portLevelMtls").into_iter().flat_map(Node::entries);
    let ports = ports.filter_map(|(port, settings)| {
        let at = policy.at("spec.portLevelMtls").key(port).field("mode");
        Some((at, settings.get("mode")?))
    });
    let modes: Vec<(Path, Node<'_>)> = own.into_iter().chain(ports).collect();
    for (at, mode) in modes {
        let (severity, what) = match mode.as_str() {
            Some("DISABLE") => (Severity::Medium, "only without TLS"),
            Some("PERMISSIVE") => (Severity::Low, "with and without TLS"),
            _ => continue,
        };
        let because = format!(
            "whoever reaches a pod of `{}` is served without showing who they are: the mesh takes \
             connections {what}",
            policy.namespace.unwrap_or("its namespace")
        );
        report.finding_of(severity, at, because, Fix::advice("set the mode to STRICT"));
    }
}
