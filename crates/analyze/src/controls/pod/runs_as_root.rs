//! A container whose user is 0 is root on its node as soon as it gets out.

use model::{Container, Fix, Path, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-005",
    name: "runs-as-root",
    title: "Container runs as root",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("runs_as_root.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // In a user namespace of its own the pod's root is nobody on the node.
    if group::is_windows(pod) || !pod.host_users() {
        return;
    }
    for group in group::by_place(pod, |container| place_of_root(container, false)) {
        let because =
            format!("{} as user 0: whoever gets out is root on the node", group.who("runs", "run"));
        let fix = Fix::advice("set `runAsUser` to a user of the image that is not 0");
        report.finding(group.at, because, fix);
    }
    for group in group::by_place(pod, |container| place_of_root(container, true)) {
        let because = format!(
            "{} for user 0, which `runAsNonRoot` refuses: it never starts, and is root as soon as \
             that is taken away",
            group.who("asks", "ask")
        );
        let fix = Fix::advice("set `runAsUser` to a user of the image that is not 0");
        report.finding_of(model::Severity::Low, group.at, because, fix);
    }
}

/// Where root is written, for those that the kubelet refuses or for the others.
fn place_of_root(container: &Container<'_>, refused: bool) -> Option<Path> {
    let user = container.run_as_user().filter(|user| user.value == 0)?;
    let is_refused = container.run_as_non_root().is_some_and(|setting| setting.value);
    let counts = is_refused == refused && !container.privileged();
    counts.then(|| container.security_at("runAsUser", user.scope))
}
