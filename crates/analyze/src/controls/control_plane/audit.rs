//! Rules of audit policies.

use model::Node;

use crate::Kinds;

/// The kind these controls look at.
pub(super) const AUDIT_POLICY: Kinds = Kinds::Of(&[("audit.k8s.io", "Policy")]);

/// Whether a rule is for some request about a resource (k8s.io/apiserver, `audit/policy`).
pub(super) fn covers(rule: Node<'_>, group: &str, resource: &str) -> bool {
    let has = |field: &str| rule.list(field).next().is_some();
    if !has("resources") {
        return !has("nonResourceURLs");
    }
    rule.list("resources").any(|item| {
        let names = item.list("resources").filter_map(Node::as_str);
        let is_group = item.str("group").unwrap_or_default() == group;
        let mut names = names.peekable();
        let is_all = names.peek().is_none();
        is_group && (is_all || names.any(|name| name == "*" || name == resource))
    })
}

/// Whether a rule leaves no user, verb and namespace to the rules after it.
pub(super) fn covers_for_everybody(rule: Node<'_>) -> bool {
    let narrows = |field: &str| rule.list(field).next().is_some();
    let names_objects =
        || rule.list("resources").any(|item| item.list("resourceNames").next().is_some());
    !["users", "userGroups", "verbs", "namespaces"].iter().any(|field| narrows(field))
        && !names_objects()
}

/// Whether a rule is for every request.
pub(super) fn covers_everything(rule: Node<'_>) -> bool {
    let names = |field: &str| rule.list(field).next().is_some();
    covers_for_everybody(rule) && !names("resources") && !names("nonResourceURLs")
}
