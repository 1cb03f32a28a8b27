//! How the tests of the checks ask.

use model::{KubernetesVersion, Node, Object, Pool, Redactions};

use super::{Check, DefaultedPod};

/// Expects of a check at a minor version, for a pod in YAML without `apiVersion` and `kind`: the
/// reason and detail and then each field, or nothing. Double quotes read as single ones.
pub(super) fn check(check: &Check, minor: u32, pod: &str, expected: &[&str]) {
    let text = format!("apiVersion: v1\nkind: Pod\n{pod}\n");
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let document = stream.documents().next().expect("a document");
    let document = document.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let redactions = Redactions::default();
    let tree = Node::tree(document.root(), &redactions);
    let mut pool = Pool::new();
    let compact = pool.insert(tree, |_, _, _| false);
    for root in [tree, Node::compact(pool.node(compact))] {
        let object = Object::new(root, None, KubernetesVersion::NEWEST).expect("an object");
        assert_eq!(answer(check, minor, &object), expected, "{} at v1.{minor}: {pod}", check.id);
    }
}

fn answer(check: &Check, minor: u32, object: &Object<'_>) -> Vec<String> {
    let pods = object.pods();
    let check_pod = check.at(minor).expect("a revision of this version");
    let Some(refusal) = check_pod(&DefaultedPod::new(&pods[0])) else { return Vec::new() };
    let fields = refusal.fields.iter().map(|field| match &field.value {
        Some(value) => format!("{} = {value}", field.path),
        None => format!("{} is missing", field.path),
    });
    std::iter::once(format!("{}: {}", refusal.reason, refusal.detail))
        .chain(fields)
        .map(|line| line.replace('"', "'"))
        .collect()
}
