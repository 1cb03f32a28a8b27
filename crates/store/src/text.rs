//! Texts as they are kept.

use std::borrow::Cow;

/// Bytes that are kept of a name, a path, a reason.
pub(crate) const LINE_BYTES_MAX: usize = 4_096;
/// Bytes that are kept of a finding's detail.
pub(crate) const DETAIL_BYTES_MAX: usize = 65_536;
/// What stands for a detail that is longer.
const LONG_DETAIL: &str = r#"{"withheld":"the detail is longer than 65536 bytes"}"#;

/// A text as it is kept: without the character 0, which PostgreSQL has no place for, and cut
/// behind [`LINE_BYTES_MAX`] bytes.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let cut = if text.len() > LINE_BYTES_MAX {
        Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(LINE_BYTES_MAX)]))
    } else {
        Cow::Borrowed(text)
    };
    if cut.contains('\0') { Cow::Owned(cut.replace('\0', "\u{fffd}")) } else { cut }
}

/// A finding's JSON as it is kept: whole or not at all.
pub(crate) fn detail(json: &str) -> Cow<'_, str> {
    if json.len() > DETAIL_BYTES_MAX {
        Cow::Borrowed(LONG_DETAIL)
    } else if json.contains('\0') {
        // In JSON the character stands as an escape; this is for what is none.
        Cow::Owned(json.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(json)
    }
}
