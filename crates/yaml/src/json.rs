//! JSON as Go's `encoding/json` decodes it, one value after the other, into the same arena.

use memchr::memchr2;

use crate::arena::{Arena, Kind, Text};
use crate::build::{Builder, Properties, error};
use crate::finish;
use crate::resolve::{Scalar, resolve_plain};
use crate::{Error, ErrorKind, Limits, Span, Style};

/// Go's own limit on nested collections.
const NESTING: usize = 10_000;

/// Offset of the next value at or after `at`, if there is one.
pub(crate) fn next_value(text: &str, mut at: usize) -> Option<usize> {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.as_bytes().get(at) {
        at += 1;
    }
    (at < text.len()).then_some(at)
}

/// Reads the value that starts at `start`; the offset of its end.
pub(crate) fn read_value(
    arena: &mut Arena<'_>,
    start: usize,
    limits: &Limits,
) -> Result<usize, Error> {
    let text = arena.text;
    let mut reader =
        Reader { text, at: start, builder: Builder::new(arena, limits), open: Vec::new() };
    reader.read()?;
    let end = reader.at;
    finish::finish(reader.builder)?;
    Ok(end)
}

struct Reader<'a, 't> {
    text: &'t str,
    at: usize,
    builder: Builder<'a, 't>,
    open: Vec<Kind>,
}

impl Reader<'_, '_> {
    fn read(&mut self) -> Result<(), Error> {
        loop {
            let opened = self.read_value()?;
            if opened && !self.closes_empty() {
                self.read_key_if_any()?;
                continue;
            }
            if !self.close_collections()? {
                return Ok(());
            }
            self.read_key_if_any()?;
        }
    }

    /// Reads a scalar, or opens a collection and returns true.
    fn read_value(&mut self) -> Result<bool, Error> {
        self.skip_blanks();
        let kind = match self.byte() {
            Some(b'{') => Kind::Mapping,
            Some(b'[') => Kind::Sequence,
            Some(b'"') => return self.read_string().map(|()| false),
            Some(b'-' | b'0'..=b'9') => return self.read_number().map(|()| false),
            _ => return self.read_word().map(|()| false),
        };
        if self.open.len() >= NESTING {
            let message = "collections are nested too deeply";
            return Err(error(ErrorKind::Limit, self.here(), message));
        }
        self.builder.open(kind, Style::Flow, self.at, None)?;
        self.open.push(kind);
        self.at += 1;
        self.skip_blanks();
        Ok(true)
    }

    /// Whether the collection that was just opened is empty.
    fn closes_empty(&self) -> bool {
        matches!(
            (self.open.last(), self.byte()),
            (Some(Kind::Mapping), Some(b'}')) | (Some(Kind::Sequence), Some(b']'))
        )
    }

    /// After a value: closes what ends here; true when a comma asks for another value.
    fn close_collections(&mut self) -> Result<bool, Error> {
        while let Some(&kind) = self.open.last() {
            self.skip_blanks();
            match (kind, self.byte()) {
                (_, Some(b',')) => {
                    self.at += 1;
                    return Ok(true);
                }
                (Kind::Mapping, Some(b'}')) | (Kind::Sequence, Some(b']')) => {
                    self.at += 1;
                    self.open.pop();
                    self.builder.close(self.at)?;
                }
                (Kind::Mapping, _) => return Err(self.unexpected("expected ',' or '}'")),
                _ => return Err(self.unexpected("expected ',' or ']'")),
            }
        }
        Ok(false)
    }

    /// In a mapping: the key and the colon.
    fn read_key_if_any(&mut self) -> Result<(), Error> {
        if self.open.last() != Some(&Kind::Mapping) {
            return Ok(());
        }
        self.skip_blanks();
        if self.byte() != Some(b'"') {
            return Err(self.unexpected("expected a key in double quotes"));
        }
        self.read_string()?;
        self.skip_blanks();
        if self.byte() != Some(b':') {
            return Err(self.unexpected("expected ':' after the key"));
        }
        self.at += 1;
        Ok(())
    }

    fn read_string(&mut self) -> Result<(), Error> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        // The text is the source from `piece` on, after what has gone to the side text.
        let mut piece = start + 1;
        let mut side = None;
        self.at = piece;
        loop {
            let Some(ahead) = memchr2(b'"', b'\\', &bytes[self.at..]) else {
                self.at = bytes.len();
                let span = Span { start: start as u32, end: self.at as u32 };
                return Err(error(ErrorKind::Syntax, span, "this string has no end"));
            };
            let end = self.at + ahead;
            if let Some(control) = bytes[self.at..end].iter().position(|&byte| byte < 0x20) {
                self.at += control;
                return Err(self.unexpected("control characters must be escaped in a string"));
            }
            self.at = end;
            if bytes[end] == b'"' {
                break;
            }
            side.get_or_insert(self.builder.arena.side.len());
            self.builder.arena.side.push_str(&self.text[piece..end]);
            let character = self.read_escape()?;
            self.builder.arena.side.push(character);
            piece = self.at;
        }
        let text = match side {
            None => Text::source(piece, self.at),
            Some(side) => {
                self.builder.arena.side.push_str(&self.text[piece..self.at]);
                Text::side(side, &self.builder.arena.side)
            }
        };
        self.at += 1;
        self.scalar(start, Style::DoubleQuoted, text)
    }

    fn read_escape(&mut self) -> Result<char, Error> {
        self.at += 1;
        let character = match self.byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0C',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.read_code_point(),
            _ => return Err(self.unexpected("this is no escape")),
        };
        self.at += 1;
        Ok(character)
    }

    /// `u263A`, or two of them with a surrogate each; a lone surrogate becomes U+FFFD.
    fn read_code_point(&mut self) -> Result<char, Error> {
        let Some(unit) = self.code_unit(self.at) else {
            return Err(self.unexpected("expected four hexadecimal digits"));
        };
        self.at += 5;
        if let Some(character) = char::from_u32(unit) {
            return Ok(character);
        }
        if self.byte() == Some(b'\\')
            && let Some(low @ 0xDC00..0xE000) = self.code_unit(self.at + 1)
            && (0xD800..0xDC00).contains(&unit)
            && let Some(pair) = char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        {
            self.at += 6;
            return Ok(pair);
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn code_unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.as_bytes().get(at..at + 5)?.strip_prefix(b"u")?;
        digits.iter().try_fold(0, |unit, &digit| {
            char::from(digit).to_digit(16).map(|digit| unit << 4 | digit)
        })
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`, no larger than a float can be.
    fn read_number(&mut self) -> Result<(), Error> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.skip_digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.skip_digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.skip_digits()?;
        }
        if resolve_plain(&self.text[start..self.at]) == Scalar::Text {
            let span = Span { start: start as u32, end: self.at as u32 };
            return Err(error(ErrorKind::NoJson, span, "this number is too large"));
        }
        self.scalar(start, Style::Plain, Text::source(start, self.at))
    }

    fn skip_digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("expected a digit")) } else { Ok(()) }
    }

    fn read_word(&mut self) -> Result<(), Error> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let Some(word) = ["true", "false", "null"].iter().find(|w| rest.starts_with(w.as_bytes()))
        else {
            return Err(self.unexpected("expected a value"));
        };
        self.at += word.len();
        self.scalar(start, Style::Plain, Text::source(start, self.at))
    }

    fn scalar(&mut self, start: usize, style: Style, text: Text) -> Result<(), Error> {
        let span = Span { start: start as u32, end: self.at as u32 };
        self.builder.scalar(span, style, text, Properties::NONE)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn here(&self) -> Span {
        Span { start: self.at as u32, end: self.at as u32 }
    }

    fn unexpected(&self, message: &str) -> Error {
        error(ErrorKind::Syntax, self.here(), message)
    }
}
