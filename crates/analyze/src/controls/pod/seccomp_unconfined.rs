//! Unconfined means every system call of the node's kernel.

use model::{Edit, Fix, Path, Pod, Profile};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-018",
    name: "seccomp-unconfined",
    title: "Seccomp switched off",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_unconfined.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    let groups = group::by_place(pod, |container| {
        let setting = container.seccomp()?;
        let is_fault = setting.value == Profile::Unconfined && !container.privileged();
        is_fault.then(|| container.security_at("seccompProfile", setting.scope))
    });
    for group in groups {
        let because = format!(
            "{} can make every system call of the node's kernel, also those only exploits use",
            group.names()
        );
        let fix = match group.at.last_key() {
            Some("seccompProfile") => {
                let fix = group.set(r#"{"type":"RuntimeDefault"}"#).risky(RISK);
                fix.worded("set `seccompProfile.type: RuntimeDefault`")
            }
            _ => in_the_field(pod, group.at.clone()),
        };
        report.finding(group.at.clone(), because, fix);
    }
}

/// The annotation goes, and the pod's field says what the runtime's default would be.
fn in_the_field(pod: &Pod<'_>, annotation: Path) -> Fix {
    let at = pod.at("securityContext.seccompProfile");
    let fix = Fix::set(at, r#"{"type":"RuntimeDefault"}"#).and(Edit::Remove { at: annotation });
    fix.risky(RISK).worded("replace the annotation by `seccompProfile.type: RuntimeDefault`")
}

/// Why the fix is not safe.
const RISK: &str = "the program may make system calls that the profile refuses";
