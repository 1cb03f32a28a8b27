//! A profile that allows all capabilities or mounts, or only complains.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONFINEMENT-003",
    name: "apparmor-profile-weak",
    title: "AppArmor profile confines nothing",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("apparmor_profile_weak.md"),
    check: Check::Object(
        Kinds::Of(&[("security-profiles-operator.x-k8s.io", "AppArmorProfile"), ("", "ConfigMap")]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if object.kind == "ConfigMap" {
        return in_config_map(object, report);
    }
    let complains = object.root.field("spec.complainMode").and_then(Node::as_bool) == Some(true);
    if complains {
        let because =
            format!("profile `{}` writes down what it forbids and lets it happen", object.name);
        let at = object.at("spec.complainMode");
        return report.finding(
            at.clone(),
            because,
            Fix::set(at, "false")
                .risky("programs under the profile may do what it would then refuse"),
        );
    }
    let Some(text) = object.root.field("spec.policy").and_then(Node::as_str) else { return };
    if let Some(rule) = text.lines().find_map(weak_rule) {
        let because = format!("profile `{}` has the rule `{rule}`", object.name);
        report.finding(object.at("spec.policy"), because, Fix::advice(ADVICE));
    }
}

const ADVICE: &str = "name the capabilities, the mounts and the files that are needed";

/// Profiles that a loader puts on nodes from a ConfigMap: values with a line `profile ⟨name⟩ {`.
fn in_config_map(object: &Object<'_>, report: &mut Report<'_>) {
    for (key, value) in object.root.get("data").into_iter().flat_map(Node::entries) {
        let text = value.as_str().unwrap_or_default();
        let begins = |line: &str| line.starts_with("profile ") && line.trim_end().ends_with('{');
        if !text.lines().any(begins) {
            continue;
        }
        if let Some(rule) = text.lines().find_map(weak_rule) {
            let because = format!("the AppArmor profile in `{key}` has the rule `{rule}`");
            report.finding(object.at("data").key(key), because, Fix::advice(ADVICE));
        }
    }
}

/// A rule that takes most of the profile's effect away (apparmor.d(5)), as written.
fn weak_rule(line: &str) -> Option<&'static str> {
    let line = line.split('#').next().unwrap_or_default().trim();
    if line.contains("flags=") && line.contains("complain") {
        return Some("flags=(complain)");
    }
    if line.contains("flags=") && line.contains("unconfined") {
        return Some("flags=(unconfined)");
    }
    let rule = line.strip_prefix("allow ").unwrap_or(line);
    ["capability,", "mount,", "ptrace,", "all,", "userns,", "capability sys_admin,"]
        .into_iter()
        .find(|weak| rule == *weak)
}
