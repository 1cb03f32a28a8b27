//! Flow logs: whatever comes in, each record is counted once and nothing panics.
#![no_main]

use collect::flows::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::default();
    reader.read(&mut &bytes[..], "log").expect("bytes in memory can be read");
    let traffic = reader.finish();
    assert!(traffic.flows.iter().all(|(flow, count)| flow.port > 0 && *count > 0));
    assert!(traffic.examples.len() as u64 <= traffic.unreadable);
});
