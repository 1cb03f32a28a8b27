//! What was fixed since a node image was made is open on its nodes.

use jiff::tz::Offset;

use crate::{Check, Control, Impact, Reach, Report};
use model::cloud::{AgentPool, Fact, node_image_day};
use model::{Fix, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-009",
    name: "node-image-outdated",
    title: "Old node image",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("node_image_outdated.md"),
    check: Check::AgentPool(check),
};

/// Days after which an image is told of: images come weekly (Linux) or monthly (Windows).
const DAYS: i32 = 30;
/// Days after which it is worth more than a remark.
const DAYS_MANY: i32 = 90;

fn check(pool: &AgentPool<'_>, report: &mut Report<'_>) {
    let Fact::Known(version) = pool.text("nodeImageVersion") else { return };
    let at = pool.at("nodeImageVersion");
    // One that does not say its day is a gap of the pool.
    let Some(made) = node_image_day(version) else { return };
    let today = Offset::UTC.to_datetime(report.snapshot.taken_at).date();
    let days = (today - made).get_days();
    if days <= DAYS {
        return;
    }
    let because = format!(
        "agent pool `{}` runs a node image that is {days} days old: what was fixed since in \
         kernel, container runtime and kubelet is open on its nodes",
        pool.name
    );
    let fix = Fix::advice("`az aks nodepool upgrade --node-image-only`");
    let severity = if days > DAYS_MANY { report.severity() } else { Severity::Low };
    report.finding_of(severity, at, because, fix);
}
