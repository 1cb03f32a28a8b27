//! Builds the nodes of one document in the order they are written, and refuses what go-yaml's
//! decoder refuses (`decode.go`).

use hashbrown::HashMap;

use crate::arena::{Arena, KeyText, Kind, Mark, RawNode, Tag, Text};
use crate::resolve::{Scalar, resolve};
use crate::{Error, ErrorKind, Limits, Span, Style, base64};

/// A document under construction.
pub(crate) struct Builder<'a, 't> {
    pub(crate) arena: &'a mut Arena<'t>,
    pub(crate) mark: Mark,
    limits: &'a Limits,
    frames: Vec<Frame<'t>>,
    anchors: HashMap<&'t str, Anchor>,
    /// The document has aliases.
    pub(crate) aliases: bool,
    /// The document has mappings with merge or duplicate keys.
    pub(crate) effective: bool,
    /// The first key or value JSON cannot hold. It counts unless it is overwritten.
    pub(crate) unrepresentable: Option<Error>,
    /// Scratch space: the keys of the mapping that is being closed.
    pub(crate) keys: Vec<KeyText>,
}

/// A collection that is still open.
struct Frame<'t> {
    node: u32,
    kind: Kind,
    children: u32,
    /// Levels of collections in it, itself included and aliases expanded.
    height: u32,
    anchor: Option<&'t str>,
}

#[derive(Clone, Copy)]
struct Anchor {
    node: u32,
    /// `None` while the anchored collection is still open.
    height: Option<u32>,
}

/// What may stand before the content of a node.
#[derive(Clone, Copy)]
pub(crate) struct Properties<'t> {
    pub(crate) anchor: Option<&'t str>,
    pub(crate) tag: Tag,
}

impl Properties<'_> {
    pub(crate) const NONE: Self = Self { anchor: None, tag: Tag::None };
}

impl<'a, 't> Builder<'a, 't> {
    pub(crate) fn new(arena: &'a mut Arena<'t>, limits: &'a Limits) -> Self {
        Self {
            mark: arena.mark(),
            arena,
            limits,
            frames: Vec::new(),
            anchors: HashMap::new(),
            aliases: false,
            effective: false,
            unrepresentable: None,
            keys: Vec::new(),
        }
    }

    /// Adds a scalar.
    #[inline]
    pub(crate) fn scalar(
        &mut self,
        span: Span,
        style: Style,
        text: Text,
        properties: Properties<'t>,
    ) -> Result<(), Error> {
        let id = self.next_id(span)?;
        let (mut text, mut flags) = (text, 0);
        if properties.tag != Tag::None {
            (text, flags) = self.check_tagged(span, style, text, properties.tag)?;
        } else if style == Style::Plain
            && matches!(self.arena.bytes_of(text).first(), Some(b'.' | b'+' | b'-'))
        {
            self.check_finite(properties.tag, style, text, span);
        }
        // Made in place: a node that is changed on the way costs a stall for every scalar.
        self.push(RawNode {
            start: span.start,
            end: span.end,
            next: id + 1,
            value: text.offset,
            length: text.length,
            kind: Kind::Scalar,
            style,
            tag: properties.tag,
            flags: flags | if text.side { RawNode::SIDE_TEXT } else { 0 },
        });
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, Anchor { node: id, height: Some(0) });
        }
        Ok(())
    }

    /// Adds an alias, `*name`.
    pub(crate) fn alias(&mut self, span: Span, name: &'t str) -> Result<(), Error> {
        let Some(anchor) = self.anchors.get(name).copied() else {
            return Err(error(ErrorKind::UnknownAnchor, span, "this alias has no anchor"));
        };
        let Some(height) = anchor.height else {
            let message = "this alias stands in its own anchor's value";
            return Err(error(ErrorKind::ExcessiveAliasing, span, message));
        };
        if self.frames.len() as u64 + u64::from(height) > u64::from(self.limits.depth) {
            return Err(self.too_deep(span));
        }
        let target = *self.arena.node(anchor.node);
        if target.kind == Kind::Scalar {
            self.check_finite(target.tag, target.style, target.text(), span);
        }
        self.raise(height);
        self.aliases = true;
        let id = self.next_id(span)?;
        self.push(RawNode {
            start: span.start,
            end: span.end,
            next: id + 1,
            value: anchor.node,
            length: 0,
            kind: Kind::Alias,
            style: target.style,
            tag: Tag::None,
            flags: 0,
        });
        Ok(())
    }

    /// Opens a collection, whose children follow.
    #[inline]
    pub(crate) fn open(
        &mut self,
        kind: Kind,
        style: Style,
        start: usize,
        anchor: Option<&'t str>,
    ) -> Result<(), Error> {
        let start = start as u32;
        if self.frames.len() >= self.limits.depth as usize {
            return Err(self.too_deep(Span { start, end: start }));
        }
        let node = self.next_id(Span { start, end: start })?;
        self.push(RawNode {
            start,
            end: start,
            next: node + 1,
            value: 0,
            length: 0,
            kind,
            style,
            tag: Tag::None,
            flags: 0,
        });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Anchor { node, height: None });
        }
        self.frames.push(Frame { node, kind, children: 0, height: 1, anchor });
        Ok(())
    }

    /// Closes the innermost collection.
    #[inline]
    pub(crate) fn close(&mut self, end: usize) -> Result<(), Error> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let next = self.arena.nodes.len() as u32;
        let node = &mut self.arena.nodes[frame.node as usize];
        node.end = end as u32;
        node.next = next;
        if let Some(name) = frame.anchor
            && let Some(anchor) = self.anchors.get_mut(name)
            && anchor.node == frame.node
        {
            anchor.height = Some(frame.height);
        }
        self.raise(frame.height);
        if frame.kind == Kind::Mapping && frame.children > 0 {
            self.check_keys(frame.node, frame.children as usize / 2)?;
        }
        Ok(())
    }

    /// Notes a value or key JSON cannot hold.
    pub(crate) fn note_unrepresentable(&mut self, span: Span, message: &str) {
        self.unrepresentable.get_or_insert_with(|| error(ErrorKind::NoJson, span, message));
    }

    /// The index of the next node, unless there are too many.
    #[inline]
    fn next_id(&self, span: Span) -> Result<u32, Error> {
        let id = self.arena.nodes.len();
        if id - self.mark.nodes >= self.limits.nodes as usize || id >= u32::MAX as usize {
            return Err(error(ErrorKind::Limit, span, "the document has too many nodes"));
        }
        Ok(id as u32)
    }

    #[inline]
    fn push(&mut self, node: RawNode) {
        self.arena.nodes.push(node);
        if let Some(frame) = self.frames.last_mut() {
            frame.children += 1;
        }
    }

    /// Tells the enclosing collection how high one of its children is.
    fn raise(&mut self, height: u32) {
        if let Some(frame) = self.frames.last_mut() {
            frame.height = frame.height.max(height + 1);
        }
    }

    /// Whether the next node will be the key of a mapping.
    fn is_key_next(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| frame.kind == Kind::Mapping && frame.children.is_multiple_of(2))
    }

    /// A tagged scalar must be what its tag says; `!!binary` becomes the bytes it stands for.
    /// Returns its text and flags.
    fn check_tagged(
        &mut self,
        span: Span,
        style: Style,
        text: Text,
        tag: Tag,
    ) -> Result<(Text, u8), Error> {
        if tag == Tag::Binary {
            let Some(bytes) = base64::decode(self.arena.slice(text)) else {
                return Err(error(ErrorKind::NoJson, span, "this is no base64"));
            };
            let side = &mut self.arena.side;
            let start = side.len();
            let replaced = push_replacing_invalid(side, &bytes);
            let flags = if replaced { RawNode::REPLACED } else { 0 };
            return Ok((Text::side(start, side), flags));
        }
        if resolve(tag, style == Style::Plain, self.arena.slice(text)).is_none() {
            return Err(error(ErrorKind::NoJson, span, "this is not what its tag says"));
        }
        self.check_finite(tag, style, text, span);
        Ok((text, 0))
    }

    /// JSON has no infinity and no NaN, but a key may be called so.
    fn check_finite(&mut self, tag: Tag, style: Style, text: Text, span: Span) {
        let text = self.arena.slice(text);
        if let Some(Scalar::Float(value)) = resolve(tag, style == Style::Plain, text)
            && !value.is_finite()
            && !self.is_key_next()
        {
            self.note_unrepresentable(span, "JSON has no infinity and no NaN");
        }
    }

    fn too_deep(&self, span: Span) -> Error {
        let message = format!("collections are nested more than {} deep", self.limits.depth);
        error(ErrorKind::Limit, span, &message)
    }
}

/// Appends bytes as text, with U+FFFD for each byte that is not UTF-8 as Go's `encoding/json`
/// writes it; true when there was one.
fn push_replacing_invalid(side: &mut String, bytes: &[u8]) -> bool {
    let mut replaced = false;
    for chunk in bytes.utf8_chunks() {
        side.push_str(chunk.valid());
        for _ in chunk.invalid() {
            side.push(char::REPLACEMENT_CHARACTER);
            replaced = true;
        }
    }
    replaced
}

pub(crate) fn error(kind: ErrorKind, span: Span, message: &str) -> Error {
    Error { kind, span, message: message.to_owned() }
}
