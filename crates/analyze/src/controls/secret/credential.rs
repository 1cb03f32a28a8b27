//! How a credential is spoken of. Its value is gone before any control runs.

use model::Node;
use model::secret::SecretKind;

/// What the credential at a node is called, with its article; none if nothing was recognised
/// there.
pub(super) fn named(node: Node<'_>) -> Option<String> {
    node.redacted()?.kind.map(with_article)
}

/// "a password", "an AWS access key".
pub(super) fn with_article(kind: SecretKind) -> String {
    let title = kind.title();
    let sounds_as_vowel =
        title.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) || kind == SecretKind::NpmToken;
    format!("{} {title}", if sounds_as_vowel { "an" } else { "a" })
}
