//! Policies of the three widespread engines, and whether they refuse anything.

use model::{Node, Object, Path};

/// The group of Kubernetes' own policies.
pub(super) const GROUP: &str = "admissionregistration.k8s.io";

/// Where a policy says that it refuses nothing, if it does.
pub(super) fn refuses_nothing(object: &Object<'_>) -> Option<Path> {
    match (object.group(), object.kind) {
        (GROUP, "ValidatingAdmissionPolicyBinding") => binding(object),
        ("constraints.gatekeeper.sh", _) => gatekeeper(object),
        ("kyverno.io", "ClusterPolicy" | "Policy") => kyverno(object),
        ("policies.kyverno.io", "ValidatingPolicy" | "ImageValidatingPolicy") => {
            let actions = object.root.field("spec.validationActions")?;
            let denies = actions.items().any(|action| action.as_str() == Some("Deny"));
            let is_set = actions.items().next().is_some();
            (is_set && !denies).then(|| object.at("spec.validationActions"))
        }
        _ => None,
    }
}

fn binding(object: &Object<'_>) -> Option<Path> {
    let actions = object.root.field("spec.validationActions")?;
    let mut names = actions.items().filter_map(Node::as_str).peekable();
    names.peek()?;
    names.all(|name| name != "Deny").then(|| object.at("spec.validationActions"))
}

fn gatekeeper(object: &Object<'_>) -> Option<Path> {
    let action = object.root.field("spec.enforcementAction")?.as_str()?;
    matches!(action, "dryrun" | "warn").then(|| object.at("spec.enforcementAction"))
}

/// A policy refuses nothing if it says so for all rules, or in every rule that checks.
fn kyverno(object: &Object<'_>) -> Option<Path> {
    let spec = object.root.get("spec")?;
    let audits = |action: &str| action.eq_ignore_ascii_case("audit");
    let mut checks = spec.list("rules").filter_map(|rule| rule.get("validate")).peekable();
    checks.peek()?;
    let overall = spec.str("validationFailureAction");
    let all = checks.all(|check| check.str("failureAction").or(overall).is_some_and(audits));
    // An override may enforce in some namespaces.
    let is_overridden = spec.list("validationFailureActionOverrides").next().is_some();
    if !all || is_overridden {
        return None;
    }
    if overall.is_some() {
        return Some(object.at("spec.validationFailureAction"));
    }
    let first = spec.list("rules").position(|rule| rule.get("validate").is_some())?;
    Some(object.at("spec.rules").index(first).field("validate.failureAction"))
}
