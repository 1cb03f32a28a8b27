//! Every document must read as upstream reads it: the same JSON or a refusal.

#![expect(clippy::print_stdout, reason = "a skipped test says so, a difference is shown")]

mod corpus;
mod mutate;
mod oracle;
mod seeds;

use mutate::{Random, aliases, mutate, scalar};
use oracle::{Answer, Oracle};
use yaml::{Duplicate, ErrorKind, Limits, NodeId, Span, Stream};

/// Documents asked about at once.
const BATCH: usize = 4096;

#[test]
fn corpus_reads_as_upstream() {
    let (Some(mut oracle), Some(files)) = (Oracle::start(), corpus::files()) else { return };
    let documents: Vec<&str> = files.iter().flat_map(|(_, text)| parts(text)).collect();
    let differences: usize = documents.chunks(512).map(|some| compare(&mut oracle, some)).sum();
    println!("{} documents, {differences} differences", documents.len());
    assert_eq!(differences, 0);
}

#[test]
fn mutations_read_as_upstream() {
    let (Some(mut oracle), Some(files)) = (Oracle::start(), corpus::files()) else { return };
    let mutations = mutations();
    let seeds = seeds(files);
    let mut random = Random::new(seed());
    let mut differences = 0;
    let mut left = mutations;
    while left > 0 {
        let texts: Vec<String> =
            (0..left.min(BATCH)).map(|_| mutate(&mut random, &seeds)).collect();
        left -= texts.len();
        for text in &texts {
            check_split(text);
        }
        let documents: Vec<&str> = texts.iter().flat_map(|text| parts(text)).collect();
        differences += compare(&mut oracle, &documents);
    }
    println!("{mutations} mutations, {differences} differences");
    assert_eq!(differences, 0);
}

#[test]
fn alias_limits_read_as_upstream() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut random = Random::new(seed());
    let texts: Vec<String> = (0..mutations() / 100).map(|_| aliases(&mut random)).collect();
    let documents: Vec<&str> = texts.iter().map(String::as_str).collect();
    let differences: usize = documents.chunks(16).map(|some| compare(&mut oracle, some)).sum();
    let refused = documents.iter().filter(|text| read(text).is_err()).count();
    println!("{refused} of {} documents expand their aliases too often", documents.len());
    assert_eq!(differences, 0);
}

/// Numbers, timestamps and base64 are too rare in mutated documents.
#[test]
fn scalars_read_as_upstream() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut random = Random::new(seed());
    let mut differences = 0;
    let mut left = mutations();
    while left > 0 {
        let texts: Vec<String> = (0..left.min(BATCH)).map(|_| scalar(&mut random)).collect();
        left -= texts.len();
        let documents: Vec<&str> = texts.iter().map(String::as_str).collect();
        differences += compare(&mut oracle, &documents);
    }
    assert_eq!(differences, 0);
}

#[test]
fn json_mutations_read_as_upstream() {
    let Some(mut oracle) = Oracle::start() else { return };
    let seeds: Vec<String> = seeds::JSON.iter().map(|&seed| seed.to_owned()).collect();
    let mut random = Random::new(seed());
    let mut differences = 0;
    let mut left = mutations();
    while left > 0 {
        let texts: Vec<String> =
            (0..left.min(BATCH)).map(|_| mutate(&mut random, &seeds)).collect();
        left -= texts.len();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for (text, theirs) in texts.iter().zip(oracle.ask("json-stream", &texts)) {
            let ours = Answer::Json(read_json_stream(text));
            // We skip a byte order mark at the start, Go refuses it.
            if ours != theirs && !text.starts_with('\u{FEFF}') {
                differences += 1;
                println!("text   {text:?}\nours   {ours:?}\ntheirs {theirs:?}\n");
            }
        }
    }
    assert_eq!(differences, 0);
}

/// Each value on a line, `error` for the first that cannot be read.
fn read_json_stream(text: &str) -> String {
    let stream = Stream::json(text, &Limits::default());
    let mut lines = String::new();
    for document in stream.documents() {
        match document {
            Ok(document) => document.root().write_json(&mut lines),
            Err(_) => lines.push_str("error"),
        }
        lines.push('\n');
    }
    lines
}

#[test]
fn fast_path_reads_as_slow_path() {
    let Some(files) = corpus::files() else { return };
    let (mut fast, mut all) = (0, 0);
    for (_, text) in &files {
        fast += compare_paths(text);
        all += text.len();
    }
    println!("corpus: {fast} of {all} bytes on the fast path");
    assert!(fast * 100 > all * 95, "nearly all of the corpus takes the fast path");
    let seeds = seeds(files);
    let mut random = Random::new(seed());
    let mut accepted = 0;
    for _ in 0..mutations() {
        let text = mutate(&mut random, &seeds);
        accepted += usize::from(compare_paths(&text) > 0);
    }
    println!("mutations: {accepted} of {} on the fast path", mutations());
    assert!(accepted * 10 > mutations(), "the fast path is tested");
}

/// Reads a text on both paths and compares everything; the bytes the fast path took.
fn compare_paths(text: &str) -> usize {
    let any = Stream::yaml(text, &Limits::default());
    if any.fast_bytes() == 0 {
        return 0;
    }
    let slow = Stream::yaml_slowly(text, &Limits::default());
    assert_eq!(slow.fast_bytes(), 0);
    assert_eq!(any.documents().count(), slow.documents().count(), "{text:?}");
    for (ours, theirs) in any.documents().zip(slow.documents()) {
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.span(), theirs.span(), "{text:?}");
                assert_eq!(ours.ignored(), theirs.ignored(), "{text:?}");
                assert_eq!(ours.duplicates(), theirs.duplicates(), "{text:?}");
                assert_eq!(ours.comments(), theirs.comments(), "{text:?}");
                assert_eq!(ours.root().id(), theirs.root().id(), "{text:?}");
            }
            (ours, theirs) => assert_eq!(ours.err(), theirs.err(), "{text:?}"),
        }
    }
    assert_eq!(any.node_count(), slow.node_count(), "{text:?}");
    for id in (0..any.node_count() as u32).map(NodeId) {
        let (ours, theirs) = (any.node(id), slow.node(id));
        assert_eq!(ours.span(), theirs.span(), "{text:?}");
        assert_eq!(ours.style(), theirs.style(), "{text:?}");
        assert_eq!(ours.value(), theirs.value(), "{text:?}");
        assert_eq!(ours.items().count(), theirs.items().count(), "{text:?}");
        assert!(ours.entries().map(|e| e.0).eq(theirs.entries().map(|e| e.0)), "{text:?}");
    }
    any.fast_bytes()
}

/// The corpus, and as many hand-made seeds.
fn seeds(files: Vec<(std::path::PathBuf, String)>) -> Vec<String> {
    let mut seeds: Vec<String> = files.into_iter().map(|(_, text)| text).collect();
    let grammar = seeds::GRAMMAR.iter().cycle().take(seeds.len().max(seeds::GRAMMAR.len()));
    seeds.extend(grammar.map(|&seed| seed.to_owned()));
    seeds
}

/// Where the mutations start, so that a longer run can try others.
fn seed() -> u64 {
    std::env::var("BOLLWERK_SEED")
        .map_or(0x0B01_1AE2, |number| number.parse().expect("BOLLWERK_SEED is a number"))
}

fn mutations() -> usize {
    std::env::var("BOLLWERK_MUTATIONS")
        .map_or(20_000, |number| number.parse().expect("BOLLWERK_MUTATIONS is a number"))
}

/// Compares single documents and prints what differs; the number of differences.
fn compare(oracle: &mut Oracle, documents: &[&str]) -> usize {
    let answers = oracle.ask("yaml", documents);
    let mut differences = 0;
    for (text, theirs) in documents.iter().zip(&answers) {
        let ours = read(text);
        let same = match (&ours, theirs) {
            (Ok(ours), Answer::Json(theirs)) => ours == theirs,
            (Err(_), Answer::Refusal(_)) => true,
            _ => false,
        };
        if !same && !is_deliberate(text, &ours, theirs) {
            differences += 1;
            if differences <= 10 {
                println!("text   {text:?}\nours   {ours:?}\ntheirs {theirs:?}\n");
            }
        }
    }
    differences
}

/// The documents of a stream are those of its parts, so none can hurt another. (Directives are
/// left out here: they may move to the next part.)
fn check_split(text: &str) {
    if text.contains('%') {
        return;
    }
    let read = |text: &str| -> Vec<Result<String, ErrorKind>> {
        let stream = Stream::yaml(text, &Limits::default());
        let documents = stream.documents().map(|document| {
            let mut json = String::new();
            document.map_err(|error| error.kind)?.root().write_json(&mut json);
            Ok(json)
        });
        documents.collect()
    };
    let apart: Vec<_> = parts(text).into_iter().flat_map(read).collect();
    assert_eq!(read(text), apart, "{text:?}");
}

/// What we make of a single document; an empty one is null, as for upstream.
fn read(text: &str) -> Result<String, yaml::Error> {
    let stream = Stream::yaml(text, &Limits::default());
    let mut documents = stream.documents();
    let mut json = String::new();
    match documents.next() {
        None => json.push_str("null"),
        Some(Ok(document)) => document.root().write_json(&mut json),
        Some(Err(error)) => return Err(error.clone()),
    }
    assert!(documents.next().is_none(), "{text:?} is one document");
    Ok(json)
}

/// The differences listed in the crate's documentation.
fn is_deliberate(text: &str, ours: &Result<String, yaml::Error>, theirs: &Answer) -> bool {
    // Upstream skips characters near a second byte order mark, depending on its buffer.
    if text.chars().skip(1).any(|character| character == '\u{FEFF}') {
        return true;
    }
    match (ours, theirs) {
        // Upstream does not get to a control character in text it ignores.
        (Err(error), Answer::Json(_)) if error.kind == ErrorKind::Encoding => {
            let readable = Stream::yaml(&text[..error.span.start as usize], &Limits::default());
            let document = readable.documents().next();
            document.is_some_and(|read| read.is_ok_and(|read| read.ignored().is_some()))
        }
        // Keys that differ for upstream but not in JSON: which one wins is random, and a value
        // that JSON cannot hold may be among the losers.
        (Ok(_), Answer::Json(_)) => has_ambiguous_keys(text),
        (Ok(_), Answer::Refusal(reason)) => {
            reason.contains("unsupported value") && has_ambiguous_keys(text)
        }
        (Err(error), Answer::Json(_)) if error.kind == ErrorKind::NoJson => {
            let (start, end) = (error.span.start as usize, error.span.end as usize);
            has_ambiguous_keys(&format!("{}0{}", &text[..start], &text[end..]))
        }
        _ => false,
    }
}

/// Whether a mapping has keys that are one in JSON, but not for upstream: `1` and `'1'`.
fn has_ambiguous_keys(text: &str) -> bool {
    let stream = Stream::yaml(text, &Limits::default());
    let written = |span: Span| &text[span.start as usize..span.end as usize];
    let is_nan = |text: &str| text.eq_ignore_ascii_case(".nan");
    let ambiguous = |both: &Duplicate| {
        let (first, second) = (written(both.first), written(both.second));
        first != second || is_nan(first)
    };
    stream.documents().flatten().any(|document| document.duplicates().iter().any(ambiguous))
}

/// Splits a stream as the crate documents it, written independently of the crate.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for line in line_starts(text) {
        if line < start {
            continue;
        }
        let rest = &text[line..];
        let blank = |rest: &str| {
            rest.is_empty()
                || rest.starts_with([' ', '\t', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        };
        if rest.strip_prefix("...").is_some_and(blank) {
            parts.push(&text[start..line]);
            start = line + 3;
        } else if rest.strip_prefix("---").is_some_and(blank) && line > start {
            let part = &text[start..line];
            if !holds_only_directives(part) {
                parts.push(part);
                start = line;
            }
        }
    }
    parts.push(&text[start..]);
    parts
}

fn holds_only_directives(part: &str) -> bool {
    let mut found = false;
    for line in part.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        let content = line.trim_start_matches([' ', '\t', '\u{FEFF}']);
        if line.trim_start_matches('\u{FEFF}').starts_with('%') {
            found = true;
        } else if !content.is_empty() && !content.starts_with('#') {
            return false;
        }
    }
    found
}

/// Offsets at which lines start, the byte order mark skipped.
fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![if text.starts_with('\u{FEFF}') { 3 } else { 0 }];
    for (at, character) in text.char_indices() {
        if matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            starts.push(at + character.len_utf8());
        }
    }
    starts
}
