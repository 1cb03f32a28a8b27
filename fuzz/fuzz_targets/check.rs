//! What must hold for every stream, whatever is in it.

use yaml::{Limits, Node, NodeId, Span, Stream, Value};

/// Nodes visited in one document, aliases followed.
const VISITS: usize = 20_000;

/// Small enough to be reached by the fuzzer.
pub(crate) fn limits() -> Limits {
    Limits { bytes: 1 << 16, depth: 64, nodes: 10_000 }
}

/// Spans lie in the text and between characters; every question has an answer.
pub(crate) fn check_stream(stream: &Stream<'_>) {
    let text = stream.text();
    for document in stream.documents() {
        match document {
            Ok(document) => {
                check_span(text, document.span());
                document.comments().iter().for_each(|comment| check_span(text, comment.span));
                for duplicate in document.duplicates() {
                    check_span(text, duplicate.first);
                    check_span(text, duplicate.second);
                }
                document.ignored().into_iter().for_each(|span| check_span(text, span));
            }
            Err(error) => {
                check_span(text, error.span);
                assert!(!error.message.is_empty());
            }
        }
    }
    for id in 0..stream.node_count() as u32 {
        check_span(text, stream.node(NodeId(id)).span());
    }
    for document in stream.documents().flatten() {
        check_nodes(stream, document.root());
    }
}

/// Visits a document as a reader would, aliases and merges included.
fn check_nodes(stream: &Stream<'_>, root: Node<'_>) {
    let mut open = vec![root];
    for _ in 0..VISITS {
        let Some(node) = open.pop() else { return };
        if let Some(span) = node.alias_span() {
            check_span(stream.text(), span);
        }
        let position = stream.position(node.span().start);
        assert!(position.line > 0 && position.column > 0);
        match node.value() {
            Value::List => open.extend(node.items()),
            Value::Map => {
                assert!(node.items().next().is_none());
                for (key, key_node, value) in node.entries().take(100) {
                    let found = node.get(key).expect("an entry is found by its key");
                    assert_eq!(found.id(), value.id());
                    assert_eq!(node.key_node(key).map(Node::id), Some(key_node.id()));
                    open.push(value);
                }
            }
            _ => assert!(node.entries().next().is_none() && node.items().next().is_none()),
        }
    }
}

fn check_span(text: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && end <= text.len(), "{span:?} is in the text");
    assert!(
        text.is_char_boundary(start) && text.is_char_boundary(end),
        "{span:?} cuts no character"
    );
}

/// What was read prints as JSON that reads to the same JSON.
pub(crate) fn check_json(stream: &Stream<'_>) {
    for document in stream.documents().flatten() {
        let mut json = String::new();
        document.root().write_json(&mut json);
        let limits = Limits::default();
        let again = Stream::json(&json, &limits);
        let root = again.documents().next().expect("JSON is not empty").expect("it is JSON").root();
        let mut twice = String::new();
        root.write_json(&mut twice);
        let values: [serde_json::Value; 2] =
            [&json, &twice].map(|json| json.parse().expect("JSON"));
        assert!(is_same(&values[0], &values[1]), "{json} reads as {twice}");
    }
}

/// Equal but for the kind of a number: `-0` is an integer to Go and a float to `serde_json`.
pub(crate) fn is_same(ours: &serde_json::Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => {
            ours == theirs || ours.as_f64() == theirs.as_f64()
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .all(|(key, ours)| theirs.get(key).is_some_and(|theirs| is_same(ours, theirs)))
        }
        _ => ours == theirs,
    }
}
