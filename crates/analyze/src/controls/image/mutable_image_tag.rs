//! A tag that moves runs whatever was pushed last.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-001",
    name: "mutable-image-tag",
    title: "Image tag can move",
    impact: Impact::Workload,
    reach: Reach::Writer,
    page: include_str!("mutable_image_tag.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let Some(image) = Reference::parse(container.image()) else { continue };
        if !image.is_mutable() {
            continue;
        }
        let (name, written) = (container.name(), container.image());
        let because = match image.tag {
            Some(tag) => format!(
                "container `{name}` runs whatever `{tag}` of `{}` means at the next start",
                image.repository
            ),
            None => format!("container `{name}` runs the latest `{written}`, whatever that is"),
        };
        let fix = Fix::advice("name a version, best with its digest");
        report.finding(container.at("image"), because, fix);
    }
}
