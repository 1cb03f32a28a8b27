//! How a credential is spoken of. Its value is gone before any control runs.

use model::Node;

/// What the credential at a node is called; none if nothing was recognised there.
pub(super) fn title(node: Node<'_>) -> Option<&'static str> {
    node.redacted()?.kind.map(model::secret::SecretKind::title)
}
