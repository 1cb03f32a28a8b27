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
    let cut = match text.len() > LINE_BYTES_MAX {
        true => Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(LINE_BYTES_MAX)])),
        false => Cow::Borrowed(text),
    };
    match cut.contains('\0') {
        true => Cow::Owned(cut.replace('\0', "\u{fffd}")),
        false => cut,
    }
}

/// A finding's JSON as it is kept: whole or not at all.
pub(crate) fn detail(json: &str) -> Cow<'_, str> {
    match json.len() > DETAIL_BYTES_MAX {
        true => Cow::Borrowed(LONG_DETAIL),
        // In JSON the character stands as an escape; this is for what is none.
        false if json.contains('\0') => Cow::Owned(json.replace('\0', "\u{fffd}")),
        false => Cow::Borrowed(json),
    }
}
