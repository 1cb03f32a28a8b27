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

/// What a text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Survey {
    /// Lines end in LF, all else is printable or a tab.
    Plain,
    /// There are other line breaks or byte order marks.
    Unusual,
    /// A character at this offset is forbidden in YAML: anything but tab, line breaks and the
    /// printable characters of the specification (`readerc.go` of go-yaml).
    Forbidden(usize),
}

/// Surveys a text, which must start and end between characters.
pub(crate) fn survey(bytes: &[u8]) -> Survey {
    const CHUNK: usize = 256;
    let mut found = Survey::Plain;
    for (index, chunk) in bytes.chunks(CHUNK).enumerate() {
        if is_plain_ascii(chunk) {
            continue;
        }
        for ahead in 0..chunk.len() {
            let at = index * CHUNK + ahead;
            match survey_character(bytes, at) {
                Survey::Plain => {}
                Survey::Unusual => found = Survey::Unusual,
                forbidden @ Survey::Forbidden(_) => return forbidden,
            }
        }
    }
    found
}

fn survey_character(bytes: &[u8], at: usize) -> Survey {
    let next = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or(0);
    match (bytes[at], next(1), next(2)) {
        (b'\t' | b'\n', ..) => Survey::Plain,
        // CR, NEL, LS and PS, and the byte order mark.
        (b'\r', ..) | (0xC2, 0x85, _) | (0xE2, 0x80, 0xA8 | 0xA9) | (0xEF, 0xBB, 0xBF) => {
            Survey::Unusual
        }
        // Control characters, U+FFFE and U+FFFF.
        (0..0x20 | 0x7F, ..) | (0xC2, ..0xA0, _) | (0xEF, 0xBF, 0xBE | 0xBF) => {
            Survey::Forbidden(at)
        }
        _ => Survey::Plain,
    }
}

/// Whether all bytes are printable ASCII, tabs or LF; written so that it vectorises.
fn is_plain_ascii(chunk: &[u8]) -> bool {
    let strange = |byte: u8| {
        u8::from(byte.wrapping_sub(0x20) >= 0x5F) - u8::from(matches!(byte, b'\t' | b'\n'))
    };
    chunk.iter().map(|&byte| strange(byte)).fold(0, |all, one| all | one) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surveys() {
        let check = |text: &str, expected| assert_eq!(survey(text.as_bytes()), expected);
        check("a\tb\n\u{A0}é\u{FFFD}\u{10FFFF}", Survey::Plain);
        for unusual in ["\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"] {
            check(&format!("{}{unusual}", "x".repeat(300)), Survey::Unusual);
        }
        check("\ra\0", Survey::Forbidden(2));
        check("\u{7F}", Survey::Forbidden(0));
        check("é\u{80}", Survey::Forbidden(2));
        check("\u{9F}", Survey::Forbidden(0));
        check("\u{FFFE}", Survey::Forbidden(0));
        check(&format!("{}\u{FFFF}", "x".repeat(255)), Survey::Forbidden(255));
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
