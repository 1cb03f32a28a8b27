//! Cuts a stream into documents, so that a broken one cannot hurt its neighbours.

use memchr::memmem;

use crate::character::{
    BYTE_ORDER_MARK, break_length, is_blank, is_blank_break_or_end, is_break_or_end,
};

/// The text of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// First byte: of the directives, of `---`, or of the text when it has neither.
    pub(crate) start: usize,
    /// First byte after `---`.
    pub(crate) body: usize,
    /// First byte of the next marker line, or the end of the text.
    pub(crate) end: usize,
}

/// The parts of a text, cut at lines that start with `---` or `...` and a blank or a line break.
/// Directives are part of the document that follows.
pub(crate) struct Parts<'t> {
    bytes: &'t [u8],
    next: Option<(usize, usize)>,
    starts: Markers<'t>,
    ends: Markers<'t>,
}

impl<'t> Parts<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let start = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self {
            bytes,
            next: Some((start, start)),
            starts: Markers::new(bytes, *b"---", start),
            ends: Markers::new(bytes, *b"...", start),
        }
    }

    /// Where a document's text starts: at its directives, if the part holds nothing else.
    fn directives(&self, body: usize, end: usize) -> Option<usize> {
        let mut at = body;
        let mut found = None;
        while at < end {
            let line = at;
            while is_blank(self.bytes, at) {
                at += 1;
            }
            match self.bytes[at..end].first() {
                Some(b'%') if at == line => _ = found.get_or_insert(line),
                Some(b'#') => {}
                _ if is_break_or_end(&self.bytes[..end], at) => {}
                _ => return None,
            }
            while !is_break_or_end(&self.bytes[..end], at) {
                at += 1;
            }
            at += break_length(&self.bytes[..end], at);
        }
        found
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        let (mut start, mut body) = self.next.take()?;
        loop {
            let marker = self.starts.at_or_after(body);
            let closing = self.ends.at_or_after(body);
            let end = marker.min(closing);
            if end == self.bytes.len() {
                return Some(Part { start, body, end });
            }
            let after = end + 3;
            if closing < marker {
                self.next = Some((after, after));
                return Some(Part { start, body, end });
            }
            if let Some(directives) = self.directives(body, end) {
                start = directives;
                body = after;
                continue;
            }
            self.next = Some((end, after));
            return Some(Part { start, body, end });
        }
    }
}

/// Finds lines that start with a marker.
struct Markers<'t> {
    bytes: &'t [u8],
    finder: memmem::Finder<'static>,
    marker: u8,
    text_start: usize,
    /// The last one found, or the length of the text.
    found: usize,
    searched: bool,
}

impl<'t> Markers<'t> {
    fn new(bytes: &'t [u8], marker: [u8; 3], text_start: usize) -> Self {
        let finder = memmem::Finder::new(&marker).into_owned();
        Self { bytes, finder, marker: marker[0], text_start, found: 0, searched: false }
    }

    /// Offset of the first marker at or after `from`, or the length of the text.
    fn at_or_after(&mut self, from: usize) -> usize {
        if self.searched && self.found >= from {
            return self.found;
        }
        self.searched = true;
        let mut at = from;
        while let Some(ahead) = self.finder.find(&self.bytes[at..]) {
            at += ahead;
            let line_start = at == self.text_start || ends_with_break(&self.bytes[..at]);
            if line_start && is_blank_break_or_end(self.bytes, at + 3) {
                self.found = at;
                return at;
            }
            while self.bytes.get(at) == Some(&self.marker) {
                at += 1;
            }
        }
        self.found = self.bytes.len();
        self.found
    }
}

fn ends_with_break(bytes: &[u8]) -> bool {
    matches!(bytes, [.., b'\n' | b'\r'] | [.., 0xC2, 0x85] | [.., 0xE2, 0x80, 0xA8 | 0xA9])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let parts: Vec<&str> = Parts::new(text).map(|part| &text[part.start..part.end]).collect();
        assert_eq!(parts, expected, "{text:?}");
    }

    #[test]
    fn parts() {
        check("", &[""]);
        check("a", &["a"]);
        check("a\n---\nb\n", &["a\n", "---\nb\n"]);
        check("---\na\n---\nb", &["", "---\na\n", "---\nb"]);
        check("--- a\n---\tb\n---", &["", "--- a\n", "---\tb\n", "---"]);
        check("---a\n----\n ---\nb---\n", &["---a\n----\n ---\nb---\n"]);
        check("a\n...\nb\n... \nc", &["a\n", "\nb\n", " \nc"]);
        check("a\r---\rb\u{85}---\u{2028}--- c", &["a\r", "---\rb\u{85}", "---\u{2028}", "--- c"]);
        check("%YAML 1.1\n# c\n---\na\n", &["%YAML 1.1\n# c\n---\na\n"]);
        check("a\n...\n%TAG ! x\n---\nb", &["a\n", "%TAG ! x\n---\nb"]);
        check("---\n%TAG ! x\n---\nb", &["", "%TAG ! x\n---\nb"]);
        check("%YAML 1.1\na\n---\nb", &["%YAML 1.1\na\n", "---\nb"]);
        check("%YAML 1.1\n...\n---\nb", &["%YAML 1.1\n", "\n", "---\nb"]);
        check("\u{FEFF}---\na\n---\nb", &["", "---\na\n", "---\nb"]);
        check("\u{FEFF}a", &["a"]);
    }
}
