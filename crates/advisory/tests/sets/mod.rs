//! The advisory sets beside the repository, and databases of them.
#![allow(dead_code, reason = "each suite uses a part of it")]

use std::io::Read as _;
use std::path::Path;

use advisory::{Builder, Built, Record, Source};

/// All sets, and how many records each has.
pub(crate) const SETS: [(&str, usize); 6] = [
    ("almalinux", 5_637),
    ("alpine", 2_469),
    ("debian", 8_910),
    ("go", 4_291),
    ("pypi", 7_076),
    ("rustsec", 1_206),
];

/// The text of a set, one record a line. Without it the test has to skip, which under `CI=true` is
/// a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn text(name: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/advisories");
    let path = root.join(format!("{name}.osv.jsonl.zst"));
    let Ok(bytes) = std::fs::read(&path) else {
        let reason = format!("{} is missing", path.display());
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
        println!("skipped: {reason}");
        return None;
    };
    let mut text = String::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(bytes.as_slice()).expect("zstd");
    decoder.read_to_string(&mut text).expect("UTF-8");
    Some(text)
}

/// A database of records, all of one source.
pub(crate) fn database<'a>(lines: impl IntoIterator<Item = &'a str>) -> Built {
    let mut builder = Builder::default().with_prose();
    let source = builder.source(Source { name: "test".to_owned(), ..Source::default() });
    for line in lines {
        let record = Record::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        builder.add(source, &record).unwrap_or_else(|error| panic!("{}: {error}", record.id));
    }
    builder.finish()
}
