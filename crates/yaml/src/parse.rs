//! From tokens to nodes: libyaml's grammar (`parserc.go` of go-yaml v2) as a pushdown automaton,
//! so that nesting costs no stack.

use crate::arena::{Arena, Kind, Tag, Text};
use crate::build::{Builder, Properties, error};
use crate::finish;
use crate::scan::{Name, Scanner, Token, TokenKind};
use crate::{Error, ErrorKind, Limits, Span, Style};

/// Reads one document, `text[range]`: how far upstream reads, or nothing when there is no node.
pub(crate) fn read_document(
    arena: &mut Arena<'_>,
    range: (usize, usize),
    limits: &Limits,
) -> Result<Option<usize>, Error> {
    let comments = std::mem::take(&mut arena.comments);
    let mut parser = Parser {
        scanner: Scanner::new(arena.text, range, comments),
        builder: Builder::new(arena, limits),
        states: Vec::new(),
        tag_directives: Vec::new(),
        end: range.0,
    };
    let found = parser.read();
    let Parser { scanner, builder, .. } = parser;
    builder.arena.comments = scanner.comments;
    let found = found?;
    if found.is_some() {
        finish::finish(builder)?;
    }
    Ok(found)
}

struct Parser<'a, 't> {
    scanner: Scanner<'t>,
    builder: Builder<'a, 't>,
    /// What comes next in every open collection.
    states: Vec<State>,
    tag_directives: Vec<(Vec<u8>, Vec<u8>)>,
    /// End of the last token with a width: where an empty value stands and a block ends.
    end: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    BlockSequence,
    /// A sequence as a mapping's value at the column of its key.
    IndentlessSequence,
    BlockKey,
    BlockValue,
    FlowItem {
        first: bool,
    },
    /// `[key: value]`
    PairKey,
    PairValue,
    PairEnd,
    FlowKey {
        first: bool,
    },
    FlowValue,
    /// After a key without `:`.
    FlowNoValue,
}

/// Where a node stands decides what may be in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// A key or value of a block mapping, which may be an indentless sequence.
    BlockMapping,
}

impl<'t> Parser<'_, 't> {
    fn read(&mut self) -> Result<Option<usize>, Error> {
        let explicit = self.read_directives()?;
        let token = self.scanner.peek()?;
        if explicit {
            if token.kind != TokenKind::DocumentStart {
                return Err(expected("'---' after the directives", &token));
            }
            self.take(&token);
        }
        match self.scanner.peek()?.kind {
            TokenKind::StreamEnd
            | TokenKind::DocumentStart
            | TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective { .. } => return Ok(None),
            _ => self.read_node(Place::Block)?,
        }
        while let Some(&state) = self.states.last() {
            self.step(state)?;
        }
        // As upstream: the token after the root must be one, what follows it is not read.
        Ok(Some(self.scanner.peek()?.start))
    }

    /// Reads the directives; true when a `---` must or does follow.
    fn read_directives(&mut self) -> Result<bool, Error> {
        let mut version = false;
        let explicit = loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::VersionDirective { major, minor } => {
                    if std::mem::replace(&mut version, true) {
                        return Err(refusal(&token, "found a second %YAML directive"));
                    }
                    if (major, minor) != (1, 1) {
                        return Err(refusal(&token, "only YAML 1.1 is understood"));
                    }
                }
                TokenKind::TagDirective { handle, prefix } => {
                    let handle = self.scanner.name(handle).to_vec();
                    let prefix = self.scanner.name(prefix).to_vec();
                    if self.tag_directives.iter().any(|(known, _)| *known == handle) {
                        return Err(refusal(
                            &token,
                            "found a second %TAG directive of this handle",
                        ));
                    }
                    self.tag_directives.push((handle, prefix));
                }
                kind => break version || kind == TokenKind::DocumentStart,
            }
            self.take(&token);
        };
        let explicit = explicit || !self.tag_directives.is_empty();
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            self.tag_directives.push((handle.into(), prefix.into()));
        }
        Ok(explicit)
    }

    /// Advances the innermost open collection by one of its parts.
    fn step(&mut self, state: State) -> Result<(), Error> {
        match state {
            State::BlockSequence => self.block_item(),
            State::IndentlessSequence => self.indentless_item(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowItem { first } => self.flow_item(first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => self.close(self.end),
            State::FlowKey { first } => self.flow_key(first),
            State::FlowValue => self.flow_value(),
            State::FlowNoValue => {
                self.become_state(State::FlowKey { first: false });
                self.empty()
            }
        }
    }

    fn block_item(&mut self) -> Result<(), Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                self.take(&token);
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(),
                    _ => self.read_node(Place::Block),
                }
            }
            TokenKind::BlockEnd => {
                self.take(&token);
                self.close(self.end)
            }
            _ => Err(expected("'-' or the end of the sequence", &token)),
        }
    }

    fn indentless_item(&mut self) -> Result<(), Error> {
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::BlockEntry {
            return self.close(self.end);
        }
        self.take(&token);
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty()
            }
            _ => self.read_node(Place::Block),
        }
    }

    fn block_key(&mut self) -> Result<(), Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.take(&token);
                self.become_state(State::BlockValue);
                self.block_mapping_node()
            }
            TokenKind::BlockEnd => {
                self.take(&token);
                self.close(self.end)
            }
            _ => Err(expected("a key or the end of the mapping", &token)),
        }
    }

    fn block_value(&mut self) -> Result<(), Error> {
        self.become_state(State::BlockKey);
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::Value {
            return self.empty();
        }
        self.take(&token);
        self.block_mapping_node()
    }

    fn block_mapping_node(&mut self) -> Result<(), Error> {
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(),
            _ => self.read_node(Place::BlockMapping),
        }
    }

    fn flow_item(&mut self, first: bool) -> Result<(), Error> {
        self.become_state(State::FlowItem { first: false });
        let mut token = self.scanner.peek()?;
        if !first && token.kind == TokenKind::FlowEntry {
            self.take(&token);
            token = self.scanner.peek()?;
        } else if !first && token.kind != TokenKind::FlowSequenceEnd {
            return Err(expected("',' or ']'", &token));
        }
        match token.kind {
            TokenKind::FlowSequenceEnd => {
                self.take(&token);
                self.close(self.end)
            }
            TokenKind::Key => {
                self.open(Kind::Mapping, Style::Flow, token.start, None, State::PairKey)?;
                self.take(&token);
                Ok(())
            }
            _ => self.read_node(Place::Flow),
        }
    }

    fn pair_key(&mut self) -> Result<(), Error> {
        self.become_state(State::PairValue);
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // As upstream, which skips this token: `[? : x]` is an error.
                self.take(&token);
                self.empty()
            }
            _ => self.read_node(Place::Flow),
        }
    }

    fn pair_value(&mut self) -> Result<(), Error> {
        self.become_state(State::PairEnd);
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::Value {
            return self.empty();
        }
        self.take(&token);
        match self.scanner.peek()?.kind {
            TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => self.empty(),
            _ => self.read_node(Place::Flow),
        }
    }

    fn flow_key(&mut self, first: bool) -> Result<(), Error> {
        let mut token = self.scanner.peek()?;
        if !first && token.kind == TokenKind::FlowEntry {
            self.take(&token);
            token = self.scanner.peek()?;
        } else if !first && token.kind != TokenKind::FlowMappingEnd {
            return Err(expected("',' or '}'", &token));
        }
        match token.kind {
            TokenKind::FlowMappingEnd => {
                self.take(&token);
                self.close(self.end)
            }
            TokenKind::Key => {
                self.take(&token);
                self.become_state(State::FlowValue);
                match self.scanner.peek()?.kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                        self.empty()
                    }
                    _ => self.read_node(Place::Flow),
                }
            }
            _ => {
                self.become_state(State::FlowNoValue);
                self.read_node(Place::Flow)
            }
        }
    }

    fn flow_value(&mut self) -> Result<(), Error> {
        self.become_state(State::FlowKey { first: false });
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::Value {
            return self.empty();
        }
        self.take(&token);
        match self.scanner.peek()?.kind {
            TokenKind::FlowEntry | TokenKind::FlowMappingEnd => self.empty(),
            _ => self.read_node(Place::Flow),
        }
    }

    /// Reads a scalar or an alias, or opens a collection.
    fn read_node(&mut self, place: Place) -> Result<(), Error> {
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::Alias {
            self.take(&token);
            let name = &self.scanner.source(&token)[1..];
            return self.builder.alias(span(&token), name);
        }
        let properties = self.read_properties()?;
        let token = self.scanner.peek()?;
        let (kind, style, state) = match token.kind {
            TokenKind::Scalar { style, text } => {
                return self.scalar(&token, style, text, properties);
            }
            TokenKind::BlockEntry if place == Place::BlockMapping => {
                let state = State::IndentlessSequence;
                let (kind, style) = (Kind::Sequence, Style::Block);
                return self.open(kind, style, token.start, properties.anchor, state);
            }
            TokenKind::FlowSequenceStart => {
                (Kind::Sequence, Style::Flow, State::FlowItem { first: true })
            }
            TokenKind::FlowMappingStart => {
                (Kind::Mapping, Style::Flow, State::FlowKey { first: true })
            }
            TokenKind::BlockSequenceStart if place != Place::Flow => {
                (Kind::Sequence, Style::Block, State::BlockSequence)
            }
            TokenKind::BlockMappingStart if place != Place::Flow => {
                (Kind::Mapping, Style::Block, State::BlockKey)
            }
            _ if properties.anchor.is_some() || properties.tag != Tag::None => {
                return self.builder.scalar(self.here(), Style::Plain, self.nothing(), properties);
            }
            _ => return Err(expected("a value", &token)),
        };
        self.open(kind, style, token.start, properties.anchor, state)?;
        self.take(&token);
        Ok(())
    }

    fn scalar(
        &mut self,
        token: &Token,
        style: Style,
        mut text: Text,
        properties: Properties<'t>,
    ) -> Result<(), Error> {
        if text.side {
            let start = self.builder.arena.side.len();
            self.builder.arena.side.push_str(self.scanner.side_text(text));
            text = Text::side(start, &self.builder.arena.side);
        }
        self.take(token);
        self.builder.scalar(span(token), style, text, properties)
    }

    /// Reads an anchor and a tag, in either order.
    fn read_properties(&mut self) -> Result<Properties<'t>, Error> {
        let mut anchor = None;
        let mut tag = None;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::Anchor if anchor.is_none() => {
                    anchor = Some(&self.scanner.source(&token)[1..]);
                }
                TokenKind::Tag { handle, suffix } if tag.is_none() => {
                    let found = self.resolve_tag(handle, suffix);
                    tag = Some(found.ok_or_else(|| refusal(&token, "this tag handle is unknown"))?);
                }
                _ => return Ok(Properties { anchor, tag: tag.unwrap_or(Tag::None) }),
            }
            self.take(&token);
        }
    }

    fn resolve_tag(&self, handle: Name, suffix: Name) -> Option<Tag> {
        let handle = self.scanner.name(handle);
        let suffix = self.scanner.name(suffix);
        if handle.is_empty() {
            return Some(tag(suffix));
        }
        let (_, prefix) = self.tag_directives.iter().find(|(known, _)| known == handle)?;
        Some(tag(&[prefix, suffix].concat()))
    }

    fn open(
        &mut self,
        kind: Kind,
        style: Style,
        start: usize,
        anchor: Option<&'t str>,
        state: State,
    ) -> Result<(), Error> {
        self.builder.open(kind, style, start, anchor)?;
        self.states.push(state);
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Error> {
        self.states.pop();
        self.builder.close(end)
    }

    /// Adds a null where nothing is written.
    fn empty(&mut self) -> Result<(), Error> {
        self.builder.scalar(self.here(), Style::Plain, self.nothing(), Properties::NONE)
    }

    fn here(&self) -> Span {
        Span { start: self.end as u32, end: self.end as u32 }
    }

    fn nothing(&self) -> Text {
        Text::source(self.end, self.end)
    }

    /// Consumes the token that was peeked at.
    fn take(&mut self, token: &Token) {
        self.scanner.take();
        if token.end > token.start {
            self.end = token.end;
        }
    }

    fn become_state(&mut self, state: State) {
        if let Some(last) = self.states.last_mut() {
            *last = state;
        }
    }
}

fn tag(name: &[u8]) -> Tag {
    let Some(standard) = name.strip_prefix(b"tag:yaml.org,2002:") else {
        return if name == b"!" { Tag::NonSpecific } else { Tag::Other };
    };
    match standard {
        b"str" => Tag::Str,
        b"bool" => Tag::Bool,
        b"int" => Tag::Int,
        b"float" => Tag::Float,
        b"null" => Tag::Null,
        b"timestamp" => Tag::Timestamp,
        b"binary" => Tag::Binary,
        b"merge" => Tag::Merge,
        _ => Tag::Other,
    }
}

fn span(token: &Token) -> Span {
    Span { start: token.start as u32, end: token.end as u32 }
}

fn expected(what: &str, token: &Token) -> Error {
    refusal(token, &format!("expected {what}"))
}

fn refusal(token: &Token, message: &str) -> Error {
    error(ErrorKind::Syntax, span(token), message)
}
