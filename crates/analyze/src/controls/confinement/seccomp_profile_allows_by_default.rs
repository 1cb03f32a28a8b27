//! A list of forbidden calls lacks those that nobody thought of.

use model::{Fix, Object};

use super::seccomp::allows_by_default;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONFINEMENT-001",
    name: "seccomp-profile-allows-by-default",
    title: "Seccomp profile allows what it does not list",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_profile_allows_by_default.md"),
    check: Check::Object(
        Kinds::Of(&[("security-profiles-operator.x-k8s.io", "SeccompProfile")]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(profile) = object.root.get("spec") else { return };
    if allows_by_default(profile) {
        let because = format!(
            "profile `{}` lets every system call through that it does not forbid by name",
            object.name
        );
        let fix = Fix::advice("set `SCMP_ACT_ERRNO`, list what is needed, or use RuntimeDefault");
        report.finding(object.at("spec.defaultAction"), because, fix);
    }
}
