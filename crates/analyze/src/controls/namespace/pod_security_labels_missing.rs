//! A namespace that enforces no level takes every pod, privileged ones included.

use model::{Fix, Object};

use super::{ENFORCE, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-002",
    name: "pod-security-labels-missing",
    title: "Namespace without Pod Security level",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("pod_security_labels_missing.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if object.label(ENFORCE).is_some() || is_of_the_system(object) {
        return;
    }
    let at = object.at("metadata.labels").key(ENFORCE);
    let because = format!(
        "namespace `{}` takes every pod, privileged ones included: no Pod Security level is \
         enforced",
        object.name
    );
    let fix = "label it with the strictest level that its pods pass, as `bollwerk harden` does";
    report.finding(at, because, Fix::advice(fix));
}
