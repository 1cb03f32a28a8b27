//! With `Never` the node runs whatever lies there under the name.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-008",
    name: "image-never-pulled",
    title: "Image that is never pulled",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("image_never_pulled.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let Some(image) = Reference::parse(container.image()) else { continue };
        // With a tag that moves the policy is told of in any case.
        let is_told_or_sure = image.is_mutable() || image.digest.is_some();
        if container.node.str("imagePullPolicy") != Some("Never") || is_told_or_sure {
            continue;
        }
        let because = format!(
            "container `{}` runs whatever its node holds under the name `{}`",
            container.name(),
            container.image()
        );
        let at = container.at("imagePullPolicy");
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "\"IfNotPresent\"")
                .risky("the node may hold an image that no registry has"),
        );
    }
}
