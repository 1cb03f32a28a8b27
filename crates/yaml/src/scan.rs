//! From text to tokens: the scanner of libyaml, rule for rule, because what it takes for a key, a
//! comment or the end of a scalar decides what Kubernetes sees (`scannerc.go` of go-yaml v2).

mod block;
mod plain;
mod property;
mod quoted;
mod simple_key;

use std::collections::VecDeque;

use crate::arena::Text;
use crate::character::{BYTE_ORDER_MARK, break_length, is_blank_break_or_end, is_break_or_end};
use crate::{Comment, Error, ErrorKind, Span, Style};
use simple_key::SimpleKey;

/// Upstream's limits on `[[[[…` and on nested indentation.
const FLOW_LEVELS: usize = 10_000;
const INDENTS: usize = 10_000;

/// A piece of a document that means something to the parser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    StreamEnd,
    /// `%YAML 1.1`
    VersionDirective {
        major: u8,
        minor: u8,
    },
    /// `%TAG !handle! prefix`
    TagDirective {
        handle: Name,
        prefix: Name,
    },
    DocumentStart,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    /// `!handle!suffix`; without a handle the suffix is the whole tag.
    Tag {
        handle: Name,
        suffix: Name,
    },
    Scalar {
        style: Style,
        text: Text,
    },
}

/// Part of a tag, its URI escapes decoded (hence maybe not UTF-8): a range of [`Scanner::names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    start: u32,
    end: u32,
}

/// Scans one document.
pub(crate) struct Scanner<'t> {
    text: &'t str,
    /// The text up to the end of the document.
    bytes: &'t [u8],
    at: usize,
    line: u32,
    line_start: usize,
    /// Where a byte order mark is no content: at the beginning of the document's first line.
    first_line: usize,

    queue: VecDeque<Token>,
    /// Tokens that have left the queue.
    taken: usize,

    /// Column of the innermost block collection, -1 outside of any.
    indent: i64,
    indents: Vec<i64>,
    flow_level: usize,
    simple_key_allowed: bool,
    /// The possible simple key of every flow level.
    simple_keys: Vec<SimpleKey>,
    /// Tokens that may turn out to follow a key, with their flow level; sorted by token.
    pending_keys: VecDeque<(usize, usize)>,

    /// Texts of the queue's scalars that differ from the source.
    side: String,
    pub(crate) comments: Vec<Comment>,
    names: Vec<u8>,
    /// Scratch space for the line breaks that follow a line of a scalar.
    breaks: String,
}

impl<'t> Scanner<'t> {
    /// A scanner of `text[start..end]` that appends to `comments`. The first line may be a
    /// document start marker.
    pub(crate) fn new(text: &'t str, (start, end): (usize, usize), comments: Vec<Comment>) -> Self {
        let bytes = &text.as_bytes()[..end];
        let first_line = if bytes[start..].starts_with(b"---") {
            start + 3 + break_length(bytes, start + 3)
        } else {
            start
        };
        let no_key =
            SimpleKey { possible: false, required: false, token: 0, at: 0, line: 0, column: 0 };
        Self {
            text,
            bytes,
            at: start,
            line: 0,
            line_start: start,
            first_line,
            queue: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![no_key],
            pending_keys: VecDeque::new(),
            side: String::new(),
            comments,
            names: Vec::new(),
            breaks: String::new(),
        }
    }

    /// The next token, which stays in the queue.
    pub(crate) fn peek(&mut self) -> Result<Token, Error> {
        loop {
            if let Some(&token) = self.queue.front()
                && !self.may_follow_a_key()?
            {
                return Ok(token);
            }
            self.fetch()?;
        }
    }

    /// Removes the token that was peeked at.
    pub(crate) fn take(&mut self) {
        self.queue.pop_front();
        self.taken += 1;
        if self.queue.is_empty() {
            self.side.clear();
        }
    }

    /// The text of a scalar that differs from the source.
    pub(crate) fn side_text(&self, text: Text) -> &str {
        &self.side[text.offset as usize..(text.offset + text.length) as usize]
    }

    pub(crate) fn name(&self, name: Name) -> &[u8] {
        &self.names[name.start as usize..name.end as usize]
    }

    /// The source of a token.
    pub(crate) fn source(&self, token: &Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    /// Scans the next token (or several, with the ends of blocks) into the queue.
    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        self.unroll_indent(self.column());
        let Some(&byte) = self.bytes.get(self.at) else {
            return self.fetch_stream_end();
        };
        let line_start = self.at == self.line_start;
        if line_start && byte == b'%' {
            return self.fetch_directive();
        }
        if line_start && self.is_document_start(self.at) {
            return self.fetch_document_start();
        }
        let spaced = is_blank_break_or_end(self.bytes, self.at + 1);
        let flow = self.flow_level > 0;
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if spaced => self.fetch_block_entry(),
            b'?' if spaced || flow => self.fetch_key(),
            b':' if spaced || flow => self.fetch_value(),
            b'*' => self.fetch_anchor(TokenKind::Alias),
            b'&' => self.fetch_anchor(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if !flow => self.fetch_block_scalar(Style::Literal),
            b'>' if !flow => self.fetch_block_scalar(Style::Folded),
            b'\'' => self.fetch_quoted(Style::SingleQuoted),
            b'"' => self.fetch_quoted(Style::DoubleQuoted),
            b'\t' | b'|' | b'>' | b'%' | b'@' | b'`' | b'#' => {
                Err(self.error(self.at, "found a character that cannot start a value"))
            }
            _ => self.fetch_plain(),
        }
    }

    /// Skips blanks, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            if self.at == self.first_line && self.bytes[self.at..].starts_with(BYTE_ORDER_MARK) {
                self.at += BYTE_ORDER_MARK.len();
                self.line_start = self.at;
            }
            // A tab is no indentation: where a key may start, it is not skipped.
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while let Some(b' ' | b'\t') = self.bytes.get(self.at)
                && (self.bytes[self.at] == b' ' || tabs)
            {
                self.at += 1;
            }
            self.skip_comment();
            if !self.skip_break() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Skips a comment up to its line break.
    fn skip_comment(&mut self) {
        if self.bytes.get(self.at) != Some(&b'#') {
            return;
        }
        let start = self.at;
        while !is_break_or_end(self.bytes, self.at) {
            self.at += 1;
        }
        self.comments.push(Comment { span: span(start, self.at) });
    }

    /// Skips one line break, if there is one.
    fn skip_break(&mut self) -> bool {
        let length = break_length(self.bytes, self.at);
        if length > 0 {
            self.at += length;
            self.line += 1;
            self.line_start = self.at;
        }
        length > 0
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = self.at;
        }
        self.unroll_indent(-1);
        self.forget_simple_key()?;
        self.simple_key_allowed = false;
        self.push(TokenKind::StreamEnd, self.at);
        Ok(())
    }

    fn fetch_document_start(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1);
        self.forget_simple_key()?;
        self.simple_key_allowed = false;
        self.push_indicator(TokenKind::DocumentStart, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.save_simple_key()?;
        let outer = self.next_token();
        self.simple_keys.push(SimpleKey {
            possible: false,
            required: false,
            token: outer,
            at: self.at,
            line: self.line,
            column: self.column(),
        });
        self.flow_level += 1;
        if self.flow_level > FLOW_LEVELS {
            return Err(self.limit("flow collections are nested too deeply"));
        }
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.forget_simple_key()?;
        if self.flow_level > 0
            && let Some(key) = self.simple_keys.pop()
        {
            self.flow_level -= 1;
            // For an empty collection this is the token of its own opening bracket: from here
            // upstream no longer waits for a `:` before it hands out that token.
            self.forget_pending(key.token);
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Error> {
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error(self.at, "a block sequence entry is not allowed here"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockSequenceStart, self.at)?;
        }
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error(self.at, "a mapping key is not allowed here"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.at)?;
        }
        self.forget_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let level = self.simple_keys.len() - 1;
        if self.is_still_possible(level)? {
            let key = self.simple_keys[level];
            self.insert(Some(key.token), TokenKind::Key, key.at);
            let start = TokenKind::BlockMappingStart;
            self.roll_indent(key.column, Some(key.token), start, key.at)?;
            self.simple_keys[level].possible = false;
            self.forget_pending(key.token);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.error(self.at, "a mapping value is not allowed here"));
                }
                self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.at)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    /// Opens a block collection when the column is right of the enclosing one.
    fn roll_indent(
        &mut self,
        column: i64,
        before: Option<usize>,
        kind: TokenKind,
        at: usize,
    ) -> Result<(), Error> {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > INDENTS {
            return Err(self.limit("block collections are nested too deeply"));
        }
        self.insert(before, kind, at);
        Ok(())
    }

    /// Closes the block collections that start right of the column.
    fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.at);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Inserts a token of no width before the numbered token, if that is still in the queue.
    fn insert(&mut self, before: Option<usize>, kind: TokenKind, at: usize) {
        let token = Token { kind, start: at, end: at };
        match before.and_then(|number| number.checked_sub(self.taken)) {
            Some(index) if index < self.queue.len() => self.queue.insert(index, token),
            _ => self.queue.push_back(token),
        }
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.queue.push_back(Token { kind, start, end: self.at });
    }

    fn push_indicator(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(kind, start);
    }

    /// The number the next token will have.
    fn next_token(&self) -> usize {
        self.taken + self.queue.len()
    }

    fn column(&self) -> i64 {
        i64::from((self.at - self.line_start) as u32)
    }

    fn peek_byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn is_document_start(&self, at: usize) -> bool {
        self.bytes[at..].starts_with(b"---") && is_blank_break_or_end(self.bytes, at + 3)
    }

    fn error(&self, start: usize, message: &str) -> Error {
        let span = span(start, self.at.max(start));
        Error { kind: ErrorKind::Syntax, span, message: message.to_owned() }
    }

    fn limit(&self, message: &str) -> Error {
        let span = span(self.at, self.at);
        Error { kind: ErrorKind::Limit, span, message: message.to_owned() }
    }
}

fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}
