//! What is killed in the middle of a write leaves half of it.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Fix, Pod};

pub(super) const CONTROL: Control = Control {
    id: "BW-AVAILABILITY-006",
    name: "killed-without-grace",
    title: "Pod killed without time to end",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("killed_without_grace.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    const FIELD: &str = "terminationGracePeriodSeconds";
    if pod.spec.int(FIELD) == Some(0) {
        let because = "its programs are killed at once, in the middle of what they do, and its \
                       volumes may be taken by another pod while they are still written";
        let fix = Fix::advice("remove it, or give the seconds the program needs to end");
        report.finding(pod.at(FIELD), because, fix);
    }
}
