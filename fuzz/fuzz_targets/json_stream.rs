//! Reads any text as JSON.
#![no_main]

#[path = "check.rs"]
mod check;

use libfuzzer_sys::fuzz_target;
use yaml::Stream;

fuzz_target!(|text: &str| {
    let stream = Stream::json(text, &check::limits());
    check::check_stream(&stream);
    check::check_json(&stream);
    // serde_json is stricter than Go in one thing only: lone surrogates.
    if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(text) {
        let mut documents = stream.documents();
        if let Some(Ok(document)) = documents.next() {
            let mut ours = String::new();
            document.root().write_json(&mut ours);
            assert!(documents.next().is_none());
            let ours: serde_json::Value = ours.parse().expect("it is JSON");
            assert!(check::is_same(&ours, &theirs), "{ours} is not {theirs}");
        }
    }
});
