//! What lies in `default` shares policies, quotas and rights with everything put there by mistake.

use model::{Fix, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-001",
    name: "default-namespace-used",
    title: "Object in the namespace `default`",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("default_namespace_used.md"),
    check: Check::Object(Kinds::Any, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    // Only what is written counts: a namespace that is missing is given when it is applied.
    let written = object.root.field("metadata.namespace").and_then(model::Node::as_str);
    if written == Some("default") && !belongs_there(object) {
        let because = format!(
            "{} `{}` lies in `default` together with everything put there by mistake",
            object.kind, object.name
        );
        let fix = Fix::advice("give the application a namespace of its own");
        report.finding(object.at("metadata.namespace"), because, fix);
    }
}

/// The API server's own objects, and what guards the namespace: they belong there.
fn belongs_there(object: &Object<'_>) -> bool {
    object.name == "kubernetes" && matches!(object.kind, "Service" | "Endpoints" | "EndpointSlice")
        || object.is("networking.k8s.io", "NetworkPolicy")
        || object.is("policy", "PodDisruptionBudget")
        || object.is("", "LimitRange")
        || object.is("", "ResourceQuota")
}
