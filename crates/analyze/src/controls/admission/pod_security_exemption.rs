//! What is exempt is not checked, wherever it lies.

use model::{Fix, Node, Object, Path, Severity};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-012",
    name: "pod-security-exemption",
    title: "Pod Security exempts users or runtime classes",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("pod_security_exemption.md"),
    check: Check::Object(
        Kinds::Of(&[
            ("apiserver.config.k8s.io", "AdmissionConfiguration"),
            ("pod-security.admission.config.k8s.io", "PodSecurityConfiguration"),
        ]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    if object.kind == "PodSecurityConfiguration" {
        return exemptions(object, object.root, Path::root(), report);
    }
    for (index, plugin) in object.root.list("plugins").enumerate() {
        if plugin.str("name") == Some("PodSecurity")
            && let Some(configuration) = plugin.get("configuration")
        {
            let at = object.at("plugins").index(index).field("configuration");
            exemptions(object, configuration, at, report);
        }
    }
}

fn exemptions(object: &Object<'_>, node: Node<'_>, at: Path, report: &mut Report<'_>) {
    let Some(exemptions) = node.get("exemptions") else { return };
    let at = at.field("exemptions");
    let fix = Fix::advice("exempt namespaces alone, those that need it");
    for (field, severity) in [("usernames", Severity::Medium), ("runtimeClasses", Severity::Low)] {
        let Some(first) = exemptions.list(field).find_map(Node::as_str) else { continue };
        // Controllers make the pods of everybody's workloads.
        let is_controller = |name: &str| name.starts_with("system:serviceaccount:kube-system:");
        let all = exemptions.list(field).filter_map(Node::as_str).any(is_controller);
        let severity = if all { Severity::High } else { severity };
        let what = if all { "everybody's workloads make" } else { "are made so" };
        let because = format!(
            "pods with `{first}` in `{field}` are checked against no level: {what}, in any \
             namespace \
             (`{}`)",
            object.kind
        );
        report.finding_of(severity, at.clone().field(field), because, fix.clone());
    }
}
