//! A version's tag can be pushed again; a digest cannot.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-002",
    name: "image-without-digest",
    title: "Image without a digest",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("image_without_digest.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let group = group::lacking(pod, "image", |container| {
        let image = Reference::parse(container.image());
        // A tag that moves by intent is the worse fault and told as `mutable-image-tag`.
        image.is_some_and(|image| image.digest.is_none() && !image.is_mutable())
    });
    if let Some(group) = group {
        let because = format!(
            "the image of {} can be exchanged under its tag without anybody noticing",
            group.names()
        );
        report.finding(group.at, because, Fix::advice("add the digest: `name:tag@sha256:…`"));
    }
}
