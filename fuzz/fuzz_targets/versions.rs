//! Two arbitrary versions in every order: both ways the same, and each equal to itself.
#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use package::Scheme;

fuzz_target!(|text: &str| {
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    for scheme in Scheme::ALL {
        let forth = scheme.compare(one, other);
        let back = scheme.compare(other, one);
        assert_eq!(forth.ok(), back.ok().map(Ordering::reverse), "{scheme:?} {one} {other}");
        if let Ok(order) = scheme.compare(one, one) {
            assert_eq!(order, Ordering::Equal, "{scheme:?} {one}");
        }
    }
});
