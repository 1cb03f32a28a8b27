//! Since Kubernetes 1.27 the annotations are ignored.

use model::{Fix, Pod};

use super::seccomp;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-041",
    name: "seccomp-by-annotation",
    title: "Seccomp profile by an annotation that nobody reads",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("seccomp_by_annotation.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Some((key, _)) = seccomp::ignored_annotations(pod).next() else { return };
    let because = format!(
        "it runs without the profile that the annotation asks for: Kubernetes has ignored `{key}` \
         since v1.27"
    );
    // All of them at once: of one that stays the next run would tell.
    let edits = seccomp::ignored_annotations(pod)
        .map(|(key, value)| seccomp::as_field(pod, key, value))
        .collect::<Option<Vec<_>>>();
    let advice = "set `seccompProfile` in the securityContext, and drop the annotation";
    let edits: Vec<_> = edits.into_iter().flatten().flatten().collect();
    let fix = if edits.is_empty() {
        Fix::advice(advice)
    } else {
        let fix = Fix { edits, ..Fix::advice(advice) };
        fix.risky("the program may need a system call that the profile keeps from it")
    };
    report.finding(pod.metadata_at("annotations").key(key), because, fix);
}
