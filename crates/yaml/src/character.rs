//! Character classes of YAML 1.1 as libyaml reads them.

/// The byte order mark in UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Length in bytes of the line break at `at`, 0 when there is none. Besides LF, CR and CRLF, YAML
/// 1.1 breaks lines at NEL (U+0085), LS (U+2028) and PS (U+2029).
pub(crate) fn break_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') => 1 + usize::from(bytes.get(at + 1) == Some(&b'\n')),
        Some(0xC2) => 2 * usize::from(bytes.get(at + 1) == Some(&0x85)),
        Some(0xE2) => {
            3 * usize::from(matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xA8 | 0xA9])))
        }
        _ => 0,
    }
}

/// A space or a tab.
pub(crate) fn is_blank(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), Some(b' ' | b'\t'))
}

/// A line break or the end of the text.
pub(crate) fn is_break_or_end(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        None | Some(b'\n' | b'\r') => true,
        Some(0xC2 | 0xE2) => break_length(bytes, at) > 0,
        Some(_) => false,
    }
}

/// A blank, a line break or the end of the text: what must follow most indicators.
pub(crate) fn is_blank_break_or_end(bytes: &[u8], at: usize) -> bool {
    is_blank(bytes, at) || is_break_or_end(bytes, at)
}

/// A letter, a digit, `_` or `-`: what names of anchors, tag handles and directives are made of.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// A character that may stand in a tag URI (`%` starts an escape).
pub(crate) fn is_uri(byte: u8) -> bool {
    is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte)
}

/// Offset of the first character YAML forbids in a text: anything but tab, line breaks and the
/// printable characters of the specification (`readerc.go` of go-yaml: `c-printable`).
pub(crate) fn first_forbidden(bytes: &[u8]) -> Option<usize> {
    if is_plain_ascii(bytes) {
        return None;
    }
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or(0);
        let forbidden = match byte {
            b'\t' | b'\n' | b'\r' => false,
            0..0x20 | 0x7F => true,
            // C1 controls but NEL.
            0xC2 => next(1) < 0xA0 && next(1) != 0x85,
            // U+FFFE and U+FFFF.
            0xEF => next(1) == 0xBF && next(2) >= 0xBE,
            _ => false,
        };
        if forbidden {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Whether all bytes are printable ASCII, tabs or line breaks; written so that it vectorises.
fn is_plain_ascii(bytes: &[u8]) -> bool {
    bytes.chunks(256).all(|chunk| {
        let strange = |byte: u8| {
            u8::from(byte.wrapping_sub(0x20) >= 0x5F)
                - u8::from(matches!(byte, b'\t' | b'\n' | b'\r'))
        };
        chunk.iter().map(|&byte| strange(byte)).fold(0, |all, one| all | one) == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters() {
        let check = |text: &str, expected| assert_eq!(first_forbidden(text.as_bytes()), expected);
        check("a\tb\r\n\u{85}\u{A0}é\u{2028}\u{FFFD}\u{10FFFF}", None);
        check("a\0", Some(1));
        check("\u{7F}", Some(0));
        check("é\u{80}", Some(2));
        check("\u{9F}", Some(0));
        check("\u{FFFE}", Some(0));
        check("\u{FEFF}", None);
    }

    #[test]
    fn breaks() {
        let check = |text: &str, expected| assert_eq!(break_length(text.as_bytes(), 0), expected);
        check("\n\r", 1);
        check("\r", 1);
        check("\r\n", 2);
        check("\u{85}", 2);
        check("\u{2028}", 3);
        check("\u{2029}", 3);
        check("\u{2027}", 0);
        check("\u{A0}", 0);
        check("", 0);
    }
}
