//! Plain scalars: text without quotes, possibly folded over several lines.

use super::{Scanner, TokenKind};
use crate::arena::Text;
use crate::character::{break_length, is_blank, is_blank_break_or_end};
use crate::{Error, Style};

impl Scanner<'_> {
    pub(super) fn fetch_plain(&mut self) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.at;
        let indent = self.indent + 1;
        // The text is the source from `piece` to `end`, after what has gone to the side text.
        let (mut piece, mut end) = (start, start);
        let mut side = None;
        let mut broken = false;
        while self.peek_byte() != b'#' && !(self.column() == 0 && self.is_document_start(self.at)) {
            let word = self.at;
            self.skip_plain_word();
            if self.at > word {
                if broken {
                    side.get_or_insert(self.side.len());
                    self.side.push_str(&self.text[piece..end]);
                    self.fold();
                    piece = word;
                    broken = false;
                }
                end = self.at;
            }
            if !is_blank(self.bytes, self.at) && break_length(self.bytes, self.at) == 0 {
                break;
            }
            broken = self.skip_plain_blanks(start, indent)?;
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        let text = match side {
            None => Text::source(start, end),
            Some(side) => {
                self.side.push_str(&self.text[piece..end]);
                Text::side(side, &self.side)
            }
        };
        if broken {
            self.simple_key_allowed = true;
        }
        let kind = TokenKind::Scalar { style: Style::Plain, text };
        self.queue.push_back(super::Token { kind, start, end });
        Ok(())
    }

    /// Skips characters up to a blank, a break or an indicator that ends the scalar.
    fn skip_plain_word(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b':' if is_blank_break_or_end(self.bytes, self.at + 1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if self.flow_level > 0 => return,
                b' ' | b'\t' | b'\n' | b'\r' => return,
                0xC2 | 0xE2 if break_length(self.bytes, self.at) > 0 => return,
                _ => self.at += 1,
            }
        }
    }

    /// Skips blanks and line breaks between words; true when there was a break. The breaks are
    /// left in the scratch space for [`Self::fold`].
    fn skip_plain_blanks(&mut self, start: usize, indent: i64) -> Result<bool, Error> {
        self.breaks.clear();
        let mut broken = false;
        loop {
            if is_blank(self.bytes, self.at) {
                let tab = self.bytes[self.at] == b'\t';
                if broken && tab && self.column() < indent {
                    return Err(self.error(start, "found a tab where indentation is expected"));
                }
                self.at += 1;
            } else if break_length(self.bytes, self.at) > 0 {
                self.read_break();
                broken = true;
            } else {
                return Ok(broken);
            }
        }
    }
}
