//! Who may label a namespace may let its pods in.

use model::{Fix, Node, Object};

use super::{NETWORK_POLICY, applies, is_empty_selector};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-026",
    name: "network-policy-namespace-label-forgeable",
    title: "Network policy trusts a label that others may set",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_namespace_label_forgeable.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

/// The API server sets it on every namespace and lets nobody change it.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec").filter(|spec| applies(*spec, "Ingress")) else {
        return;
    };
    for (rule, written) in spec.list("ingress").enumerate() {
        for (place, peer) in written.list("from").enumerate() {
            let Some(selector) = peer.get("namespaceSelector") else { continue };
            if is_empty_selector(selector) || names_the_namespace(selector) {
                continue;
            }
            let Some(who) = report.ask_world(|world| world.labels_namespaces().map(str::to_owned))
            else {
                return;
            };
            let because = format!(
                "{who} may label namespaces, and so let the pods of any of them in to those of \
                 NetworkPolicy `{}`",
                policy.name
            );
            let at = policy.at("spec.ingress").index(rule).field("from").index(place);
            let fix = Fix::advice("select namespaces by `kubernetes.io/metadata.name`");
            return report.finding(at.field("namespaceSelector"), because, fix);
        }
    }
}

fn names_the_namespace(selector: Node<'_>) -> bool {
    let by_label = selector.get("matchLabels").is_some_and(|it| it.get(NAME_LABEL).is_some());
    by_label
        || selector
            .list("matchExpressions")
            .any(|it| it.str("key") == Some(NAME_LABEL) && it.str("operator") == Some("In"))
}
