//! An image from elsewhere has passed none of the checks of the approved registries.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-003",
    name: "unapproved-registry",
    title: "Image from an unapproved registry",
    impact: Impact::Workload,
    reach: Reach::Writer,
    page: include_str!("unapproved_registry.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let approved = &report.options.approved_registries;
    if approved.is_empty() {
        return;
    }
    for container in pod.containers() {
        let Some(image) = Reference::parse(container.image()) else { continue };
        if image.is_from(approved) {
            continue;
        }
        let because = format!(
            "container `{}` runs an image of {}, which is not among the approved registries",
            container.name(),
            image.registry()
        );
        let fix = Fix::advice("copy the image to an approved registry and use it from there");
        report.finding(container.at("image"), because, fix);
    }
}
