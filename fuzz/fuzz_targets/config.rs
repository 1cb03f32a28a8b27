//! Arbitrary text as a configuration file: taken over, or an error inside of it.
#![no_main]

use bollwerk::config::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Settings::new().take(text, "bollwerk.yaml") {
        let shown = error.to_string();
        let line: usize = shown.split(':').next().and_then(|line| line.parse().ok()).expect(&shown);
        assert!(line <= text.split(['\n', '\r']).count(), "{shown}");
    }
});
