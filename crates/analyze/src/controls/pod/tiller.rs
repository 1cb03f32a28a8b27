//! The server of Helm 2 does what anybody asks, as administrator.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Fix, Pod};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-043",
    name: "tiller",
    title: "Tiller in the cluster",
    impact: Impact::Cluster,
    reach: Reach::Container,
    page: include_str!("tiller.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let name = container.image().rsplit('/').next().unwrap_or_default();
        if name.split([':', '@']).next() != Some("tiller") {
            continue;
        }
        let because = format!(
            "every pod of the cluster can ask container `{}` to install anything, with the rights \
             it has: Tiller asks for no credentials",
            container.name()
        );
        let fix = Fix::advice("move to Helm 3, which has no server, and remove Tiller");
        report.finding(container.at("image"), because, fix);
    }
}
