//! A profile of one's own may be weaker than the runtime's.

use model::{Fix, Object};

use super::seccomp::{allows_by_default, dangerous_rule};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONFINEMENT-002",
    name: "seccomp-profile-allows-dangerous-call",
    title: "Seccomp profile allows a dangerous call",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_profile_allows_dangerous_call.md"),
    check: Check::Object(
        Kinds::Of(&[("security-profiles-operator.x-k8s.io", "SeccompProfile")]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    // Where the default allows, that is the fault.
    let profile = object.root.get("spec").filter(|profile| !allows_by_default(*profile));
    if let Some((index, call, what)) = profile.and_then(dangerous_rule) {
        let because = format!(
            "profile `{}` allows `{call}`, which {what}: the runtime's own profile does not",
            object.name
        );
        let fix = Fix::advice("remove the call unless the program needs it");
        report.finding(object.at("spec.syscalls").index(index), because, fix);
    }
}
