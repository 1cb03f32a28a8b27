//! Arbitrary text as a Dockerfile: read to the end, and judged at lines that exist.
#![no_main]

use dockerfile::{Dockerfile, judge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = Dockerfile::parse(text);
    let lines = text.lines().count().max(1) as u32;
    for finding in judge(&file) {
        assert!((1..=lines).contains(&finding.line), "{finding:?}");
    }
});
