//! Reads any text as YAML, on both paths.
#![no_main]

#[path = "check.rs"]
mod check;

use libfuzzer_sys::fuzz_target;
use yaml::{NodeId, Stream};

fuzz_target!(|text: &str| {
    let limits = check::limits();
    let any = Stream::yaml(text, &limits);
    check::check_stream(&any);
    check::check_json(&any);
    if any.fast_bytes() > 0 {
        compare(&any, &Stream::yaml_slowly(text, &limits));
    }
});

/// Both paths read the same nodes, comments and errors.
fn compare(any: &Stream<'_>, slow: &Stream<'_>) {
    assert_eq!(any.comments(), slow.comments());
    assert_eq!(any.documents().count(), slow.documents().count());
    for (ours, theirs) in any.documents().zip(slow.documents()) {
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.span(), theirs.span());
                assert_eq!(ours.ignored(), theirs.ignored());
                assert_eq!(ours.duplicates(), theirs.duplicates());
                assert_eq!(ours.comments(), theirs.comments());
                assert_eq!(ours.root().id(), theirs.root().id());
            }
            (ours, theirs) => assert_eq!(ours.err(), theirs.err()),
        }
    }
    assert_eq!(any.node_count(), slow.node_count());
    for id in (0..any.node_count() as u32).map(NodeId) {
        let (ours, theirs) = (any.node(id), slow.node(id));
        assert_eq!(ours.span(), theirs.span());
        assert_eq!(ours.style(), theirs.style());
        assert_eq!(ours.value(), theirs.value());
    }
}
