//! A policy without a binding checks nothing.

use model::{Fix, Node, Object};

use super::policy::GROUP;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-009",
    name: "policy-without-binding",
    title: "Policy that nobody puts in force",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("policy_without_binding.md"),
    check: Check::Object(
        Kinds::Of(&[("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")]),
        check,
    ),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let kind = (GROUP, "ValidatingAdmissionPolicyBinding");
    let mut bindings = report.snapshot.neighbours(report.world, None, kind).peekable();
    let names = |binding: Object<'_>| {
        binding.root.field("spec.policyName").and_then(Node::as_str) == Some(policy.name)
    };
    // Where no binding is kept at all, they come from elsewhere.
    if bindings.peek().is_none() || bindings.any(names) {
        return;
    }
    let because = format!("policy `{}` checks nothing: no binding names it", policy.name);
    let fix = Fix::advice("add a ValidatingAdmissionPolicyBinding that names it");
    report.finding(policy.at("metadata.name"), because, fix);
}
