//! The fast path: one pass over a document that keeps to the plain part of YAML almost all
//! manifests are written in.
//!
//! It takes block collections, plain, quoted and block scalars, flow collections without pairs or
//! lone keys, and comments; all on lines that end in LF and without tabs outside of scalars. At
//! anything else (anchors, tags, `? `, directives, errors) it gives up and the scanner and parser
//! read the document from the start. So it decides only what it fully understands; the tests
//! compare both node for node.
//!
//! Functions return `None` to give up. After a node, the position is at the next content.

mod block;
mod flow;
mod line;

use memchr::memchr;

use crate::arena::{Arena, Kind, Text};
use crate::build::{Builder, Properties};
use crate::finish;
use crate::{Comment, Error, Limits, Span, Style};

/// Deeper documents are left to the slow path, which needs no stack.
const DEPTH: usize = 100;

/// Reads one document, `text[start..end]`; false when there is nothing in it. `None` gives up and
/// leaves it to the caller to undo what the arena holds of it.
pub(crate) fn read_document(
    arena: &mut Arena<'_>,
    (start, end): (usize, usize),
    limits: &Limits,
) -> Option<Result<bool, Error>> {
    let text = arena.text;
    let bytes = &text.as_bytes()[..end];
    let mut reader = Reader {
        text,
        bytes,
        at: start,
        line_start: start,
        end: start,
        depth: 0,
        builder: Builder::new(arena, limits),
    };
    if bytes[start..].starts_with(b"---") {
        reader.at += 3;
        reader.next_content()?;
    } else {
        reader.skip_lines()?;
    }
    if reader.at == end {
        return Some(Ok(false));
    }
    reader.block_node(None)?;
    if reader.at < end {
        return None;
    }
    Some(finish::finish(reader.builder).map(|()| true))
}

struct Reader<'a, 't> {
    text: &'t str,
    /// The text up to the end of the document.
    bytes: &'t [u8],
    /// Between nodes: the first character of the next line with content, or the end.
    at: usize,
    line_start: usize,
    /// End of the last node or indicator.
    end: usize,
    depth: usize,
    builder: Builder<'a, 't>,
}

impl Reader<'_, '_> {
    /// Reads any node: what stands at the start of a line or after `- `. `parent` is the column of
    /// the enclosing block collection.
    fn block_node(&mut self, parent: Option<usize>) -> Option<()> {
        let first = self.byte();
        if first == b'-' && self.is_spaced(self.at + 1) {
            return self.sequence(false);
        }
        match first {
            b'[' | b'{' => {
                self.flow_node()?;
                return self.next_content();
            }
            b'|' | b'>' => return self.block_scalar(parent),
            _ => {}
        }
        let scalar = self.scan_scalar()?;
        if self.is_key(&scalar) {
            return self.mapping(scalar);
        }
        self.scalar_value(scalar, parent)
    }

    /// Adds a scalar that is no key, with the lines it is folded over.
    fn scalar_value(&mut self, scalar: line::Scalar, parent: Option<usize>) -> Option<()> {
        if scalar.style == Style::Plain {
            // At the top, a second line of content makes the reader give up.
            return self.plain_value(scalar, parent.unwrap_or(usize::MAX));
        }
        self.add_scalar(&scalar)?;
        self.next_content()
    }

    /// Reads a block mapping, of which the first key has been scanned.
    fn mapping(&mut self, mut key: line::Scalar) -> Option<()> {
        let column = key.start - self.line_start;
        self.open(Kind::Mapping, Style::Block, key.start)?;
        loop {
            self.add_scalar(&key)?;
            self.skip_spaces();
            if key.folded || self.at - key.start > line::KEY_BYTES {
                return None;
            }
            // The colon was seen when the key was scanned.
            self.at += 1;
            self.end = self.at;
            self.mapping_value(column)?;
            if self.is_left_of(column) {
                break;
            }
            if self.column() != column {
                return None;
            }
            key = self.scan_scalar()?;
            if !self.is_key(&key) {
                return None;
            }
        }
        self.close()
    }

    fn mapping_value(&mut self, column: usize) -> Option<()> {
        self.skip_spaces();
        match self.byte_or_end() {
            None | Some(b'\n' | b'#') => {
                self.at = self.end;
                self.next_content()?;
                if self.is_left_of(column) {
                    return self.empty();
                }
                if self.column() > column {
                    return self.block_node(Some(column));
                }
                if self.byte() == b'-' && self.is_spaced(self.at + 1) {
                    return self.sequence(true);
                }
                self.empty()
            }
            Some(b'|' | b'>') => self.block_scalar(Some(column)),
            Some(b'[' | b'{') => {
                self.flow_node()?;
                self.next_content()
            }
            Some(_) => {
                let scalar = self.scan_scalar()?;
                self.scalar_value(scalar, Some(column))
            }
        }
    }

    /// Reads a block sequence; an indentless one may be followed by a key in the same column.
    fn sequence(&mut self, indentless: bool) -> Option<()> {
        let column = self.column();
        self.open(Kind::Sequence, Style::Block, self.at)?;
        loop {
            self.at += 1;
            self.end = self.at;
            self.skip_spaces();
            match self.byte_or_end() {
                None | Some(b'\n' | b'#') => {
                    self.at = self.end;
                    self.next_content()?;
                    if self.is_left_of(column + 1) {
                        self.empty()?;
                    } else {
                        self.block_node(Some(column))?;
                    }
                }
                Some(_) => self.block_node(Some(column))?,
            }
            if self.is_left_of(column) {
                break;
            }
            if self.column() != column {
                return None;
            }
            if self.byte() != b'-' || !self.is_spaced(self.at + 1) {
                if indentless {
                    break;
                }
                return None;
            }
        }
        self.close()
    }

    fn open(&mut self, kind: Kind, style: Style, start: usize) -> Option<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        self.builder.open(kind, style, start, None).ok()
    }

    fn close(&mut self) -> Option<()> {
        self.depth -= 1;
        self.builder.close(self.end).ok()
    }

    fn add_scalar(&mut self, scalar: &line::Scalar) -> Option<()> {
        let span = Span { start: scalar.start as u32, end: scalar.end as u32 };
        self.end = scalar.end;
        self.at = scalar.end;
        self.builder.scalar(span, scalar.style, scalar.text, Properties::NONE).ok()
    }

    /// Adds a null where nothing is written.
    fn empty(&mut self) -> Option<()> {
        let span = Span { start: self.end as u32, end: self.end as u32 };
        let nothing = Text::source(self.end, self.end);
        self.builder.scalar(span, Style::Plain, nothing, Properties::NONE).ok()
    }

    /// From the end of a node: skips the rest of its line, which may be a comment, and lines
    /// without content.
    fn next_content(&mut self) -> Option<()> {
        let from = self.at;
        self.skip_spaces();
        match self.byte_or_end() {
            None => return Some(()),
            Some(b'\n') => {}
            Some(b'#') if self.at > from => self.skip_comment(),
            Some(_) => return None,
        }
        if self.at < self.bytes.len() {
            self.at += 1;
            self.line_start = self.at;
        }
        self.skip_lines()
    }

    /// From the start of a line: skips blank lines and comments.
    fn skip_lines(&mut self) -> Option<()> {
        loop {
            self.skip_spaces();
            match self.byte_or_end() {
                Some(b'\n') => {}
                Some(b'#') => self.skip_comment(),
                _ => return Some(()),
            }
            if self.at == self.bytes.len() {
                return Some(());
            }
            self.at += 1;
            self.line_start = self.at;
        }
    }

    /// Skips a comment up to its line break.
    fn skip_comment(&mut self) {
        let start = self.at;
        self.at = self.line_end(start);
        let span = Span { start: start as u32, end: self.at as u32 };
        self.builder.arena.comments.push(Comment { span });
    }

    fn line_end(&self, from: usize) -> usize {
        memchr(b'\n', &self.bytes[from..]).map_or(self.bytes.len(), |ahead| from + ahead)
    }

    #[inline]
    fn skip_spaces(&mut self) {
        self.at = self.after_spaces(self.at);
    }

    #[inline]
    fn after_spaces(&self, mut at: usize) -> usize {
        const EIGHT: &[u8] = b"        ";
        while self.bytes.get(at..at + EIGHT.len()) == Some(EIGHT) {
            at += EIGHT.len();
        }
        while self.bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        at
    }

    #[inline]
    fn byte_or_end(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The present byte, 0 at the end.
    #[inline]
    fn byte(&self) -> u8 {
        self.byte_or_end().unwrap_or(0)
    }

    /// A space, a line break or the end.
    #[inline]
    fn is_spaced(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b' ' | b'\n'))
    }

    fn column(&self) -> usize {
        self.at - self.line_start
    }

    /// Whether the next content is left of a column, or there is none.
    fn is_left_of(&self, column: usize) -> bool {
        self.at == self.bytes.len() || self.column() < column
    }
}
