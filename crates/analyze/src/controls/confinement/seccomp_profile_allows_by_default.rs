//! A list of forbidden calls lacks those that nobody thought of.

use model::{Fix, Object};

use super::seccomp::{self, Profile, allows_by_default};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONFINEMENT-001",
    name: "seccomp-profile-allows-by-default",
    title: "Seccomp profile allows what it does not list",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_profile_allows_by_default.md"),
    check: Check::Object(seccomp::KINDS, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    seccomp::each(object, report, judge);
}

fn judge(profile: &Profile<'_>, report: &mut Report<'_>) {
    let Profile { name, at, has_fields, root } = profile;
    if allows_by_default(*root) {
        let because = format!(
            "profile `{name}` lets every system call through that it does not forbid by name"
        );
        let fix = Fix::advice("set `SCMP_ACT_ERRNO`, list what is needed, or use RuntimeDefault");
        let at = if *has_fields { at.clone().key("defaultAction") } else { at.clone() };
        report.finding(at, because, fix);
    }
}
