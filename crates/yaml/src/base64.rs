//! `!!binary`: standard base64 with padding, as Go's `base64.StdEncoding` decodes it.

/// The decoded bytes; CR and LF are skipped, any other stray character refuses.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = [0u32; 4];
    let mut filled = 0;
    let mut padding = 0;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        if byte == b'=' {
            // `=` may only fill up a group that has two or three characters.
            padding += 1;
            if filled < 2 || filled + padding > 4 {
                return None;
            }
            continue;
        }
        if padding > 0 {
            return None;
        }
        group[filled] = sextet(byte)?;
        filled += 1;
        if filled == 4 {
            push(&mut decoded, group, 3);
            filled = 0;
        }
    }
    if filled == 0 {
        return (padding == 0).then_some(decoded);
    }
    if filled + padding != 4 {
        return None;
    }
    group[filled..].fill(0);
    push(&mut decoded, group, filled - 1);
    Some(decoded)
}

fn push(decoded: &mut Vec<u8>, group: [u32; 4], count: usize) {
    let bits = group.iter().fold(0, |bits, sextet| bits << 6 | sextet);
    decoded.extend_from_slice(&bits.to_be_bytes()[1..=count]);
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64() {
        let check = |text, expected: Option<&[u8]>| {
            assert_eq!(decode(text).as_deref(), expected, "{text}");
        };
        check("", Some(b""));
        check("aGVsbG8=", Some(b"hello"));
        check("aGVs\nbG8=\n", Some(b"hello"));
        check("/+8=", Some(b"\xFF\xEF"));
        check("YQ==", Some(b"a"));
        check("YQ=", None);
        check("YQ===", None);
        check("YQ==YQ==", None);
        check("YWFh=", None);
        check("Y", None);
        check("====", None);
        check("a b=", None);
    }
}
