//! A token that is valid for days outlives the pod it was stolen from.

use model::{Fix, Node, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-039",
    name: "long-lived-projected-token",
    title: "Projected token valid for long",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("long_lived_projected_token.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes() {
        let sources = volume.node.field("projected.sources").into_iter().flat_map(Node::items);
        for (index, source) in sources.enumerate() {
            let field = "serviceAccountToken.expirationSeconds";
            let seconds = source.field(field).and_then(Node::as_int);
            let Some(seconds) = seconds.filter(|seconds| *seconds > SECONDS_MAX) else { continue };
            let because = format!(
                "a token stolen from volume `{}` works for up to {} hours",
                volume.name(),
                seconds / 3600
            );
            let at = volume.at("projected.sources").index(index).field(field);
            report.finding(
                at.clone(),
                because,
                Fix::set(at, "3600")
                    .risky("a program that reads its token once loses access after an hour"),
            );
        }
    }
}

/// A day; the kubelet renews a token long before it ends.
const SECONDS_MAX: i64 = 24 * 3600;
