//! Pods from text, in both forms an object can have.

use model::{KubernetesVersion, Node, Object, Pod, Pool, Redactions};

/// Asks about the one pod of an object, in a file's tree and in the compact form, which must give
/// the same answer.
pub(crate) fn ask_both<T: PartialEq + std::fmt::Debug>(
    stream: &yaml::Stream<'_>,
    ask: impl Fn(&Pod<'_>) -> T,
) -> T {
    let document = stream.documents().next().expect("one document").expect("readable");
    let redactions = Redactions::default();
    let tree = Node::tree(document.root(), &redactions);
    let mut pool = Pool::new();
    let compact = pool.insert(tree, |_, _, _| false);
    let of_tree = ask_one(tree, &ask);
    let of_compact = ask_one(Node::compact(pool.node(compact)), &ask);
    assert_eq!(of_tree, of_compact, "{}", stream.text());
    of_tree
}

fn ask_one<T>(root: Node<'_>, ask: impl Fn(&Pod<'_>) -> T) -> T {
    let object = Object::new(root, None, KubernetesVersion::NEWEST).expect("an object");
    let pods = object.pods();
    assert_eq!(pods.len(), 1, "an object with one pod");
    ask(&pods[0])
}
