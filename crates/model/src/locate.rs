//! Where a field path stands in a file.

use yaml::{Node, Span, Style, Value};

use crate::{Path, Segment};

/// The place of `path` below `root` for people: the value if it is a scalar or written in
/// braces, else its key; for a field that is not there, the nearest one above it. What comes in
/// by an alias or a merge key is placed where it comes in, so the place always lies inside
/// `root`.
pub fn locate(root: Node<'_>, path: &Path) -> Span {
    let mut node = root;
    let mut place = head(root);
    for segment in path.segments() {
        let found = match segment {
            Segment::Key(key) => {
                let Some(value) = node.get(key) else { return place };
                let key = node.key_node(key).unwrap_or(value);
                if !inside(key.span(), node.span()) {
                    return merge_key(node).unwrap_or(place);
                }
                place = if is_written_whole(value) { value.span() } else { key.span() };
                value
            }
            Segment::Index(index) => {
                let Some(item) = node.items().nth(*index as usize) else { return place };
                place = head(item);
                item
            }
        };
        if let Some(alias) = found.alias_span() {
            return alias;
        }
        node = found;
    }
    place
}

/// A scalar with a text, or a collection in braces.
fn is_written_whole(value: Node<'_>) -> bool {
    let span = value.span();
    span.start < span.end && value.style() != Style::Block && !is_multiline(value)
}

fn is_multiline(value: Node<'_>) -> bool {
    memchr::memchr(b'\n', value.written().as_bytes()).is_some()
}

/// What stands for a node without a key of its own: a scalar itself, the first key of a map, the
/// first item of a list.
fn head(node: Node<'_>) -> Span {
    if is_written_whole(node) {
        return node.span();
    }
    let first = match node.value() {
        Value::Map => node.entries().next().map(|(_, key, _)| key),
        Value::List => node.items().next(),
        _ => None,
    };
    match first {
        Some(first) if inside(first.span(), node.span()) && !is_multiline(first) => first.span(),
        _ => {
            let Span { start, .. } = node.span();
            let line = memchr::memchr(b'\n', node.written().as_bytes());
            let width = line.unwrap_or(node.written().len()) as u32;
            Span { start, end: start + width }
        }
    }
}

/// The `<<` of a map.
fn merge_key(map: Node<'_>) -> Option<Span> {
    map.merge_key_span()
}

fn inside(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
