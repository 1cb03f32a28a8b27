//! A profile of one's own may be weaker than the runtime's.

use model::{Fix, Object};

use super::seccomp::{self, Profile, allows_by_default, dangerous_rule};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONFINEMENT-002",
    name: "seccomp-profile-allows-dangerous-call",
    title: "Seccomp profile allows a dangerous call",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_profile_allows_dangerous_call.md"),
    check: Check::Object(seccomp::KINDS, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    seccomp::each(object, report, judge);
}

fn judge(profile: &Profile<'_>, report: &mut Report<'_>) {
    let Profile { name, at, has_fields, root } = profile;
    // Where the default allows, that is the fault.
    if allows_by_default(*root) {
        return;
    }
    if let Some((index, call, what)) = dangerous_rule(*root) {
        let because = format!(
            "profile `{name}` allows `{call}`, which {what}: the runtime's own profile does not"
        );
        let fix = Fix::advice("remove the call unless the program needs it");
        let at = if *has_fields { at.clone().key("syscalls").index(index) } else { at.clone() };
        report.finding(at, because, fix);
    }
}
