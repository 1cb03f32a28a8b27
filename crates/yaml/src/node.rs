//! One node of a document and what can be asked of it.

use crate::Span;
use crate::arena::{Arena, Kind, RawNode};
use crate::keys::is_merge;
use crate::resolve::{Scalar, resolve};
use crate::write::write_json;

/// Index of a node in its stream's arena; stable for the life of the [`crate::Stream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes, or nothing at all (an empty value).
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A block mapping or sequence.
    Block,
    /// `{…}` or `[…]`; all JSON.
    Flow,
}

/// What a node is, after resolving aliases, tags and scalars as go-yaml v2 does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'s> {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on` …
    Bool(bool),
    /// Any integer that fits.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// Every other number. Always finite: `.inf` and `.nan` are refused as upstream refuses them.
    Float(f64),
    /// Text, with folding, escapes and `!!binary` already applied.
    String(&'s str),
    /// A sequence: see [`Node::items`].
    List,
    /// A mapping: see [`Node::entries`] and [`Node::get`].
    Map,
}

/// A node: a cheap handle (copy it freely). Aliases are followed by every question but
/// [`Node::span`] and [`Node::alias_span`].
#[derive(Clone, Copy)]
pub struct Node<'s> {
    arena: &'s Arena<'s>,
    id: u32,
    /// The node as it was reached: the alias, or `id` again.
    reached: u32,
}

impl<'s> Node<'s> {
    pub(crate) fn new(arena: &'s Arena<'s>, id: u32) -> Self {
        Self { arena, id: arena.target(id), reached: id }
    }

    fn raw(self) -> &'s RawNode {
        self.arena.node(self.id)
    }

    /// The node's index (of the anchor's node, when this is an alias).
    pub fn id(self) -> NodeId {
        NodeId(self.id)
    }

    /// What the node is.
    pub fn value(self) -> Value<'s> {
        let node = self.raw();
        match node.kind {
            Kind::Sequence => Value::List,
            Kind::Mapping => Value::Map,
            Kind::Scalar | Kind::Alias => {
                let text = self.arena.scalar_text(node);
                match resolve(node.tag, node.style == Style::Plain, text) {
                    Some(Scalar::Null) => Value::Null,
                    Some(Scalar::Bool(value)) => Value::Bool(value),
                    Some(Scalar::Int(value)) => Value::Int(value),
                    Some(Scalar::Uint(value)) => Value::Uint(value),
                    Some(Scalar::Float(value)) if value.is_finite() => Value::Float(value),
                    // Only a key may be called `.inf`.
                    Some(Scalar::Float(_) | Scalar::Text) | None => Value::String(text),
                }
            }
        }
    }

    /// The text, when the value is a string.
    pub fn as_str(self) -> Option<&'s str> {
        match self.value() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.raw().style
    }

    /// Where it is written (an alias: where the anchored node is). A block collection starts at
    /// its first key or `-`, a block scalar at its `|` or `>`; the end is exclusive and does not
    /// take in trailing blank lines or comments. An empty value has an empty span right after its
    /// indicator (`:` or `-`). Tags and anchors before a value are no part of it.
    pub fn span(self) -> Span {
        self.raw().span()
    }

    /// Where the alias `*name` stands, if the node was reached through one.
    pub fn alias_span(self) -> Option<Span> {
        (self.reached != self.id).then(|| self.arena.node(self.reached).span())
    }

    /// The text as written, quotes included: `yes`, `"a\n"`, `0777`.
    pub fn written(self) -> &'s str {
        let node = self.raw();
        &self.arena.text[node.start as usize..node.end as usize]
    }

    /// The value under `key` in a mapping: merge keys (`<<`) resolved, the last of duplicates
    /// wins, keys compared as the JSON key they become (`on:` is `"true"`, `0x10:` is `"16"`).
    pub fn get(self, key: &str) -> Option<Node<'s>> {
        self.find(key).map(|(_, value)| Node::new(self.arena, value))
    }

    /// The key node itself, for its position.
    pub fn key_node(self, key: &str) -> Option<Node<'s>> {
        self.find(key).map(|(key, _)| Node::new(self.arena, key))
    }

    fn find(self, key: &str) -> Option<(u32, u32)> {
        let arena = self.arena;
        let node = self.raw();
        if node.kind != Kind::Mapping {
            return None;
        }
        if let Some(pairs) = self.effective_pairs() {
            return pairs.iter().copied().find(|&(id, _)| arena.key_text(id) == key);
        }
        let mut at = self.id + 1;
        while at < node.next {
            let value = arena.node(at).next;
            if arena.is_key(at, key) {
                return Some((at, value));
            }
            at = arena.node(value).next;
        }
        None
    }

    fn effective_pairs(self) -> Option<&'s [(u32, u32)]> {
        let special = self.raw().has(RawNode::EFFECTIVE);
        special.then(|| self.arena.effective_pairs(self.id)).flatten()
    }

    /// Where the first merge key `<<` of a mapping stands, if it has one.
    pub fn merge_key_span(self) -> Option<Span> {
        let node = self.raw();
        if node.kind != Kind::Mapping {
            return None;
        }
        let mut at = self.id + 1;
        while at < node.next {
            if is_merge(self.arena, at) {
                return Some(self.arena.node(at).span());
            }
            at = self.arena.node(self.arena.node(at).next).next;
        }
        None
    }

    /// Entries of a mapping in the order written, each effective key once (merge keys resolved,
    /// the last of duplicates wins). Empty for anything else.
    pub fn entries(self) -> Entries<'s> {
        let node = self.raw();
        let (next, end, pairs) = match self.effective_pairs() {
            Some(pairs) => (0, 0, pairs),
            None if node.kind == Kind::Mapping => (self.id + 1, node.next, [].as_slice()),
            None => (0, 0, [].as_slice()),
        };
        Entries { arena: self.arena, next, end, pairs: pairs.iter() }
    }

    /// JSON key, key and value of every entry.
    pub(crate) fn entry_ids(self) -> impl Iterator<Item = (&'s str, u32, u32)> {
        let mut entries = self.entries();
        std::iter::from_fn(move || entries.next_ids())
            .map(move |(key, value)| (self.arena.key_text(key), key, value))
    }

    /// Items of a sequence. Empty for anything else.
    pub fn items(self) -> Items<'s> {
        let node = self.raw();
        let (next, end) =
            if node.kind == Kind::Sequence { (self.id + 1, node.next) } else { (0, 0) };
        Items { arena: self.arena, next, end }
    }

    /// Appends the JSON that upstream's reader gives for this node (keys sorted, as Go does).
    pub fn write_json(self, out: &mut String) {
        write_json(self.arena, self.id, out);
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Node")
            .field("id", &self.id)
            .field("kind", &self.raw().kind)
            .field("span", &self.span())
            .finish_non_exhaustive()
    }
}

/// Iterator over the entries of a mapping: (key as JSON key, key node, value).
#[derive(Clone)]
pub struct Entries<'s> {
    arena: &'s Arena<'s>,
    next: u32,
    end: u32,
    /// What merge and duplicate keys left, when the mapping has such.
    pairs: std::slice::Iter<'s, (u32, u32)>,
}

impl Entries<'_> {
    fn next_ids(&mut self) -> Option<(u32, u32)> {
        if self.next == self.end {
            return self.pairs.next().copied();
        }
        let key = self.next;
        let value = self.arena.node(key).next;
        self.next = self.arena.node(value).next;
        Some((key, value))
    }
}

impl<'s> Iterator for Entries<'s> {
    type Item = (&'s str, Node<'s>, Node<'s>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.next_ids()?;
        let arena = self.arena;
        Some((arena.key_text(key), Node::new(arena, key), Node::new(arena, value)))
    }
}

/// Iterator over the items of a sequence.
#[derive(Clone)]
pub struct Items<'s> {
    arena: &'s Arena<'s>,
    next: u32,
    end: u32,
}

impl<'s> Iterator for Items<'s> {
    type Item = Node<'s>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = (self.next < self.end).then_some(self.next)?;
        self.next = self.arena.node(item).next;
        Some(Node::new(self.arena, item))
    }
}
