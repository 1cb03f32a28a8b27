//! Flow collections, on one or several lines.

use super::Reader;
use super::line::{KEY_BYTES, Scalar};
use crate::Style;
use crate::arena::Kind;

impl Reader<'_, '_> {
    /// Reads `[…]` or `{…}`.
    pub(super) fn flow_node(&mut self) -> Option<()> {
        let (kind, closing) =
            if self.byte() == b'[' { (Kind::Sequence, b']') } else { (Kind::Mapping, b'}') };
        self.open(kind, Style::Flow, self.at)?;
        self.at += 1;
        loop {
            self.skip_flow_blanks()?;
            if self.byte() == closing {
                break;
            }
            if kind == Kind::Mapping {
                self.flow_key()?;
            }
            self.flow_value()?;
            self.skip_flow_blanks()?;
            match self.byte() {
                b',' => self.at += 1,
                byte if byte == closing => break,
                _ => return None,
            }
        }
        self.at += 1;
        self.end = self.at;
        self.close()
    }

    /// Reads a key and its colon, which must stand on the same line.
    fn flow_key(&mut self) -> Option<()> {
        let quoted = matches!(self.byte(), b'"' | b'\'');
        let key = self.scan_flow_scalar()?;
        self.add_scalar(&key)?;
        self.skip_spaces();
        // After a quoted key no space is needed, as in JSON.
        let colon = self.byte() == b':' && (quoted || self.is_spaced(self.at + 1));
        if !colon || key.folded || self.at - key.start > KEY_BYTES {
            return None;
        }
        self.at += 1;
        self.end = self.at;
        Some(())
    }

    fn flow_value(&mut self) -> Option<()> {
        self.skip_flow_blanks()?;
        if let b'[' | b'{' = self.byte() {
            return self.flow_node();
        }
        let scalar = self.scan_flow_scalar()?;
        self.add_scalar(&scalar)?;
        // On a later line, anything but these would continue a plain scalar.
        self.skip_flow_blanks()?;
        matches!(self.byte(), b',' | b']' | b'}').then_some(())
    }

    fn scan_flow_scalar(&mut self) -> Option<Scalar> {
        match self.byte() {
            b'"' => self.scan_double_quoted(),
            b'\'' => self.scan_single_quoted(),
            b'-' if matches!(self.bytes.get(self.at + 1)?, b' ' | b'\n' | b',' | b']' | b'}') => {
                None
            }
            b':' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' => None,
            _ => self.scan_flow_plain(),
        }
    }

    /// Skips spaces, line breaks and comments.
    fn skip_flow_blanks(&mut self) -> Option<()> {
        loop {
            let from = self.at;
            self.skip_spaces();
            match self.byte_or_end() {
                Some(b'\n') => {
                    self.at += 1;
                    self.line_start = self.at;
                }
                Some(b'#') if self.at > from || self.at == self.line_start => self.skip_comment(),
                Some(b'#' | b'\t') => return None,
                _ => return Some(()),
            }
        }
    }
}
