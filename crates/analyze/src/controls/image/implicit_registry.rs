//! An image without a registry comes from where the node's configuration says.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-004",
    name: "implicit-registry",
    title: "Registry left to the node",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("implicit_registry.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let approved = &report.options.approved_registries;
    let group = group::lacking(pod, "image", |container| {
        let image = Reference::parse(container.image());
        // Where registries are approved, the worse fault is told as `unapproved-registry`.
        image.is_some_and(|image| {
            image.host.is_none() && (approved.is_empty() || image.is_from(approved))
        })
    });
    if let Some(group) = group {
        let because = format!(
            "the image of {} comes from Docker Hub or from wherever the node's mirrors point",
            group.names()
        );
        report.finding(group.at, because, Fix::advice("write the registry: `docker.io/…`"));
    }
}
