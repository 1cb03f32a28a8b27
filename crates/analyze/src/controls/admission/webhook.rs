//! Webhooks of a configuration, and what they decide over.

use model::{Node, Object, Path};

use crate::Kinds;

/// The kinds that hold webhooks for admission.
pub(super) const WEBHOOKS: Kinds = Kinds::Of(&[
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
]);

/// One webhook of a configuration.
#[derive(Clone)]
pub(super) struct Webhook<'a> {
    pub(super) node: Node<'a>,
    pub(super) at: Path,
}

/// What a webhook is asked about, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// Kinds of its own.
    Own,
    /// Pods, or what makes them.
    Workloads,
    /// Every resource of every group.
    Everything,
}

/// The webhooks of a configuration.
pub(super) fn webhooks<'a>(object: &Object<'a>) -> impl Iterator<Item = Webhook<'a>> {
    let list = object.at("webhooks");
    let items = object.root.list("webhooks").enumerate();
    items.map(move |(index, node)| Webhook { node, at: list.clone().index(index) })
}

/// Whether it is of the kind that refuses.
pub(super) fn refuses(object: &Object<'_>) -> bool {
    object.kind == "ValidatingWebhookConfiguration"
}

impl<'a> Webhook<'a> {
    /// Its name.
    pub(super) fn name(&self) -> &'a str {
        self.node.str("name").unwrap_or("(no name)")
    }

    /// Whether an object passes when the webhook does not answer; `Fail` unless written.
    pub(super) fn fails_open(&self) -> bool {
        self.node.str("failurePolicy") == Some("Ignore")
    }

    /// What it is asked about.
    pub(super) fn scope(&self) -> Scope {
        let names = |rule: Node<'a>, field, wanted: &[&str]| {
            rule.list(field).filter_map(Node::as_str).any(|name| wanted.contains(&name))
        };
        let scope = |rule: Node<'a>| {
            let any_resource = names(rule, "resources", &["*", "*/*"]);
            let any_group = names(rule, "apiGroups", &["*"]);
            let core = any_group || names(rule, "apiGroups", &[""]);
            let pods = core && names(rule, "resources", &["pods", "pods/*"]);
            let apps = (any_group || names(rule, "apiGroups", &["apps"]))
                && names(rule, "resources", &["deployments", "daemonsets"]);
            match (any_resource && any_group, any_resource && core, pods || apps) {
                (true, ..) => Scope::Everything,
                (_, true, _) | (.., true) => Scope::Workloads,
                _ => Scope::Own,
            }
        };
        self.node.list("rules").map(scope).max().unwrap_or(Scope::Own)
    }

    /// Whether a selector of it asks for anything.
    pub(super) fn selects(&self, field: &str) -> bool {
        self.node.get(field).is_some_and(|selector| {
            let labels = selector.get("matchLabels").into_iter().flat_map(Node::entries).next();
            labels.is_some() || selector.list("matchExpressions").next().is_some()
        })
    }
}
