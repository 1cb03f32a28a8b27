//! Tokens of an expression (the lexer rules of cel-go's `parser/gen/CEL.g4`).

use crate::problem::Fault;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Identifier(Box<str>),
    /// A name between backticks, for fields only.
    Quoted(Box<str>),
    /// Digits, decimal or after `0x`.
    Int(Box<str>),
    Uint(Box<str>),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
    /// An operator, a bracket, or one of the words `in`, `true`, `false`, `null`.
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!",
    "?", ":", "+", "*", "/", "%",
];
const WORDS: [&str; 4] = ["in", "true", "false", "null"];

/// Reads all tokens, each with the place of its first byte.
pub(crate) fn tokens(source: &str) -> Result<Vec<(Token, u32)>, Fault> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let offset = lexer.at as u32;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        tokens.push((token, offset));
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.source.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault::new(self.at as u32, reason)
    }

    fn skip_blank(&mut self) {
        loop {
            match self.byte(0) {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0c => self.at += 1,
                b'/' if self.byte(1) == b'/' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Result<Token, Fault> {
        if self.rest().is_empty() {
            return Ok(Token::End);
        }
        if let Some(prefix) = self.string_prefix() {
            return self.string(prefix);
        }
        let first = self.byte(0);
        if first.is_ascii_digit() || first == b'.' && self.byte(1).is_ascii_digit() {
            return self.number();
        }
        if first.is_ascii_alphabetic() || first == b'_' {
            let name = self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Ok(match WORDS.iter().find(|word| **word == name) {
                Some(word) => Token::Sign(word),
                None => Token::Identifier(name.into()),
            });
        }
        if first == b'`' {
            return self.quoted();
        }
        let rest = self.rest();
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.at += sign.len();
            return Ok(Token::Sign(sign));
        }
        let bad = rest.chars().next().unwrap_or_default();
        Err(self.fault(format!("Syntax error: token recognition error at: '{bad}'")))
    }

    fn take(&mut self, holds: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !holds(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn quoted(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.at += 1;
        let name = self.take(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ')
        });
        if name.is_empty() || self.byte(0) != b'`' {
            self.at = start;
            return Err(self.fault("Syntax error: token recognition error at: '`'"));
        }
        self.at += 1;
        Ok(Token::Quoted(name.into()))
    }

    fn number(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        if self.byte(0) == b'0' && self.byte(1) == b'x' && self.byte(2).is_ascii_hexdigit() {
            self.at += 2;
            self.take(|byte| byte.is_ascii_hexdigit());
            return Ok(self.integer(start));
        }
        self.take(|byte| byte.is_ascii_digit());
        let mut is_double = false;
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.take(|byte| byte.is_ascii_digit());
            is_double = true;
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let signed = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + signed).is_ascii_digit() {
                self.at += 1 + signed;
                self.take(|byte| byte.is_ascii_digit());
                is_double = true;
            }
        }
        if !is_double {
            return Ok(self.integer(start));
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(double) if double.is_finite() => Ok(Token::Double(double)),
            _ => Err(Fault::new(start as u32, "invalid double literal")),
        }
    }

    fn integer(&mut self, start: usize) -> Token {
        let digits: Box<str> = self.source.get(start..self.at).unwrap_or_default().into();
        if matches!(self.byte(0), b'u' | b'U') {
            self.at += 1;
            return Token::Uint(digits);
        }
        Token::Int(digits)
    }

    /// The letters before a quote: (length, raw, bytes).
    fn string_prefix(&self) -> Option<(usize, bool, bool)> {
        let quote = |byte: u8| byte == b'"' || byte == b'\'';
        match (self.byte(0), self.byte(1), self.byte(2)) {
            (first, ..) if quote(first) => Some((0, false, false)),
            (b'r' | b'R', second, _) if quote(second) => Some((1, true, false)),
            (b'b' | b'B', second, _) if quote(second) => Some((1, false, true)),
            (b'b' | b'B', b'r' | b'R', third) if quote(third) => Some((2, true, true)),
            _ => None,
        }
    }

    fn string(&mut self, (prefix, raw, bytes): (usize, bool, bool)) -> Result<Token, Fault> {
        let start = self.at as u32;
        self.at += prefix;
        let quote = self.byte(0);
        let is_triple = self.byte(1) == quote && self.byte(2) == quote;
        self.at += if is_triple { 3 } else { 1 };
        let mut text = Text { bytes: Vec::new(), is_bytes: bytes };
        loop {
            let rest = self.rest();
            let Some(next) = rest.chars().next() else {
                return Err(Fault::new(start, "Syntax error: string is not closed"));
            };
            let closes = next as u32 == u32::from(quote);
            if closes && (!is_triple || self.byte(1) == quote && self.byte(2) == quote) {
                self.at += if is_triple { 3 } else { 1 };
                return text.finish(start);
            }
            if !is_triple && matches!(next, '\n' | '\r') {
                return Err(Fault::new(start, "Syntax error: string is not closed"));
            }
            if next == '\\' && !raw {
                self.escape(&mut text)?;
            } else {
                self.line_break_or(next, is_triple, &mut text);
            }
        }
    }

    /// In triple quotes `\r\n` and `\r` are read as `\n` (`parser/unescape.go`).
    fn line_break_or(&mut self, next: char, is_triple: bool, text: &mut Text) {
        if next == '\r' && is_triple {
            self.at += if self.byte(1) == b'\n' { 2 } else { 1 };
            text.push('\n');
        } else {
            self.at += next.len_utf8();
            text.push(next);
        }
    }

    fn escape(&mut self, text: &mut Text) -> Result<(), Fault> {
        let letter = self.byte(1);
        let simple = match letter {
            b'a' => Some('\u{7}'),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'v' => Some('\u{b}'),
            b'"' | b'\'' | b'\\' | b'?' | b'`' => Some(letter as char),
            _ => None,
        };
        if let Some(simple) = simple {
            self.at += 2;
            text.push(simple);
            return Ok(());
        }
        let (skip, length, radix) = match letter {
            b'x' | b'X' => (2, 2, 16),
            b'u' => (2, 4, 16),
            b'U' => (2, 8, 16),
            b'0'..=b'3' => (1, 3, 8),
            _ => return Err(self.fault("Syntax error: unknown escape in a string")),
        };
        let digits = self.rest().get(skip..skip + length).unwrap_or_default();
        let is_code = digits.len() == length && digits.chars().all(|digit| digit.is_digit(radix));
        let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_code);
        let Some(code) = code else {
            return Err(self.fault("Syntax error: unknown escape in a string"));
        };
        if text.is_bytes && length < 4 {
            text.bytes.push(code as u8);
        } else if text.is_bytes {
            return Err(self.fault("unable to unescape string"));
        } else {
            let char = char::from_u32(code);
            text.push(char.ok_or_else(|| self.fault("unable to unescape string"))?);
        }
        self.at += skip + length;
        Ok(())
    }
}

struct Text {
    bytes: Vec<u8>,
    is_bytes: bool,
}

impl Text {
    fn push(&mut self, char: char) {
        self.bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn finish(self, start: u32) -> Result<Token, Fault> {
        if self.is_bytes {
            return Ok(Token::Bytes(self.bytes.into()));
        }
        let text = String::from_utf8(self.bytes);
        text.map(|text| Token::String(text.into()))
            .map_err(|_| Fault::new(start, "Syntax error: a string is not UTF-8"))
    }
}
