//! Anchors, aliases, tags and directives.

use super::{Name, Scanner, Token, TokenKind};
use crate::Error;
use crate::character::{is_blank, is_blank_break_or_end, is_break_or_end, is_uri, is_word};

impl<'t> Scanner<'t> {
    /// `&name` or `*name`; the token's source without its first byte is the name.
    pub(super) fn fetch_anchor(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.at;
        self.at += 1;
        self.skip_word();
        let ended =
            is_blank_break_or_end(self.bytes, self.at) || b"?:,]}%@`".contains(&self.peek_byte());
        if self.at == start + 1 || !ended {
            return Err(self.error(start, "expected letters and digits as the anchor's name"));
        }
        self.push(kind, start);
        Ok(())
    }

    /// `!`, `!suffix`, `!handle!suffix` or `!<tag>`.
    pub(super) fn fetch_tag(&mut self) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.at;
        let (handle, suffix) = if self.bytes.get(start + 1) == Some(&b'<') {
            self.at += 2;
            let suffix = self.read_uri(start, None)?;
            if self.peek_byte() != b'>' {
                return Err(self.error(start, "expected '>' at the end of the tag"));
            }
            self.at += 1;
            (self.keep_name(b""), suffix)
        } else {
            self.read_shorthand(start)?
        };
        if !is_blank_break_or_end(self.bytes, self.at) {
            return Err(self.error(start, "expected a blank or a line break after the tag"));
        }
        self.push(TokenKind::Tag { handle, suffix }, start);
        Ok(())
    }

    fn read_shorthand(&mut self, start: usize) -> Result<(Name, Name), Error> {
        let head = self.read_handle();
        if head.len() > 1 && head.ends_with(b"!") {
            let suffix = self.read_uri(start, None)?;
            return Ok((self.keep_name(head), suffix));
        }
        let suffix = self.read_uri(start, Some(&head[1..]))?;
        let bang = self.keep_name(b"!");
        // The tag `!` alone has no handle.
        Ok(if suffix.start == suffix.end { (suffix, bang) } else { (bang, suffix) })
    }

    /// `%YAML 1.1` or `%TAG !handle! prefix`.
    pub(super) fn fetch_directive(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1);
        self.forget_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.at;
        self.at += 1;
        let from = self.at;
        self.skip_word();
        let name = &self.bytes[from..self.at];
        if !is_blank_break_or_end(self.bytes, self.at) {
            return Err(self.error(start, "found a stray character in a directive's name"));
        }
        let kind = match name {
            b"YAML" => self.read_version(start)?,
            b"TAG" => self.read_tag_directive(start)?,
            _ => return Err(self.error(start, "found an unknown directive")),
        };
        let end = self.at;
        self.skip_blanks();
        self.skip_comment();
        if !is_break_or_end(self.bytes, self.at) {
            return Err(self.error(start, "expected a comment or a line break after a directive"));
        }
        self.skip_break();
        self.queue.push_back(Token { kind, start, end });
        Ok(())
    }

    fn read_version(&mut self, start: usize) -> Result<TokenKind, Error> {
        self.skip_blanks();
        let major = self.read_version_number(start)?;
        if self.peek_byte() != b'.' {
            return Err(self.error(start, "expected a digit or '.' in the YAML version"));
        }
        self.at += 1;
        let minor = self.read_version_number(start)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn read_version_number(&mut self, start: usize) -> Result<u8, Error> {
        let from = self.at;
        while self.peek_byte().is_ascii_digit() {
            self.at += 1;
        }
        match &self.bytes[from..self.at] {
            [one] => Ok(one - b'0'),
            [ten, one] => Ok((ten - b'0') * 10 + (one - b'0')),
            _ => Err(self.error(start, "expected one or two digits in the YAML version")),
        }
    }

    fn read_tag_directive(&mut self, start: usize) -> Result<TokenKind, Error> {
        self.skip_blanks();
        if self.peek_byte() != b'!' {
            return Err(self.error(start, "expected '!' in a tag directive"));
        }
        let handle = self.read_handle();
        if handle != b"!" && !handle.ends_with(b"!") {
            return Err(self.error(start, "expected '!' at the end of the tag handle"));
        }
        if !is_blank(self.bytes, self.at) {
            return Err(self.error(start, "expected a blank after the tag handle"));
        }
        let handle = self.keep_name(handle);
        self.skip_blanks();
        let prefix = self.read_uri(start, None)?;
        if !is_blank_break_or_end(self.bytes, self.at) {
            return Err(self.error(start, "expected a blank or a line break after the tag prefix"));
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }

    /// `!`, letters and digits, and a second `!` if there is one.
    fn read_handle(&mut self) -> &'t [u8] {
        let start = self.at;
        self.at += 1;
        self.skip_word();
        if self.peek_byte() == b'!' {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    /// A tag's URI with its escapes decoded, after `head`; without a head it must not be empty.
    fn read_uri(&mut self, start: usize, head: Option<&[u8]>) -> Result<Name, Error> {
        let from = self.names.len();
        self.names.extend_from_slice(head.unwrap_or_default());
        let first = self.at;
        while is_uri(self.peek_byte()) {
            if self.peek_byte() == b'%' {
                self.read_uri_escape(start)?;
            } else {
                self.names.push(self.peek_byte());
                self.at += 1;
            }
        }
        if head.is_none() && self.at == first {
            return Err(self.error(start, "expected a tag"));
        }
        Ok(Name { start: from as u32, end: self.names.len() as u32 })
    }

    /// `%C3%A9`: all octets of one character.
    fn read_uri_escape(&mut self, start: usize) -> Result<(), Error> {
        let mut left = 1;
        let mut first = true;
        while left > 0 {
            let octet = match self.bytes.get(self.at..self.at + 3) {
                Some(&[b'%', high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    u8::from_str_radix(&self.text[self.at + 1..self.at + 3], 16).unwrap_or(0)
                }
                _ => return Err(self.error(start, "expected an escaped octet in the tag")),
            };
            if first {
                left = match octet {
                    0..0x80 => 1,
                    0xC0..0xE0 => 2,
                    0xE0..0xF0 => 3,
                    0xF0..0xF8 => 4,
                    _ => return Err(self.error(start, "found a wrong first octet in the tag")),
                };
                first = false;
            } else if octet & 0xC0 != 0x80 {
                return Err(self.error(start, "found a wrong octet in the tag"));
            }
            self.names.push(octet);
            self.at += 3;
            left -= 1;
        }
        Ok(())
    }

    fn keep_name(&mut self, name: &[u8]) -> Name {
        let start = self.names.len() as u32;
        self.names.extend_from_slice(name);
        Name { start, end: self.names.len() as u32 }
    }

    fn skip_word(&mut self) {
        while is_word(self.peek_byte()) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while is_blank(self.bytes, self.at) {
            self.at += 1;
        }
    }
}
