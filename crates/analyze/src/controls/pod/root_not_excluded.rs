//! Where nobody names a user, the image decides, and most images choose root.

use model::{Container, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-006",
    name: "root-not-excluded",
    title: "Root not excluded",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("root_not_excluded.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) || !pod.host_users() {
        return;
    }
    let explicit = group::by_place(pod, |container| {
        let setting = container.run_as_non_root()?;
        is_open(container).then(|| container.security_at("runAsNonRoot", setting.scope))
    });
    for group in explicit {
        let because = because(&group.names());
        report.finding(group.at.clone(), because, model::Fix::set(group.at, "true").risky(RISK));
    }
    let silent = group::lacking_inherited(pod, "runAsNonRoot", |container| {
        is_open(container) && container.run_as_non_root().is_none()
    });
    if let Some(group) = silent {
        report.finding(group.at.clone(), because(&group.names()), group.set("true").risky(RISK));
    }
}

/// Whether the image may make it root: nothing excludes root, no user is named.
fn is_open(container: &Container<'_>) -> bool {
    let excludes_root = container.run_as_non_root().is_some_and(|setting| setting.value);
    !excludes_root && container.run_as_user().is_none() && !container.privileged()
}

fn because(who: &str) -> String {
    format!("{who} may run as root if the image says so or is replaced by one that does")
}

/// Why the fix is not safe.
const RISK: &str = "an image that runs as root no longer starts";
