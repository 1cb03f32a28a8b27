//! The flat memory of a stream: compact nodes in preorder, side text, side tables.

use crate::{Comment, Duplicate, Span, Style};

/// What a node of the arena is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar,
    Sequence,
    Mapping,
    Alias,
}

/// The tags that change how go-yaml v2 resolves a scalar; collections ignore their tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// No tag: a plain scalar is resolved by its text, any other is a string.
    None,
    /// `!`: a string, but `<<` still merges.
    NonSpecific,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// Any other tag: the value is a string.
    Other,
}

/// One node. Children follow their parent directly (a mapping's in pairs of key and value), so the
/// first child of `n` is `n + 1` and `next` leads past the subtree to the next sibling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawNode {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) next: u32,
    /// Scalar: offset of its text. Alias: the anchored node.
    pub(crate) value: u32,
    /// Scalar: length of its text in bytes.
    pub(crate) length: u32,
    pub(crate) kind: Kind,
    pub(crate) style: Style,
    pub(crate) tag: Tag,
    pub(crate) flags: u8,
}

const _: () = assert!(size_of::<RawNode>() == 24, "the arena's memory is 24 bytes a node");

impl RawNode {
    /// The scalar's text is in [`Arena::side`], not in the stream's text.
    pub(crate) const SIDE_TEXT: u8 = 1;
    /// A key whose JSON form is not its text: see [`Arena::key_texts`].
    pub(crate) const KEY_TEXT: u8 = 2;
    /// A mapping with duplicate or merge keys: see [`Arena::effective`].
    pub(crate) const EFFECTIVE: u8 = 4;
    /// The value of a merge key, or an item of it.
    pub(crate) const MERGED: u8 = 8;
    /// A `!!binary` value that is not UTF-8: its bytes were replaced by U+FFFD.
    pub(crate) const REPLACED: u8 = 16;

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }

    /// Where a scalar's text is.
    pub(crate) fn text(&self) -> Text {
        Text { offset: self.value, length: self.length, side: self.has(Self::SIDE_TEXT) }
    }
}

/// Where a scalar's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) offset: u32,
    pub(crate) length: u32,
    pub(crate) side: bool,
}

impl Text {
    /// Text that stands in the source as it is.
    pub(crate) fn source(start: usize, end: usize) -> Self {
        Self { offset: start as u32, length: (end - start) as u32, side: false }
    }

    /// Text from `start` to the present end of the side text.
    pub(crate) fn side(start: usize, side: &str) -> Self {
        Self { offset: start as u32, length: (side.len() - start) as u32, side: true }
    }
}

/// The JSON form of a key that is not its text (`on` is `"true"`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyText {
    pub(crate) node: u32,
    pub(crate) text: Text,
}

/// The entries of one mapping after merging and dropping overwritten ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effective {
    pub(crate) mapping: u32,
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// About how much text there is for each node of real manifests.
const BYTES_A_NODE: usize = 32;

/// All memory of a stream.
pub(crate) struct Arena<'t> {
    pub(crate) text: &'t str,
    pub(crate) nodes: Vec<RawNode>,
    /// Scalars changed by folding, escapes or indentation, one after the other.
    pub(crate) side: String,
    /// Sorted by node.
    pub(crate) key_texts: Vec<KeyText>,
    /// Sorted by mapping.
    pub(crate) effective: Vec<Effective>,
    /// Key and value of effective entries.
    pub(crate) pairs: Vec<(u32, u32)>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) duplicates: Vec<Duplicate>,
}

/// The state of an arena, to undo a document that turns out unreadable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) nodes: usize,
    side: usize,
    key_texts: usize,
    effective: usize,
    pairs: usize,
    pub(crate) comments: usize,
    pub(crate) duplicates: usize,
}

impl<'t> Arena<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            nodes: Vec::with_capacity((text.len() / BYTES_A_NODE).min(1 << 20)),
            side: String::new(),
            key_texts: Vec::new(),
            effective: Vec::new(),
            pairs: Vec::new(),
            comments: Vec::new(),
            duplicates: Vec::new(),
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            nodes: self.nodes.len(),
            side: self.side.len(),
            key_texts: self.key_texts.len(),
            effective: self.effective.len(),
            pairs: self.pairs.len(),
            comments: self.comments.len(),
            duplicates: self.duplicates.len(),
        }
    }

    pub(crate) fn undo(&mut self, mark: &Mark) {
        self.nodes.truncate(mark.nodes);
        self.side.truncate(mark.side);
        self.key_texts.truncate(mark.key_texts);
        self.effective.truncate(mark.effective);
        self.pairs.truncate(mark.pairs);
        self.comments.truncate(mark.comments);
        self.duplicates.truncate(mark.duplicates);
    }

    pub(crate) fn node(&self, id: u32) -> &RawNode {
        &self.nodes[id as usize]
    }

    /// The node itself, or the anchored node when it is an alias.
    pub(crate) fn target(&self, id: u32) -> u32 {
        let node = self.node(id);
        if node.kind == Kind::Alias { node.value } else { id }
    }

    /// The text of a scalar.
    pub(crate) fn scalar_text(&self, node: &RawNode) -> &str {
        self.slice(node.text())
    }

    /// A text as bytes, which spares the checks of character boundaries.
    #[inline]
    pub(crate) fn bytes_of(&self, text: Text) -> &[u8] {
        let from: &str = if text.side { &self.side } else { self.text };
        &from.as_bytes()[text.offset as usize..(text.offset + text.length) as usize]
    }

    pub(crate) fn slice(&self, text: Text) -> &str {
        let from: &str = if text.side { &self.side } else { self.text };
        &from[text.offset as usize..(text.offset + text.length) as usize]
    }

    /// The JSON form of a key (a scalar, or an alias of one).
    pub(crate) fn key_text(&self, id: u32) -> &str {
        let node = self.node(id);
        if node.has(RawNode::KEY_TEXT)
            && let Ok(at) = self.key_texts.binary_search_by_key(&id, |key| key.node)
        {
            return self.slice(self.key_texts[at].text);
        }
        self.scalar_text(self.node(self.target(id)))
    }

    /// Whether a key's JSON form is `text`.
    #[inline]
    pub(crate) fn is_key(&self, id: u32, text: &str) -> bool {
        let node = self.node(id);
        if node.kind == Kind::Scalar && !node.has(RawNode::KEY_TEXT) {
            return node.length as usize == text.len()
                && self.bytes_of(node.text()) == text.as_bytes();
        }
        self.key_text(id) == text
    }

    /// The children of a collection, in order.
    pub(crate) fn children(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.node(id).next;
        let mut at = id + 1;
        std::iter::from_fn(move || {
            let child = (at < end).then_some(at)?;
            at = self.node(child).next;
            Some(child)
        })
    }

    /// A mapping's keys and values as written.
    pub(crate) fn pairs_of(&self, mapping: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut children = self.children(mapping);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// Brings the tables of a document that was closed inside out into the order of the text.
    pub(crate) fn sort_tables(&mut self, mark: &Mark) {
        self.key_texts[mark.key_texts..].sort_unstable_by_key(|key| key.node);
        self.duplicates[mark.duplicates..].sort_unstable_by_key(|duplicate| duplicate.second);
    }

    /// Effective entries of a mapping that has duplicate or merge keys.
    pub(crate) fn effective_pairs(&self, mapping: u32) -> Option<&[(u32, u32)]> {
        let at = self.effective.binary_search_by_key(&mapping, |entry| entry.mapping).ok()?;
        let entry = self.effective[at];
        Some(&self.pairs[entry.first as usize..(entry.first + entry.count) as usize])
    }

    /// Bytes of memory in use, without the text.
    pub(crate) fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<RawNode>()
            + self.side.capacity()
            + self.key_texts.capacity() * size_of::<KeyText>()
            + self.effective.capacity() * size_of::<Effective>()
            + self.pairs.capacity() * size_of::<(u32, u32)>()
            + self.comments.capacity() * size_of::<Comment>()
            + self.duplicates.capacity() * size_of::<Duplicate>()
    }
}
