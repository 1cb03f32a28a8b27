//! From byte offsets to lines and columns.

use memchr::memchr2_iter;

use crate::Position;

/// Bytes between two entries of the code point table.
const BLOCK: usize = 4096;

/// Where lines start, and how many code points stand before each block of the text.
#[derive(Debug)]
pub(crate) struct LineIndex {
    starts: Vec<u32>,
    /// Empty for ASCII.
    code_points: Vec<u32>,
}

impl LineIndex {
    /// Lines end at LF, CR or CRLF, as editors count them.
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at as u32 + 1);
            }
        }
        let mut code_points = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for block in bytes.chunks(BLOCK) {
                code_points.push(before);
                before += count_code_points(block);
            }
            code_points.push(before);
        }
        Self { starts, code_points }
    }

    pub(crate) fn position(&self, text: &str, offset: u32) -> Position {
        let offset = (offset as usize).min(text.len()) as u32;
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.starts[line - 1];
        let column = self.code_points_before(text, offset) - self.code_points_before(text, start);
        Position { line: line as u32, column: column + 1 }
    }

    /// From the first byte of a line to its line break; empty past the last line.
    pub(crate) fn line(&self, text: &str, line: u32) -> (usize, usize) {
        let start_of = |line: usize| self.starts.get(line).map_or(text.len(), |at| *at as usize);
        let (start, end) = (start_of((line as usize).wrapping_sub(1)), start_of(line as usize));
        let without_break = text[start..end].trim_end_matches(['\n', '\r']);
        (start, start + without_break.len())
    }

    fn code_points_before(&self, text: &str, offset: u32) -> u32 {
        let offset = offset as usize;
        let Some(&before) = self.code_points.get(offset / BLOCK) else { return offset as u32 };
        before + count_code_points(&text.as_bytes()[offset / BLOCK * BLOCK..offset])
    }
}

fn count_code_points(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&byte| u32::from(byte & 0xC0 != 0x80)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        let text = "a\nbé€x\r\n\rc";
        let index = LineIndex::new(text);
        let check = |offset, line, column| {
            assert_eq!(index.position(text, offset), Position { line, column }, "{offset}");
        };
        check(0, 1, 1);
        check(1, 1, 2);
        check(2, 2, 1);
        check(5, 2, 3);
        check(8, 2, 4);
        check(11, 3, 1);
        check(12, 4, 1);
        check(13, 4, 2);
        check(99, 4, 2);
    }

    #[test]
    fn long_lines() {
        let text = "é".repeat(10_000);
        let index = LineIndex::new(&text);
        assert_eq!(index.position(&text, 19_998), Position { line: 1, column: 10_000 });
        let text = "x".repeat(10_000);
        let index = LineIndex::new(&text);
        assert_eq!(index.position(&text, 9_999), Position { line: 1, column: 10_000 });
    }
}
