//! Block scalars: `|` and `>`.

use super::{Scanner, Token, TokenKind};
use crate::arena::Text;
use crate::character::{break_length, is_blank, is_break_or_end};
use crate::{Error, Style};

/// What happens to the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// `-`: all are dropped.
    Strip,
    /// One is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

impl Scanner<'_> {
    pub(super) fn fetch_block_scalar(&mut self, style: Style) -> Result<(), Error> {
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        let start = self.at;
        let (chomping, increment) = self.read_block_header(start)?;
        // The token ends with the last line that holds more than blanks.
        let mut end = self.at;
        self.skip_block_header_line(start)?;
        let parent = self.indent.max(0);
        let mut indent = increment.map(|increment| parent + increment);
        let side = self.side.len();
        self.breaks.clear();
        let indent_found = self.skip_block_breaks(start, indent)?;
        let indent = *indent.get_or_insert(indent_found);
        // The break of the line before, not yet written: the last line's may be chomped.
        let mut line_break = String::new();
        let mut after_indented = false;
        while self.column() == indent && self.at < self.bytes.len() {
            let indented = is_blank(self.bytes, self.at);
            let folds = style == Style::Folded && !after_indented && !indented;
            if !(folds && line_break == "\n") {
                self.side.push_str(&line_break);
            } else if self.breaks.is_empty() {
                self.side.push(' ');
            }
            self.side.push_str(&self.breaks);
            after_indented = indented;
            let line = self.at;
            while !is_break_or_end(self.bytes, self.at) {
                self.at += 1;
            }
            self.side.push_str(&self.text[line..self.at]);
            if self.bytes[line..self.at].iter().any(|byte| !matches!(byte, b' ' | b'\t')) {
                end = self.at;
            }
            self.breaks.clear();
            if break_length(self.bytes, self.at) > 0 {
                self.read_break();
            }
            line_break.clone_from(&self.breaks);
            self.breaks.clear();
            self.skip_block_breaks(start, Some(indent))?;
        }
        if chomping != Chomping::Strip {
            self.side.push_str(&line_break);
        }
        if chomping == Chomping::Keep {
            self.side.push_str(&self.breaks);
        }
        let text = Text::side(side, &self.side);
        self.queue.push_back(Token { kind: TokenKind::Scalar { style, text }, start, end });
        Ok(())
    }

    /// Reads `|` or `>` and the indicators after it, in any order.
    fn read_block_header(&mut self, start: usize) -> Result<(Chomping, Option<i64>), Error> {
        self.at += 1;
        let mut chomping = self.read_chomping();
        let mut increment = None;
        if let digit @ b'0'..=b'9' = self.peek_byte() {
            if digit == b'0' {
                return Err(self.error(start, "found an indentation indicator of 0"));
            }
            increment = Some(i64::from(digit - b'0'));
            self.at += 1;
            chomping = chomping.or_else(|| self.read_chomping());
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn read_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.peek_byte() {
            b'-' => Chomping::Strip,
            b'+' => Chomping::Keep,
            _ => return None,
        };
        self.at += 1;
        Some(chomping)
    }

    /// Skips blanks, a comment and the line break after the header.
    fn skip_block_header_line(&mut self, start: usize) -> Result<(), Error> {
        while is_blank(self.bytes, self.at) {
            self.at += 1;
        }
        self.skip_comment();
        if !is_break_or_end(self.bytes, self.at) {
            return Err(self.error(start, "expected a comment or a line break after '|' or '>'"));
        }
        self.skip_break();
        Ok(())
    }

    /// Skips indentation and empty lines, leaving the breaks in the scratch space. Without a
    /// given indent all spaces are skipped, and the widest of the lines gives the indent.
    fn skip_block_breaks(&mut self, start: usize, indent: Option<i64>) -> Result<i64, Error> {
        let most = indent.unwrap_or(i64::MAX);
        let mut widest = 0;
        loop {
            while self.column() < most && self.peek_byte() == b' ' {
                self.at += 1;
            }
            widest = widest.max(self.column());
            if self.column() < most && self.peek_byte() == b'\t' {
                return Err(self.error(start, "found a tab where indentation is expected"));
            }
            if break_length(self.bytes, self.at) == 0 {
                break;
            }
            self.read_break();
        }
        let least = (self.indent + 1).max(1);
        Ok(indent.unwrap_or(widest.max(least)))
    }
}
