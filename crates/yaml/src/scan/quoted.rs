//! Quoted scalars: `'…'` and `"…"`.

use super::{Scanner, TokenKind};
use crate::arena::Text;
use crate::character::{break_length, is_blank};
use crate::{Error, Style};

impl Scanner<'_> {
    pub(super) fn fetch_quoted(&mut self, style: Style) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.at;
        self.at += 1;
        // The text is the source from `piece` on, after what has gone to the side text.
        let mut piece = self.at;
        let mut side = None;
        loop {
            if self.at == self.line_start && self.is_document_start(self.at) {
                return Err(self.error(start, "found a document marker in a quoted scalar"));
            }
            if self.at >= self.bytes.len() {
                return Err(self.error(start, "found the end of the document in a quoted scalar"));
            }
            self.breaks.clear();
            let escaped_break = self.read_quoted_word(style, start, &mut piece, &mut side)?;
            if self.peek_byte() == quote(style) {
                break;
            }
            let blanks = self.at;
            let broken = self.skip_quoted_blanks();
            if escaped_break {
                self.side.push_str(&self.breaks);
                piece = self.at;
            } else if broken {
                side.get_or_insert(self.side.len());
                self.side.push_str(&self.text[piece..blanks]);
                self.fold();
                piece = self.at;
            }
        }
        let text = match side {
            None => Text::source(piece, self.at),
            Some(side) => {
                self.side.push_str(&self.text[piece..self.at]);
                Text::side(side, &self.side)
            }
        };
        self.at += 1;
        self.push(TokenKind::Scalar { style, text }, start);
        Ok(())
    }

    /// Reads up to a blank, a break or the closing quote; true when it ended at an escaped break.
    fn read_quoted_word(
        &mut self,
        style: Style,
        start: usize,
        piece: &mut usize,
        side: &mut Option<usize>,
    ) -> Result<bool, Error> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\'' if style == Style::SingleQuoted => {
                    if self.bytes.get(self.at + 1) != Some(&b'\'') {
                        return Ok(false);
                    }
                    side.get_or_insert(self.side.len());
                    self.side.push_str(&self.text[*piece..=self.at]);
                    self.at += 2;
                    *piece = self.at;
                }
                b'"' if style == Style::DoubleQuoted => return Ok(false),
                b'\\' if style == Style::DoubleQuoted => {
                    side.get_or_insert(self.side.len());
                    self.side.push_str(&self.text[*piece..self.at]);
                    self.at += 1;
                    let escaped_break = self.skip_break();
                    if !escaped_break {
                        let character = self.read_escape(start)?;
                        self.side.push(character);
                    }
                    *piece = self.at;
                    if escaped_break {
                        return Ok(true);
                    }
                }
                b' ' | b'\t' | b'\n' | b'\r' => return Ok(false),
                0xC2 | 0xE2 if break_length(self.bytes, self.at) > 0 => return Ok(false),
                _ => self.at += 1,
            }
        }
        Ok(false)
    }

    /// Skips blanks and line breaks between words; true when there was a break. The breaks are
    /// left in the scratch space.
    fn skip_quoted_blanks(&mut self) -> bool {
        let mut broken = false;
        loop {
            if is_blank(self.bytes, self.at) {
                self.at += 1;
            } else if break_length(self.bytes, self.at) > 0 {
                self.read_break();
                broken = true;
            } else {
                return broken;
            }
        }
    }

    /// Reads the rest of an escape sequence, after the `\`.
    fn read_escape(&mut self, start: usize) -> Result<char, Error> {
        let byte = self.peek_byte();
        let character = match byte {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0B',
            b'f' => '\x0C',
            b'r' => '\r',
            b'e' => '\x1B',
            b' ' | b'"' | b'\'' | b'\\' => char::from(byte),
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.read_code_point(start, 2),
            b'u' => return self.read_code_point(start, 4),
            b'U' => return self.read_code_point(start, 8),
            _ => return Err(self.error(start, "found an unknown escape in a quoted scalar")),
        };
        self.at += 1;
        Ok(character)
    }

    fn read_code_point(&mut self, start: usize, digits: usize) -> Result<char, Error> {
        let from = self.at + 1;
        let code = self
            .bytes
            .get(from..from + digits)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|_| u32::from_str_radix(&self.text[from..from + digits], 16).ok())
            .and_then(char::from_u32);
        let Some(character) = code else {
            return Err(self.error(start, "found an invalid code point in a quoted scalar"));
        };
        self.at = from + digits;
        Ok(character)
    }

    /// Reads a line break into the scratch space: LF for all but LS and PS, which stay.
    pub(super) fn read_break(&mut self) {
        let length = break_length(self.bytes, self.at);
        let kept = if length == 3 { &self.text[self.at..self.at + 3] } else { "\n" };
        self.breaks.push_str(kept);
        self.skip_break();
    }

    /// Appends the folded form of the breaks in the scratch space: one LF becomes a space, of
    /// several the first is dropped; nothing is folded after LS or PS.
    pub(super) fn fold(&mut self) {
        match self.breaks.strip_prefix('\n') {
            Some("") => self.side.push(' '),
            Some(rest) => self.side.push_str(rest),
            None => self.side.push_str(&self.breaks),
        }
    }
}

fn quote(style: Style) -> u8 {
    if style == Style::SingleQuoted { b'\'' } else { b'"' }
}
