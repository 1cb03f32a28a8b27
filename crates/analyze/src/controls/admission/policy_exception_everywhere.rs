//! An exception without names or namespaces takes the policy out of force.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-010",
    name: "policy-exception-everywhere",
    title: "Policy exception for everything",
    impact: Impact::Neighbours,
    reach: Reach::Writer,
    page: include_str!("policy_exception_everywhere.md"),
    check: Check::Object(Kinds::Of(&[("kyverno.io", "PolicyException")]), check),
};

fn check(exception: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = exception.root.get("spec") else { return };
    for mode in ["any", "all"] {
        let filters = spec.field("match").and_then(|filters| filters.get(mode));
        for (index, filter) in filters.into_iter().flat_map(Node::items).enumerate() {
            // Who is exempt, or which labels, narrows it too.
            let narrows = |field: &str| filter.get(field).is_some();
            if ["subjects", "roles", "clusterRoles"].iter().any(|field| narrows(field))
                || !filter.get("resources").is_some_and(is_everything)
                || spec.get("conditions").is_some()
            {
                continue;
            }
            let at = exception.at("spec.match").field(mode).index(index).field("resources");
            let because = format!(
                "exception `{}` takes its policies out of force in every namespace",
                exception.name
            );
            let fix = Fix::advice("name the namespaces and the objects that need it");
            return report.finding(at, because, fix);
        }
    }
}

fn is_everything(resources: Node<'_>) -> bool {
    let is_open = |field: &str| {
        let mut names = resources.list(field).filter_map(Node::as_str).peekable();
        names.peek().is_none() || names.any(|name| name == "*")
    };
    let selects = ["selector", "namespaceSelector", "annotations", "name"];
    is_open("namespaces") && is_open("names") && !selects.iter().any(|f| resources.get(f).is_some())
}
