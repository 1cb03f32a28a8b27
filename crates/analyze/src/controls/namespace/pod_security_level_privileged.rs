//! The level `privileged` is no level: it refuses nothing.

use model::{Fix, Object};

use super::{ENFORCE, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-003",
    name: "pod-security-level-privileged",
    title: "Namespace enforces the level `privileged`",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("pod_security_level_privileged.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if object.label(ENFORCE) != Some("privileged") || is_of_the_system(object) {
        return;
    }
    let at = object.at("metadata.labels").key(ENFORCE);
    let because = format!(
        "namespace `{}` takes every pod, privileged ones included: its level refuses nothing",
        object.name
    );
    let fix = "label it with the strictest level that its pods pass, as `bollwerk harden` does";
    report.finding(at, because, Fix::advice(fix));
}
