//! A file: its documents, comments, errors and line index.

use std::fmt;
use std::sync::OnceLock;

use crate::Node;
use crate::arena::{Arena, Mark};
use crate::character::{Survey, survey};
use crate::fast;
use crate::position::LineIndex;
use crate::split::{Part, Parts};
use crate::{json, parse};

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
    arena: Arena<'t>,
    documents: Vec<Record>,
    errors: Vec<Error>,
    lines: OnceLock<LineIndex>,
    fast_bytes: usize,
}

/// How documents may be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadPath {
    Any,
    Slow,
}

/// What became of a document.
#[derive(Clone, Copy, Debug)]
struct Record {
    span: Span,
    /// Where upstream stops reading.
    read_end: u32,
    root: Result<u32, u32>,
    comments: (u32, u32),
    duplicates: (u32, u32),
}

impl<'t> Stream<'t> {
    /// Reads a file of YAML documents.
    pub fn yaml(text: &'t str, limits: &Limits) -> Self {
        Self::read_yaml(text, limits, ReadPath::Any)
    }

    /// Reads a file of YAML documents without the fast path, to the same result: for tests and
    /// benchmarks.
    #[doc(hidden)]
    pub fn yaml_slowly(text: &'t str, limits: &Limits) -> Self {
        Self::read_yaml(text, limits, ReadPath::Slow)
    }

    fn read_yaml(text: &'t str, limits: &Limits, path: ReadPath) -> Self {
        let mut stream = Self::new(text);
        if stream.is_too_long(limits) {
            return stream;
        }
        for part in Parts::new(text) {
            stream.read_part(part, limits, path);
        }
        stream
    }

    /// Reads a file of one or several JSON values, each a document. What follows a value that
    /// cannot be read is not read either.
    pub fn json(text: &'t str, limits: &Limits) -> Self {
        let mut stream = Self::new(text);
        if stream.is_too_long(limits) {
            return stream;
        }
        // Go refuses a byte order mark, but a file that starts with one is no doubt JSON.
        let mut at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        while let Some(start) = json::next_value(text, at) {
            let mark = stream.arena.mark();
            let result = json::read_value(&mut stream.arena, start, limits);
            // Behind an error nothing tells where the next value starts.
            at = *result.as_ref().unwrap_or(&text.len());
            let span = Span { start: start as u32, end: at as u32 };
            stream.record(span, &mark, result.map(|end| end as u32));
        }
        stream
    }

    fn new(text: &'t str) -> Self {
        Self {
            arena: Arena::new(text),
            documents: Vec::new(),
            errors: Vec::new(),
            lines: OnceLock::new(),
            fast_bytes: 0,
        }
    }

    /// Refuses a file above the limit as a whole.
    fn is_too_long(&mut self, limits: &Limits) -> bool {
        let length = self.arena.text.len();
        let limit = limits.bytes.min(u32::MAX as usize - 1);
        if length > limit {
            let span = Span { start: 0, end: length.min(u32::MAX as usize) as u32 };
            let message = format!("the file has more than {limit} bytes");
            let mark = self.arena.mark();
            let refusal = Error { kind: ErrorKind::Limit, span, message };
            self.record(span, &mark, Err(refusal));
        }
        length > limit
    }

    fn read_part(&mut self, part: Part, limits: &Limits, path: ReadPath) {
        let mark = self.arena.mark();
        let span = Span { start: part.body as u32, end: part.end as u32 };
        let range = (part.start, part.end);
        let survey = survey(&self.arena.text.as_bytes()[part.start..part.end]);
        if let Survey::Forbidden(at) = survey {
            let start = (part.start + at) as u32;
            let message = "control characters are not allowed".to_owned();
            let at = Span { start, end: start };
            let refusal = Error { kind: ErrorKind::Encoding, span: at, message };
            return self.record(span, &mark, Err(refusal));
        }
        if survey == Survey::Plain && path == ReadPath::Any {
            if let Some(result) = fast::read_document(&mut self.arena, range, limits) {
                self.fast_bytes += part.end - part.start;
                match result {
                    Ok(false) => {}
                    Ok(true) => self.record(span, &mark, Ok(span.end)),
                    Err(error) => self.record(span, &mark, Err(error)),
                }
                return;
            }
            self.arena.undo(&mark);
        }
        match parse::read_document(&mut self.arena, range, limits) {
            Ok(None) => {}
            Ok(Some(end)) => self.record(span, &mark, Ok(end as u32)),
            Err(error) => self.record(span, &mark, Err(error)),
        }
    }

    /// Files a document that was read, or undoes it when it was refused.
    fn record(&mut self, span: Span, mark: &Mark, result: Result<u32, Error>) {
        let read_end = result.as_ref().map_or(span.end, |&end| end);
        let root = match result {
            Ok(_) => Ok(mark.nodes as u32),
            Err(error) => {
                self.arena.undo(mark);
                self.errors.push(error);
                Err(self.errors.len() as u32 - 1)
            }
        };
        let comments = (mark.comments as u32, self.arena.comments.len() as u32);
        let duplicates = (mark.duplicates as u32, self.arena.duplicates.len() as u32);
        self.documents.push(Record { span, read_end, root, comments, duplicates });
    }

    /// The text the spans point into.
    pub fn text(&self) -> &'t str {
        self.arena.text
    }

    /// All documents in order. An empty document (only comments or blanks) is left out.
    pub fn documents(&self) -> impl Iterator<Item = Result<Document<'_>, &Error>> {
        self.documents.iter().map(|record| match record.root {
            Ok(root) => Ok(Document { arena: &self.arena, record, root }),
            Err(error) => Err(&self.errors[error as usize]),
        })
    }

    /// All comments of the file in order, also those of empty documents, but not those of
    /// documents that could not be read.
    pub fn comments(&self) -> &[Comment] {
        &self.arena.comments
    }

    /// Line and column of a byte offset (the line index is built on first use).
    pub fn position(&self, offset: u32) -> Position {
        let text = self.arena.text;
        self.lines.get_or_init(|| LineIndex::new(text)).position(text, offset)
    }

    /// The span of a line, counted from 1, without its line break; empty past the last line.
    pub fn line_span(&self, line: u32) -> Span {
        let text = self.arena.text;
        let (start, end) = self.lines.get_or_init(|| LineIndex::new(text)).line(text, line);
        Span { start: start as u32, end: end as u32 }
    }

    /// The node with this index, for callers that kept a [`crate::NodeId`].
    ///
    /// # Panics
    ///
    /// When the index is none of this stream's.
    pub fn node(&self, id: crate::NodeId) -> Node<'_> {
        Node::new(&self.arena, id.0)
    }

    /// Nodes of all documents.
    pub fn node_count(&self) -> usize {
        self.arena.nodes.len()
    }

    /// Bytes of the text that the fast path read.
    pub fn fast_bytes(&self) -> usize {
        self.fast_bytes
    }

    /// Bytes of memory the stream holds, without its text.
    pub fn arena_bytes(&self) -> usize {
        self.arena.bytes()
    }
}

/// Shows no text, which may hold secrets.
impl fmt::Debug for Stream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stream")
            .field("bytes", &self.arena.text.len())
            .field("documents", &self.documents.len())
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// One document that was read.
#[derive(Clone, Copy)]
pub struct Document<'s> {
    arena: &'s Arena<'s>,
    record: &'s Record,
    root: u32,
}

impl<'s> Document<'s> {
    /// The top node.
    pub fn root(self) -> Node<'s> {
        Node::new(self.arena, self.root)
    }

    /// From the document's first byte (after `---`) to its last.
    pub fn span(self) -> Span {
        self.record.span
    }

    /// Text after the top node that upstream ignores: `{a: 1} b`, or `b` after a mapping that is
    /// indented more.
    pub fn ignored(self) -> Option<Span> {
        let (start, end) = (self.record.read_end, self.record.span.end);
        (start < end).then_some(Span { start, end })
    }

    /// Keys written twice.
    pub fn duplicates(self) -> &'s [Duplicate] {
        let (start, end) = self.record.duplicates;
        &self.arena.duplicates[start as usize..end as usize]
    }

    /// Its comments, in order.
    pub fn comments(self) -> &'s [Comment] {
        let (start, end) = self.record.comments;
        &self.arena.comments[start as usize..end as usize]
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Document").field("span", &self.span()).finish_non_exhaustive()
    }
}
