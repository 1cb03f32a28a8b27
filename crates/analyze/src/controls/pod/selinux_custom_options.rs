//! A type other than those of containers leaves the confinement SELinux gives them.

use model::{Fix, Node, Pod, Severity};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-021",
    name: "selinux-custom-options",
    title: "SELinux type, user or role of its own",
    impact: Impact::Neighbours,
    reach: Reach::Container,
    page: include_str!("selinux_custom_options.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    for field in ["type", "user", "role"] {
        let groups = group::by_place(pod, |container| {
            let setting = container.se_linux()?;
            let is_fault = written(setting.value, field).is_some() && !container.privileged();
            is_fault.then(|| container.security_at("seLinuxOptions", setting.scope).field(field))
        });
        for group in groups {
            let value = group.at.resolve(pod.object.root).and_then(Node::as_str);
            let value = value.unwrap_or_default();
            // `spc_t`, the type of super privileged containers, is confined by nothing.
            let severity = if value == "spc_t" { Severity::High } else { Severity::Medium };
            let because = format!(
                "{} with the SELinux {field} `{value}`, which is not made for containers",
                group.who("runs", "run")
            );
            let fix =
                Fix::remove(group.at.clone()).risky("the program may need what the label opens");
            report.finding_of(severity, group.at, because, fix);
        }
    }
}

/// The types for containers (k8s.io/pod-security-admission, `check_seLinuxOptions.go`).
const CONTAINER_TYPES: &[&str] =
    &["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// A custom value of a field; none if it is empty or a type for containers.
fn written<'a>(options: Node<'a>, field: &str) -> Option<&'a str> {
    let value = options.str(field).filter(|value| !value.is_empty())?;
    (field != "type" || !CONTAINER_TYPES.contains(&value)).then_some(value)
}
