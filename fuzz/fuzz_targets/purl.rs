//! Arbitrary text as a package URL: refused, or the same again from its canonical form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use package::{Package, Purl};

fuzz_target!(|text: &str| {
    let Ok(purl) = Purl::parse(text) else { return };
    let canonical = purl.to_string();
    // Each byte may become three, and so too long.
    if canonical.len() <= 3 * 1024 {
        assert_eq!(Purl::parse(&canonical).as_ref(), Ok(&purl), "{canonical}");
    }
    if let Some(package) = Package::of_purl(&purl) {
        let _ = (package.purl().to_string(), package.advisory_name());
    }
});
