//! An expression that fails refuses nothing.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-007",
    name: "policy-fails-open",
    title: "Policy lets pass what it cannot evaluate",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("policy_fails_open.md"),
    check: Check::Object(
        Kinds::Of(&[("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")]),
        check,
    ),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    if policy.root.field("spec.failurePolicy").and_then(Node::as_str) == Some("Ignore") {
        let because =
            format!("an object on which an expression of policy `{}` fails is let in", policy.name);
        let at = policy.at("spec.failurePolicy");
        report.finding(
            at.clone(),
            because,
            Fix::set(at, "\"Fail\"").risky("what the policy cannot judge is then refused"),
        );
    }
}
