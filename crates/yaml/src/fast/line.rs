//! Scalars without a header: plain and quoted, on one line or folded over several.

use memchr::{memchr2, memchr3};

use super::Reader;
use crate::Style;
use crate::arena::Text;

/// A key may have 1024 characters; with more bytes the slow path counts them.
pub(super) const KEY_BYTES: usize = 1024;

/// A scalar that was scanned, but not yet added.
pub(super) struct Scalar {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) style: Style,
    pub(super) text: Text,
    /// It goes over several lines, so it cannot be a key.
    pub(super) folded: bool,
}

/// How a byte acts in a plain scalar.
const ORDINARY: u8 = 0;
/// Line break, colon, number sign or tab: look closer.
const SPECIAL: u8 = 1;
/// In flow collections only.
const FLOW: u8 = 2;

const CLASSES: [u8; 256] = {
    let mut classes = [ORDINARY; 256];
    classes[b'\n' as usize] = SPECIAL;
    classes[b':' as usize] = SPECIAL;
    classes[b'#' as usize] = SPECIAL;
    classes[b'\t' as usize] = SPECIAL;
    classes[b',' as usize] = FLOW;
    classes[b'?' as usize] = FLOW;
    classes[b'[' as usize] = FLOW;
    classes[b']' as usize] = FLOW;
    classes[b'{' as usize] = FLOW;
    classes[b'}' as usize] = FLOW;
    classes
};

impl Reader<'_, '_> {
    /// Scans the scalar that starts here, of a plain one only the first line.
    #[expect(clippy::inline_always, reason = "returning scalars through memory costs a fifth")]
    #[inline(always)]
    pub(super) fn scan_scalar(&mut self) -> Option<Scalar> {
        match self.byte() {
            b'"' => self.scan_double_quoted(),
            b'\'' => self.scan_single_quoted(),
            b'-' | b'?' | b':' if self.is_spaced(self.at + 1) => None,
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%'
            | b'@' | b'`' | b'\t' | b'\n' | 0 => None,
            _ => self.scan_plain(),
        }
    }

    #[expect(clippy::inline_always, reason = "for the same reason")]
    #[inline(always)]
    fn scan_plain(&self) -> Option<Scalar> {
        let end = self.plain_line_end(self.at)?;
        (end > self.at).then(|| self.plain(self.at, end))
    }

    /// Where the part of a line that belongs to a plain scalar ends, trailing spaces included.
    fn plain_line_end(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            while let Some(&byte) = self.bytes.get(at)
                && CLASSES[byte as usize] & SPECIAL == 0
            {
                at += 1;
            }
            match self.bytes.get(at) {
                None | Some(b'\n') => return Some(at),
                Some(b':') if self.is_spaced(at + 1) => return Some(at),
                Some(b':') if self.bytes[at + 1] != b'\t' => {}
                Some(b'#') if at == start || self.bytes[at - 1] == b' ' => return Some(at),
                Some(b'#') => {}
                Some(_) => return None,
            }
            at += 1;
        }
    }

    /// A plain scalar without the spaces behind it.
    fn plain(&self, start: usize, end: usize) -> Scalar {
        let end = self.trim_spaces(start, end);
        let text = Text::source(start, end);
        Scalar { start, end, style: Style::Plain, text, folded: false }
    }

    fn trim_spaces(&self, start: usize, mut end: usize) -> usize {
        while end > start && self.bytes[end - 1] == b' ' {
            end -= 1;
        }
        end
    }

    /// Adds a plain scalar and the lines it is folded over: all that are right of the enclosing
    /// collection. Goes on to the next content.
    pub(super) fn plain_value(&mut self, mut scalar: Scalar, parent: usize) -> Option<()> {
        let mut side = None;
        loop {
            let line_end = self.after_spaces(scalar.end);
            if self.bytes.get(line_end) != Some(&b'\n') {
                break;
            }
            let (breaks, line, start) = self.skip_empty_lines(line_end);
            match self.bytes.get(start) {
                None | Some(b'#') => break,
                Some(b'\t') => return None,
                Some(_) if start - line <= parent => {
                    self.add_plain(scalar, side)?;
                    (self.line_start, self.at) = (line, start);
                    return Some(());
                }
                Some(_) => {}
            }
            let end = self.plain_line_end(start)?;
            let end = self.trim_spaces(start, end);
            if end == start {
                return None;
            }
            let text = &mut self.builder.arena.side;
            if side.is_none() {
                side = Some(text.len());
                text.push_str(&self.text[scalar.start..scalar.end]);
            }
            fold(text, breaks);
            text.push_str(&self.text[start..end]);
            scalar.end = end;
        }
        self.add_plain(scalar, side)?;
        self.next_content()
    }

    fn add_plain(&mut self, mut scalar: Scalar, side: Option<usize>) -> Option<()> {
        if let Some(side) = side {
            scalar.text = Text::side(side, &self.builder.arena.side);
        }
        self.add_scalar(&scalar)
    }

    /// From a line break: how many follow each other, where the line after them starts, and its
    /// first character that is no space.
    fn skip_empty_lines(&self, mut at: usize) -> (usize, usize, usize) {
        let mut breaks = 0;
        loop {
            breaks += 1;
            let line = at + 1;
            at = self.after_spaces(line);
            if self.bytes.get(at) != Some(&b'\n') {
                return (breaks, line, at);
            }
        }
    }

    /// Scans a plain scalar in a flow collection.
    pub(super) fn scan_flow_plain(&self) -> Option<Scalar> {
        let start = self.at;
        let mut at = start;
        while let Some(&byte) = self.bytes.get(at) {
            match (CLASSES[byte as usize], byte) {
                (ORDINARY, _) => {}
                (FLOW, b'?') => return None,
                (FLOW, _) | (_, b'\n') => break,
                (_, b':') => match self.bytes.get(at + 1) {
                    Some(b' ' | b'\n') => break,
                    Some(&next) if CLASSES[next as usize] != FLOW && next != b'\t' => {}
                    _ => return None,
                },
                (_, b'#') if self.bytes[at - 1] != b' ' => {}
                _ => return None,
            }
            at += 1;
        }
        (at > start).then(|| self.plain(start, at))
    }

    pub(super) fn scan_single_quoted(&mut self) -> Option<Scalar> {
        let mut quoted = Quoted::new(self.at, Style::SingleQuoted);
        let mut at = quoted.piece;
        loop {
            at += memchr2(b'\'', b'\n', &self.bytes[at..])?;
            if self.bytes[at] == b'\n' {
                at = self.fold_quoted(&mut quoted, at);
            } else if self.bytes.get(at + 1) == Some(&b'\'') {
                self.flush(&mut quoted, at + 1);
                at += 2;
                quoted.piece = at;
            } else {
                return Some(self.finish_quoted(quoted, at));
            }
        }
    }

    pub(super) fn scan_double_quoted(&mut self) -> Option<Scalar> {
        let mut quoted = Quoted::new(self.at, Style::DoubleQuoted);
        let mut at = quoted.piece;
        loop {
            at += memchr3(b'"', b'\\', b'\n', &self.bytes[at..])?;
            if self.bytes[at] == b'"' {
                return Some(self.finish_quoted(quoted, at));
            }
            if self.bytes[at] == b'\n' {
                at = self.fold_quoted(&mut quoted, at);
                continue;
            }
            self.flush(&mut quoted, at);
            at += 2;
            let side = &mut self.builder.arena.side;
            match *self.bytes.get(at - 1)? {
                byte @ (b'"' | b'\\' | b'\'' | b' ') => side.push(char::from(byte)),
                b'n' => side.push('\n'),
                b't' => side.push('\t'),
                b'r' => side.push('\r'),
                b'x' => at = self.push_code_point(at, 2)?,
                b'u' => at = self.push_code_point(at, 4)?,
                b'U' => at = self.push_code_point(at, 8)?,
                b'\n' => {
                    let (breaks, start) = self.skip_quoted_blanks(at - 1);
                    push_breaks(&mut self.builder.arena.side, breaks - 1);
                    at = start;
                    quoted.folded = true;
                }
                _ => return None,
            }
            quoted.piece = at;
        }
    }

    /// Writes the character with the hexadecimal code at `at` to the side text.
    fn push_code_point(&mut self, at: usize, digits: usize) -> Option<usize> {
        let code = self.bytes.get(at..at + digits)?.iter().try_fold(0, |code, &digit| {
            char::from(digit).to_digit(16).map(|digit| code << 4 | digit)
        })?;
        self.builder.arena.side.push(char::from_u32(code)?);
        Some(at + digits)
    }

    /// Folds the line breaks at `at` and the blanks around them; where the text goes on.
    fn fold_quoted(&mut self, quoted: &mut Quoted, at: usize) -> usize {
        let mut end = at;
        while end > quoted.piece && matches!(self.bytes[end - 1], b' ' | b'\t') {
            end -= 1;
        }
        self.flush(quoted, end);
        let (breaks, start) = self.skip_quoted_blanks(at);
        fold(&mut self.builder.arena.side, breaks);
        quoted.piece = start;
        quoted.folded = true;
        start
    }

    /// From a line break: skips blanks and line breaks, and counts these.
    fn skip_quoted_blanks(&self, mut at: usize) -> (usize, usize) {
        let mut breaks = 0;
        while let Some(byte @ (b' ' | b'\t' | b'\n')) = self.bytes.get(at) {
            breaks += usize::from(*byte == b'\n');
            at += 1;
        }
        (breaks, at)
    }

    /// Writes what has been scanned of a quoted scalar to the side text.
    fn flush(&mut self, quoted: &mut Quoted, end: usize) {
        let side = &mut self.builder.arena.side;
        quoted.side.get_or_insert(side.len());
        side.push_str(&self.text[quoted.piece..end]);
    }

    /// A quoted scalar whose closing quote stands at `quote`.
    fn finish_quoted(&mut self, mut quoted: Quoted, quote: usize) -> Scalar {
        let text = match quoted.side {
            None => Text::source(quoted.piece, quote),
            Some(side) => {
                self.flush(&mut quoted, quote);
                Text::side(side, &self.builder.arena.side)
            }
        };
        let Quoted { start, style, folded, .. } = quoted;
        Scalar { start, end: quote + 1, style, text, folded }
    }

    /// Whether spaces, a colon and a space or a line break follow: what was scanned is a key.
    #[inline]
    pub(super) fn is_key(&self, scalar: &Scalar) -> bool {
        let at = self.after_spaces(scalar.end);
        self.bytes.get(at) == Some(&b':') && self.is_spaced(at + 1)
    }
}

/// A quoted scalar that is being scanned.
struct Quoted {
    start: usize,
    style: Style,
    /// Where the source goes on that is not yet in the side text.
    piece: usize,
    /// Where its text starts in the side text, if it differs from the source.
    side: Option<usize>,
    folded: bool,
}

impl Quoted {
    fn new(start: usize, style: Style) -> Self {
        Self { start, style, piece: start + 1, side: None, folded: false }
    }
}

/// One line break is folded to a space, of several the first is dropped.
fn fold(side: &mut String, breaks: usize) {
    if breaks == 1 {
        side.push(' ');
    } else {
        push_breaks(side, breaks - 1);
    }
}

pub(super) fn push_breaks(side: &mut String, count: usize) {
    match count {
        0 => {}
        1 => side.push('\n'),
        _ => side.extend(std::iter::repeat_n('\n', count)),
    }
}
