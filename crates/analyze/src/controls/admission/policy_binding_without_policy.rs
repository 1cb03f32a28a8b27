//! A binding without its policy checks nothing.

use model::{Fix, Node, Object};

use super::policy::GROUP;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-008",
    name: "policy-binding-without-policy",
    title: "Binding of a policy that is not there",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("policy_binding_without_policy.md"),
    check: Check::Object(
        Kinds::Of(&[("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding")]),
        check,
    ),
};

fn check(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(name) = binding.root.field("spec.policyName").and_then(Node::as_str) else { return };
    let kind = (GROUP, "ValidatingAdmissionPolicy");
    let mut policies = report.snapshot.neighbours(report.world, None, kind).peekable();
    // Where no policy is kept at all, they come from elsewhere.
    if policies.peek().is_none() || policies.any(|policy| policy.name == name) {
        return;
    }
    let because = format!("binding `{}` checks nothing: there is no policy `{name}`", binding.name);
    let fix = Fix::advice("name a policy that exists");
    report.finding(binding.at("spec.policyName"), because, fix);
}
