//! Logs line by line, with a limit.

use std::io::{self, BufRead};

/// Reads a line with its end into `line`; whether it is whole. The rest of one that has more than
/// `max` bytes is read and dropped.
///
/// # Errors
///
/// When the log cannot be read any further.
pub(crate) fn read_line(log: &mut dyn BufRead, max: usize, line: &mut Vec<u8>) -> io::Result<bool> {
    let mut is_whole = true;
    loop {
        let read = log.fill_buf()?;
        if read.is_empty() {
            return Ok(is_whole);
        }
        let end = memchr::memchr(b'\n', read);
        let length = end.map_or(read.len(), |end| end + 1);
        if line.len() + length <= max {
            line.extend_from_slice(&read[..length]);
        } else {
            is_whole = false;
        }
        log.consume(length);
        if end.is_some() {
            return Ok(is_whole);
        }
    }
}
