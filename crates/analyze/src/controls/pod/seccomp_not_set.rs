//! Where nobody sets a profile, most nodes confine nothing.

use model::Pod;

use super::seccomp;
use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-019",
    name: "seccomp-not-set",
    title: "No seccomp profile",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_not_set.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // A profile that an annotation asks for in vain is told by a control of its own.
    if group::is_windows(pod) || seccomp::ignored_annotations(pod).next().is_some() {
        return;
    }
    let silent = group::lacking_inherited(pod, "seccompProfile", |container| {
        container.seccomp().is_none() && !container.privileged()
    });
    if let Some(group) = silent {
        let because = format!(
            "{} can make every system call of the node's kernel unless the kubelet sets a default",
            group.names()
        );
        let fix = group.set(r#"{"type":"RuntimeDefault"}"#);
        let fix = fix.worded("set `seccompProfile.type: RuntimeDefault`");
        report.finding(group.at.clone(), because, fix);
    }
}
