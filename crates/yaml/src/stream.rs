//! A file: its documents, comments, errors and line index.

use crate::Node;

/// Byte offsets into the stream's text, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A place for people: both count from 1, columns in Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
}

/// What a reader may spend. At a limit the document becomes an [`Error`] that says so.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Size of a file in bytes (never more than `u32::MAX - 1`).
    pub bytes: usize,
    /// Nesting of collections.
    pub depth: u32,
    /// Nodes of one document.
    pub nodes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, depth: 1_000, nodes: 10_000_000 }
    }
}

/// Why a document could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not valid UTF-8, or NUL and other bytes YAML forbids.
    Encoding,
    /// The text is no YAML (or JSON).
    Syntax,
    /// Well-formed, but without a JSON form: `.inf`, a null key, a mapping as key, bad `!!binary`.
    NoJson,
    /// An alias without its anchor.
    UnknownAnchor,
    /// The document expands its aliases too often (go-yaml's own limit).
    ExcessiveAliasing,
    /// A limit of [`Limits`] was reached.
    Limit,
}

/// A document, or a whole file, that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of refusal it is.
    pub kind: ErrorKind,
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong, as a lower-case fragment without a full stop.
    pub message: String,
}

/// A key that occurs twice in one mapping: upstream takes the last, strict readers refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The earlier key.
    pub first: Span,
    /// The later key, whose value counts.
    pub second: Span,
}

/// A comment, from `#` to the end of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
}

/// One file, read.
pub struct Stream<'t> {
    text: &'t str,
}

impl<'t> Stream<'t> {
    /// Reads a file of YAML documents.
    pub fn yaml(text: &'t str, limits: &Limits) -> Self {
        let _ = limits;
        Self { text }
    }
    /// Reads a file of one or several JSON values.
    pub fn json(text: &'t str, limits: &Limits) -> Self {
        let _ = limits;
        Self { text }
    }
    /// The text the spans point into.
    pub fn text(&self) -> &'t str {
        self.text
    }
    /// All documents in order. An empty document (only comments or blanks) is left out.
    pub fn documents(&self) -> impl Iterator<Item = Result<Document<'_>, &Error>> {
        std::iter::empty()
    }
    /// Line and column of a byte offset (the line index is built on first use).
    pub fn position(&self, offset: u32) -> Position {
        let _ = offset;
        unimplemented!()
    }
    /// The node with this index, for callers that kept a [`crate::NodeId`].
    pub fn node(&self, id: crate::NodeId) -> Node<'_> {
        let _ = id;
        unimplemented!()
    }
}

/// One document that was read.
#[derive(Clone, Copy)]
pub struct Document<'s> {
    marker: std::marker::PhantomData<&'s ()>,
}

impl<'s> Document<'s> {
    /// The top node.
    pub fn root(self) -> Node<'s> {
        unimplemented!()
    }
    /// From the document's first byte (after `---`) to its last.
    pub fn span(self) -> Span {
        unimplemented!()
    }
    /// Keys written twice.
    pub fn duplicates(self) -> &'s [Duplicate] {
        unimplemented!()
    }
    /// Its comments, in order.
    pub fn comments(self) -> &'s [Comment] {
        unimplemented!()
    }
}
