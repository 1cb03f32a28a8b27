//! A tag that moves and a node that does not look run different programs on each node.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-005",
    name: "image-pull-policy-not-always",
    title: "Moving tag not pulled at each start",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("image_pull_policy_not_always.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let Some(image) = Reference::parse(container.image()) else { continue };
        let written = container.node.str("imagePullPolicy");
        if !image.is_mutable() || written.unwrap_or(image.default_pull_policy()) == "Always" {
            continue;
        }
        let at = container.at("imagePullPolicy");
        let because = format!(
            "container `{}` runs the `{}` its node happens to have, without asking the registry",
            container.name(),
            container.image()
        );
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "\"Always\"").risky("a pod no longer starts while the registry is away"),
        );
    }
}
