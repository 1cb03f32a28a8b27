//! Whoever may add to the project may write the whole cluster.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-014",
    name: "deployment-project-unbounded",
    title: "Deployment project without bounds",
    impact: Impact::Cluster,
    reach: Reach::Writer,
    page: include_str!("deployment_project_unbounded.md"),
    check: Check::Object(Kinds::Of(&[("argoproj.io", "AppProject")]), check),
};

fn check(project: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = project.root.get("spec") else { return };
    let is_any = |node: Node<'_>, field: &str| node.str(field) == Some("*");
    let any_source = spec.list("sourceRepos").any(|repository| repository.as_str() == Some("*"));
    let any_kind =
        spec.list("clusterResourceWhitelist").any(|it| is_any(it, "group") && is_any(it, "kind"));
    let any_place = spec.list("destinations").position(|it| is_any(it, "namespace"));
    let (true, true, Some(index)) = (any_source, any_kind, any_place) else { return };
    let because = format!(
        "whoever may add an Application to project `{}` writes any object of the cluster, from \
         any repository, past RBAC",
        project.name
    );
    let fix = Fix::advice("name the repositories, namespaces and cluster-wide kinds it needs");
    report.finding(project.at("spec.destinations").index(index), because, fix);
}
