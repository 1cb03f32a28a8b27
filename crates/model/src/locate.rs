//! Where a field path stands in a file.

use hashbrown::HashMap;
use yaml::{Node, NodeId, Span, Style, Value};

use crate::{Path, Segment};

/// Finds places in one file, remembering the children of its large collections: ten thousand
/// findings in one list of ten thousand items cost no more than the list is long.
#[derive(Default)]
pub struct Locator<'s> {
    items: HashMap<NodeId, Vec<Node<'s>>>,
    entries: HashMap<NodeId, Entries<'s>>,
}

/// Key node and value by key.
type Entries<'s> = HashMap<&'s str, (Node<'s>, Node<'s>)>;

/// Most children of a collection that are simply gone through.
const CHILDREN_SCANNED_MAX: usize = 16;

/// The place of one path: see [`Locator::locate`].
pub fn locate(root: Node<'_>, path: &Path) -> Span {
    Locator::default().locate(root, path)
}

impl<'s> Locator<'s> {
    /// The place of `path` below `root` for people: the value if it is a scalar or written in
    /// braces, else its key; for a field that is not there, the nearest one above it. What comes
    /// in by an alias or a merge key is placed where it comes in, so the place always lies inside
    /// `root`.
    pub fn locate(&mut self, root: Node<'s>, path: &Path) -> Span {
        let mut node = root;
        let mut place = head(root);
        for segment in path.segments() {
            let found = match segment {
                Segment::Key(key) => {
                    let Some((key, value)) = self.entry(node, key) else { return place };
                    if !inside(key.span(), node.span()) {
                        return node.merge_key_span().unwrap_or(place);
                    }
                    place = if is_written_whole(value) { value.span() } else { key.span() };
                    value
                }
                Segment::Index(index) => {
                    let Some(item) = self.item(node, *index as usize) else { return place };
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

    /// The node that `path` leads to.
    pub fn node(&mut self, root: Node<'s>, path: &Path) -> Option<Node<'s>> {
        path.segments().iter().try_fold(root, |node, segment| match segment {
            Segment::Key(key) => self.entry(node, key).map(|(_, value)| value),
            Segment::Index(index) => self.item(node, *index as usize),
        })
    }

    fn item(&mut self, list: Node<'s>, index: usize) -> Option<Node<'s>> {
        if index < CHILDREN_SCANNED_MAX {
            return list.items().nth(index);
        }
        let items = self.items.entry(list.id()).or_insert_with(|| list.items().collect());
        items.get(index).copied()
    }

    /// A key and its value.
    fn entry(&mut self, map: Node<'s>, key: &str) -> Option<(Node<'s>, Node<'s>)> {
        let mut entries = map.entries();
        let mut first = entries.by_ref().take(CHILDREN_SCANNED_MAX);
        if let Some((_, key, value)) = first.find(|(name, ..)| *name == key) {
            return Some((key, value));
        }
        entries.next()?;
        let all = || map.entries().map(|(name, key, value)| (name, (key, value))).collect();
        self.entries.entry(map.id()).or_insert_with(all).get(key).copied()
    }
}

/// Longest text that is pointed at as a whole, in bytes: of a longer one the start is. It also
/// bounds what is looked at for each place of a file that stands on one line.
const WHOLE_BYTES_MAX: usize = 4 << 10;

/// A scalar with a text, or a collection in braces.
fn is_written_whole(value: Node<'_>) -> bool {
    let span = value.span();
    span.start < span.end && value.style() != Style::Block && !is_multiline(value)
}

fn is_multiline(value: Node<'_>) -> bool {
    let written = value.written().as_bytes();
    written.len() > WHOLE_BYTES_MAX || memchr::memchr(b'\n', written).is_some()
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
            let written = node.written();
            let written = &written[..written.floor_char_boundary(WHOLE_BYTES_MAX)];
            let line = memchr::memchr(b'\n', written.as_bytes());
            let width = line.unwrap_or(written.len()) as u32;
            Span { start, end: start + width }
        }
    }
}

fn inside(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is remembered of large collections is what they hold, whichever is asked first.
    #[test]
    fn large_collections_are_found_by_place_and_key() {
        let list: Vec<String> = (0..50).map(|n| format!("  - n{n}\n")).collect();
        let map: Vec<String> = (0..50).map(|n| format!("  k{n}: v{n}\n")).collect();
        let text = format!("list:\n{}map:\n{}", list.concat(), map.concat());
        let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
        let root = stream.documents().next().expect("a document").expect("readable").root();
        let mut locator = Locator::default();
        let text_at = |span: Span| &text[span.start as usize..span.end as usize];
        for n in (0..50).rev() {
            let item = locator.locate(root, &Path::root().field("list").index(n));
            assert_eq!(text_at(item), format!("n{n}"));
            let value = locator.locate(root, &Path::root().field("map").key(&format!("k{n}")));
            assert_eq!(text_at(value), format!("v{n}"));
            let node = locator.node(root, &Path::root().field("list").index(n));
            assert_eq!(node.and_then(Node::as_str), Some(format!("n{n}").as_str()));
        }
        // What is not there is placed at the nearest above it.
        assert_eq!(text_at(locator.locate(root, &Path::root().field("map.k50"))), "map");
        assert_eq!(text_at(locator.locate(root, &Path::root().field("list").index(50))), "list");
        assert_eq!((locator.items.len(), locator.entries.len()), (1, 1));
    }
}
