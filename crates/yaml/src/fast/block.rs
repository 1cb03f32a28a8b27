//! Block scalars.

use memchr::memchr;

use super::Reader;
use super::line::push_breaks;
use crate::arena::Text;
use crate::build::Properties;
use crate::{Span, Style};

impl Reader<'_, '_> {
    /// Reads a block scalar of a collection in column `parent`.
    pub(super) fn block_scalar(&mut self, parent: Option<usize>) -> Option<()> {
        let start = self.at;
        let style = if self.byte() == b'|' { Style::Literal } else { Style::Folded };
        self.at += 1;
        let mut chomping = self.chomping();
        let increment = match self.byte() {
            digit @ b'1'..=b'9' => Some(usize::from(digit - b'0')),
            _ => None,
        };
        if increment.is_some() {
            self.at += 1;
            chomping = chomping.or_else(|| self.chomping());
        }
        let header = self.at;
        self.skip_spaces();
        match self.byte() {
            b'\n' => {}
            b'#' if self.at > header => self.skip_comment(),
            _ => return None,
        }
        let (leading, indent) = match increment {
            Some(increment) => {
                self.at += 1;
                self.line_start = self.at;
                (0, parent.unwrap_or(0) + increment)
            }
            None => self.block_indent(parent.map_or(1, |column| column + 1))?,
        };
        let side = self.builder.arena.side.len();
        let (end, breaks) = self.block_lines(style, leading, indent, header)?;
        let kept = match chomping {
            Some(b'-') => 0,
            Some(_) => breaks,
            None => breaks.min(1),
        };
        push_breaks(&mut self.builder.arena.side, kept);
        let text = Text::side(side, &self.builder.arena.side);
        let span = Span { start: start as u32, end: end as u32 };
        self.end = end;
        self.builder.scalar(span, style, text, Properties::NONE).ok()?;
        self.skip_lines()
    }

    fn chomping(&mut self) -> Option<u8> {
        let chomping = self.byte_or_end().filter(|byte| matches!(byte, b'-' | b'+'))?;
        self.at += 1;
        Some(chomping)
    }

    /// From the header's line break: finds the first line that is not empty, counts the empty
    /// ones before it, and takes its indentation. Leaves the position at that line's start.
    fn block_indent(&mut self, least: usize) -> Option<(usize, usize)> {
        let mut empty = 0;
        let mut widest = 0;
        loop {
            let line = self.at + 1;
            self.at = line;
            self.skip_spaces();
            let column = self.at - line;
            if self.byte_or_end()? == b'\n' {
                empty += 1;
                widest = widest.max(column);
                continue;
            }
            // A wider empty line before would give the indentation.
            if self.byte() == b'\t' || column < least || widest > column {
                return None;
            }
            self.at = line;
            self.line_start = line;
            return Some((empty, column));
        }
    }

    /// Copies the lines that are indented enough to the side text. Returns where the last one
    /// with more than blanks ends (`end`, when there is none), and how many line breaks follow
    /// the last line.
    fn block_lines(
        &mut self,
        style: Style,
        leading: usize,
        indent: usize,
        mut end: usize,
    ) -> Option<(usize, usize)> {
        let folded = style == Style::Folded;
        let mut breaks = leading;
        let mut first = true;
        let mut after_indented = false;
        while self.skip_block_indent(indent)? {
            let line = self.at;
            let ahead = memchr(b'\n', &self.bytes[line..]);
            let line_end = ahead.map_or(self.bytes.len(), |ahead| line + ahead);
            if line_end == line {
                breaks += 1;
            } else {
                let indented = matches!(self.bytes[line], b' ' | b'\t');
                let side = &mut self.builder.arena.side;
                if folded && !first && !indented && !after_indented {
                    if breaks == 1 {
                        side.push(' ');
                    } else {
                        push_breaks(side, breaks - 1);
                    }
                } else {
                    push_breaks(side, breaks);
                }
                side.push_str(&self.text[line..line_end]);
                if !indented || has_content(&self.bytes[line..line_end]) {
                    end = line_end;
                }
                first = false;
                after_indented = indented;
                breaks = usize::from(ahead.is_some());
            }
            self.at = line_end;
            if ahead.is_none() {
                break;
            }
            self.at += 1;
            self.line_start = self.at;
        }
        (!first).then_some((end, breaks))
    }

    /// From the start of a line: skips up to `indent` spaces; false at the end or at a line that
    /// is indented less, whose start stays the position. An empty line counts as indented.
    fn skip_block_indent(&mut self, indent: usize) -> Option<bool> {
        let line = self.at;
        let most = (line + indent).min(self.bytes.len());
        while self.at < most && self.bytes[self.at] == b' ' {
            self.at += 1;
        }
        match self.byte_or_end() {
            Some(b'\n') => Some(true),
            Some(b'\t') if self.at < line + indent => None,
            Some(_) if self.at == line + indent => Some(true),
            _ => {
                self.at = line;
                Some(false)
            }
        }
    }
}

fn has_content(line: &[u8]) -> bool {
    line.iter().any(|byte| !matches!(byte, b' ' | b'\t'))
}
