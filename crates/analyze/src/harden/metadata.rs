//! The addresses that hand out the node's credentials, closed for whole namespaces: by the policies
//! of the network plugin where it has a form that denies, and an exception by a label of pods.
//!
//! Sources: `EnableDefaultDeny` and `EgressDeny` in `pkg/policy/api/rule.go` of Cilium; "Tier" and
//! "Global network policy" in the reference of Calico, whose policies outside of a tier of their
//! own would stand in the place of those that come after them.

use std::collections::BTreeSet;

use model::{Object, Snapshot, WorldId};

use super::{Manifest, Plan};
use crate::network::metadata::{ADDRESSES, EXCEPTION, Metadata};

/// Ways to write that an address is denied.
struct Form {
    group: &'static str,
    kind: &'static str,
    name: &'static str,
    document: fn(&str, &[&str]) -> String,
    /// What stands once before the first of its documents.
    before: &'static str,
}

const CILIUM: Form = Form {
    group: "cilium.io",
    kind: "CiliumClusterwideNetworkPolicy",
    name: "deny-metadata",
    document: cilium,
    before: "",
};

const CALICO: Form = Form {
    group: "projectcalico.org",
    kind: "GlobalNetworkPolicy",
    // Before version 3.30 the name begins with that of the tier.
    name: "bollwerk.deny-metadata",
    document: calico,
    before: "---\n# Asked before the tier `default`, which Kubernetes' policies are in; what it \
             does not deny is\n# left to them.\napiVersion: projectcalico.org/v3\nkind: Tier\n\
             metadata:\n  name: bollwerk\nspec:\n  order: 100\n  defaultAction: Pass\n",
};

/// Writes the policy of the plugin for those namespaces of a world that no such policy names.
pub(super) fn close(
    plan: &mut Plan,
    snapshot: &Snapshot,
    world: WorldId,
    plugin: &str,
    namespaces: &[&str],
) {
    let form = match plugin {
        "cilium" => CILIUM,
        "calico" => CALICO,
        _ => return,
    };
    let known: Vec<Object<'_>> = snapshot
        .of_kind(world, (form.group, form.kind))
        .map(|(_, object)| object)
        .filter(|object| object.name.starts_with(form.name))
        .collect();
    let closed: BTreeSet<&str> = known.iter().flat_map(named).collect();
    let missing: Vec<&str> =
        namespaces.iter().copied().filter(|name| !closed.contains(name)).collect();
    if missing.is_empty() {
        return;
    }
    let is_free = |name: &String| !known.iter().any(|object| object.name == *name);
    let numbered = (2..).map(|number: u32| format!("{}-{number}", form.name));
    let mut names = std::iter::once(form.name.to_owned()).chain(numbered);
    let name = names.find(is_free).unwrap_or_default();
    let before = if known.is_empty() { form.before } else { "" };
    let (key, value) = EXCEPTION;
    let documents = format!(
        "{before}---\n# Nobody in these namespaces asks for the node's credentials but pods with \
         the label\n# `{key}: {value}`.\n{}",
        (form.document)(&name, &missing)
    );
    let head =
        "# Metadata services of the cloud, written by `bollwerk harden`.\n# Review it before \
                you apply it. From then on it is yours: bollwerk adds what is missing\n# and \
                changes nothing that is there.\n"
            .to_owned();
    plan.manifests.push(Manifest { world, namespace: None, purpose: "metadata", head, documents });
}

/// The namespaces that a policy of ours names.
fn named<'s>(policy: &Object<'s>) -> Vec<&'s str> {
    let Some(spec) = policy.root.get("spec") else { return Vec::new() };
    if let Some(selector) = spec.str("namespaceSelector") {
        return selector.split('\'').skip(1).step_by(2).collect();
    }
    let expressions = spec.get("endpointSelector").into_iter();
    let expressions = expressions.flat_map(|it| it.list("matchExpressions"));
    let of_namespaces = expressions.filter(|it| it.str("key") == Some(NAMESPACE));
    of_namespaces.flat_map(|it| it.list("values")).filter_map(model::Node::as_str).collect()
}

/// What Cilium knows the namespace of a pod by.
const NAMESPACE: &str = "io.kubernetes.pod.namespace";

/// The addresses of a family that give away the node's rights, each with its prefix and whose it
/// is.
pub(super) fn guarded(is_v6: bool) -> impl Iterator<Item = (String, &'static str)> {
    let length = if is_v6 { 128 } else { 32 };
    // What gives a pod rights of its own stays open.
    let of_family = move |it: &&Metadata| !it.is_own && it.address.contains(':') == is_v6;
    ADDRESSES.iter().filter(of_family).map(move |it| (format!("{}/{length}", it.address), it.whose))
}

fn quoted(names: &[&str], quote: char) -> String {
    names.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(", ")
}

fn cilium(name: &str, namespaces: &[&str]) -> String {
    let (key, value) = EXCEPTION;
    let prefixes: String = [false, true]
        .into_iter()
        .flat_map(guarded)
        .map(|(prefix, whose)| format!("    - {prefix} # {whose}\n"))
        .collect();
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata:\n  \
         name: {name}\nspec:\n  endpointSelector:\n    matchExpressions:\n    \
         - key: {NAMESPACE}\n      operator: In\n      values: [{}]\n    \
         - key: {key}\n      operator: NotIn\n      values: [{value}]\n  \
         # It denies these and closes nothing else (Cilium 1.16).\n  enableDefaultDeny:\n    \
         ingress: false\n    egress: false\n  egressDeny:\n  - toCIDR:\n{prefixes}",
        quoted(namespaces, '"')
    )
}

fn calico(name: &str, namespaces: &[&str]) -> String {
    let (key, value) = EXCEPTION;
    let rule = |is_v6: bool| {
        let prefixes = guarded(is_v6).map(|(prefix, whose)| {
            let quote = if is_v6 { "\"" } else { "" };
            format!("      - {quote}{prefix}{quote} # {whose}\n")
        });
        let version = if is_v6 { 6 } else { 4 };
        let prefixes: String = prefixes.collect();
        format!(
            "  - action: Deny\n    ipVersion: {version}\n    destination:\n      nets:\n{prefixes}"
        )
    };
    format!(
        "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata:\n  name: {name}\n\
         spec:\n  tier: bollwerk\n  order: 10\n  \
         namespaceSelector: \"kubernetes.io/metadata.name in {{{}}}\"\n  \
         selector: \"!({key} == '{value}')\"\n  types: [Egress]\n  egress:\n{}{}  \
         - action: Pass\n",
        quoted(namespaces, '\''),
        rule(false),
        rule(true),
    )
}
