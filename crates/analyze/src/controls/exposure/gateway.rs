//! Listeners of a Gateway (gateway.networking.k8s.io).

use model::{Node, Object, Path};

use crate::Kinds;

/// The kind these controls look at.
pub(super) const GATEWAY: Kinds = Kinds::Of(&[("gateway.networking.k8s.io", "Gateway")]);

/// Its listeners with their places.
pub(super) fn listeners<'a>(gateway: &Object<'a>) -> impl Iterator<Item = (Path, Node<'a>)> {
    let list = gateway.root.field("spec.listeners").into_iter().flat_map(Node::items);
    let at = gateway.at("spec.listeners");
    list.enumerate().map(move |(index, listener)| (at.clone().index(index), listener))
}

/// The namespaces whose routes may attach: `Same` unless written.
pub(super) fn routes_from(listener: Node<'_>) -> &str {
    listener.field("allowedRoutes.namespaces.from").and_then(Node::as_str).unwrap_or("Same")
}

/// Whether a listener serves more names than one.
pub(super) fn is_wildcard(listener: Node<'_>) -> bool {
    listener.str("hostname").is_none_or(|name| name.is_empty() || name.starts_with('*'))
}
