//! Arbitrary bytes, cut into pieces, searched for credentials: places are within the file, values
//! are not empty, and how it is cut changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use secret::{Found, Scanner};

fn found(mut scanner: Scanner, bytes: &[u8], piece: usize) -> (Vec<Place>, bool) {
    let mut all = Vec::new();
    let mut tell = |it: Found<'_>| all.push((it.line, it.column, it.rule, it.value.to_vec()));
    bytes.chunks(piece).for_each(|it| scanner.take(it, &mut tell));
    let read = scanner.finish(&mut tell);
    assert_eq!(read.bytes, bytes.len() as u64);
    all.sort();
    (all, read.more == 0)
}

/// Line, column, rule and value.
type Place = (u64, u64, &'static str, Vec<u8>);

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    // Over the window's edges, which a small input never reaches by itself.
    let times = if first & 15 == 15 { 1 + 120_000 / rest.len().max(1) } else { 1 };
    let text = rest.repeat(times);
    let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let (whole, is_all) = found(Scanner::with_window(text.len()), &text, text.len().max(1));
    for (line, column, rule, value) in &whole {
        assert!((1..=lines).contains(line) && *column >= 1 && !value.is_empty());
        assert!(secret::row(rule).is_some(), "{rule} is on no page");
    }
    let piece = 1 + usize::from(*first) * 40;
    let (cut, is_all_of_cut) = found(Scanner::with_window(8 << 10), &text, piece);
    assert!(!is_all || !is_all_of_cut || cut == whole);
});
