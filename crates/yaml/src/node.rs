//! One node of a document and what can be asked of it.

use crate::Span;

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
    // stream: &'s Arena, id: NodeId
    marker: std::marker::PhantomData<&'s ()>,
}

impl<'s> Node<'s> {
    /// The node's index (of the anchor's node, when this is an alias).
    pub fn id(self) -> NodeId {
        unimplemented!()
    }
    /// What the node is.
    pub fn value(self) -> Value<'s> {
        unimplemented!()
    }
    /// The text, when the value is a string.
    pub fn as_str(self) -> Option<&'s str> {
        unimplemented!()
    }
    /// How it is written.
    pub fn style(self) -> Style {
        unimplemented!()
    }
    /// Where it is written (an alias: where the anchored node is). A block collection starts at
    /// its first key or `-`, a block scalar at its `|` or `>`; the end is exclusive and does not
    /// take in trailing blank lines or comments. An empty value has an empty span right after its
    /// indicator (`:` or `-`).
    pub fn span(self) -> Span {
        unimplemented!()
    }
    /// Where the alias `*name` stands, if the node was reached through one.
    pub fn alias_span(self) -> Option<Span> {
        unimplemented!()
    }
    /// The text as written, quotes included: `yes`, `"a\n"`, `0777`.
    pub fn written(self) -> &'s str {
        unimplemented!()
    }
    /// The value under `key` in a mapping: merge keys (`<<`) resolved, the last of duplicates
    /// wins, keys compared as the JSON key they become (`on:` is `"true"`, `0x10:` is `"16"`).
    pub fn get(self, key: &str) -> Option<Node<'s>> {
        let _ = key;
        unimplemented!()
    }
    /// The key node itself, for its position.
    pub fn key_node(self, key: &str) -> Option<Node<'s>> {
        let _ = key;
        unimplemented!()
    }
    /// Where the first merge key `<<` of a mapping stands, if it has one.
    pub fn merge_key_span(self) -> Option<Span> {
        unimplemented!()
    }
    /// Entries of a mapping in the order written, each effective key once (merge keys resolved,
    /// the last of duplicates wins). Empty for anything else.
    pub fn entries(self) -> Entries<'s> {
        unimplemented!()
    }
    /// Items of a sequence. Empty for anything else.
    pub fn items(self) -> Items<'s> {
        unimplemented!()
    }
    /// Appends the JSON that upstream's reader gives for this node (keys sorted, as Go does).
    pub fn write_json(self, out: &mut String) {
        let _ = out;
        unimplemented!()
    }
}

/// Iterator over the entries of a mapping: (key as JSON key, key node, value).
pub struct Entries<'s> {
    marker: std::marker::PhantomData<&'s ()>,
}

impl<'s> Iterator for Entries<'s> {
    type Item = (&'s str, Node<'s>, Node<'s>);
    fn next(&mut self) -> Option<Self::Item> {
        unimplemented!()
    }
}

/// Iterator over the items of a sequence.
pub struct Items<'s> {
    marker: std::marker::PhantomData<&'s ()>,
}

impl<'s> Iterator for Items<'s> {
    type Item = Node<'s>;
    fn next(&mut self) -> Option<Self::Item> {
        unimplemented!()
    }
}
