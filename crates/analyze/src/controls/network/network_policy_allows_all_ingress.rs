//! A rule that names neither a sender nor a port allows everything.

use model::{Fix, Node, Object, Severity};

use super::{NETWORK_POLICY, applies, names_nobody, reaches_all_pods, selects_all};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-002",
    name: "network-policy-allows-all-ingress",
    title: "Network policy lets everybody in",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_allows_all_ingress.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    if !applies(spec, "Ingress") {
        return;
    }
    let is_open = |rule: &Node<'_>| {
        rule.list("ports").next().is_none()
            && (names_nobody(*rule, "from") || rule.list("from").any(reaches_all_pods))
    };
    let Some((index, rule)) = spec.list("ingress").enumerate().find(|(_, rule)| is_open(rule))
    else {
        return;
    };
    // For chosen pods this is how a public program is opened in a closed namespace.
    let everyone = names_nobody(rule, "from");
    let is_broad = selects_all(spec);
    let severity = if is_broad && everyone { Severity::Medium } else { Severity::Low };
    let who = if everyone { "everybody" } else { "every pod of the cluster" };
    let whom = if is_broad { "every pod of the namespace" } else { "the pods it selects" };
    let because =
        format!("{who} may speak to {whom} on every port, says NetworkPolicy `{}`", policy.name);
    let fix = Fix::advice("name the senders in `from`, and the ports");
    report.finding_of(severity, policy.at("spec.ingress").index(index), because, fix);
}
