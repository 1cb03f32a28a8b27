//! How many cells of a terminal a text takes.

/// Characters that take no cell of their own: combining marks, joiners and variation selectors
/// (general categories Mn and Cf of the Unicode Character Database, the common blocks).
const ZERO: &[(u32, u32)] = &[
    (0x0300, 0x036f),
    (0x0483, 0x0489),
    (0x0591, 0x05bd),
    (0x064b, 0x065f),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x200b, 0x200f),
    (0x20d0, 0x20ff),
    (0xfe00, 0xfe0f),
    (0xfe20, 0xfe2f),
    (0xe_0100, 0xe_01ef),
];

/// Characters that take two cells (Wide and Fullwidth of UAX #11, neighbouring ranges joined).
const WIDE: &[(u32, u32)] = &[
    (0x1100, 0x115f),
    (0x2e80, 0x303e),
    (0x3041, 0xa4cf),
    (0xa960, 0xa97f),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfe30, 0xfe6f),
    (0xff01, 0xff60),
    (0xffe0, 0xffe6),
    (0x1_f300, 0x1_f64f),
    (0x1_f680, 0x1_f6ff),
    (0x1_f900, 0x1_faff),
    (0x2_0000, 0x3_fffd),
];

/// Cells that a text takes.
pub fn cells(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

fn of_char(char: char) -> usize {
    let code = u32::from(char);
    let is_in = |ranges: &[(u32, u32)]| {
        let after = ranges.partition_point(|(start, _)| *start <= code);
        after > 0 && code <= ranges[after - 1].1
    };
    match code {
        ..0x0300 => 1,
        _ if is_in(ZERO) => 0,
        _ if is_in(WIDE) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_many_scripts() {
        for (text, expected) in
            [("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("😀", 2), ("…", 1)]
        {
            assert_eq!(cells(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_are_in_order() {
        for ranges in [ZERO, WIDE] {
            assert!(ranges.iter().all(|(start, end)| start <= end));
            assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
