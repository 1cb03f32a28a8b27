//! Every fix that is offered for thousands of real manifests: it removes its finding, and changes
//! nothing else, neither on the tree nor in the bytes.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![expect(clippy::print_stdout, reason = "the figures are of interest, and a skipped test says so")]

#[path = "../../../crates/yaml/tests/upstream/oracle.rs"]
mod oracle;
mod program;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bollwerk::assess::{self, Assessment};
use bollwerk::config::Settings;
use bollwerk::repair::Repair;
use collect::manifests::{Input, Sources};
use model::{Applicability, DigestKey, Edit, Finding, Segment};
use oracle::{Answer, Oracle};
use program::{Folder, bollwerk};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

fn judged(root: &Path, overlay: BTreeMap<PathBuf, Vec<u8>>) -> (Assessment, Sources) {
    let mut settings = Settings::new();
    settings.collect.threads = 2;
    settings.collect.overlay = overlay;
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let inputs = vec![Input::Path(root.to_owned())];
    let (snapshot, sources) = assess::collect(inputs, &settings, now, DigestKey::new(&[7; 32]));
    (assess::judge(snapshot, &sources, &settings, false), sources)
}

fn text(overlay: &BTreeMap<PathBuf, Vec<u8>>, path: &Path) -> String {
    let bytes = overlay.get(path).cloned().unwrap_or_else(|| std::fs::read(path).unwrap());
    String::from_utf8(bytes).unwrap()
}

/// Whether a fix of this run's kind is offered.
fn is_offered(finding: &Finding, risky: bool) -> bool {
    finding.fix.as_ref().is_some_and(|fix| {
        !fix.edits.is_empty() && (risky || fix.applicability == Applicability::Safe)
    })
}

/// What tells a finding apart in its file; a later round may find it in another place.
fn key(finding: &Finding, assessment: &Assessment) -> (String, String) {
    let origin = assessment.snapshot.origin(finding.object.unwrap());
    let file = assessment.snapshot.files[origin.file as usize].clone();
    (file, format!("{} {} {}", origin.document, origin.item, finding.fingerprint.as_str()))
}

/// What one round may touch in one file.
#[derive(Default)]
struct Allowed {
    /// Bytes of values that are replaced or taken out, their keys included.
    spans: Vec<Range<usize>>,
    /// The fields, by document, as segments.
    fields: BTreeSet<(u32, Vec<Segment>)>,
}

/// What the edits of a judgement may touch, by file.
fn allowed(
    assessment: &Assessment,
    overlay: &BTreeMap<PathBuf, Vec<u8>>,
    risky: bool,
) -> BTreeMap<PathBuf, Allowed> {
    let mut by_file: BTreeMap<PathBuf, Vec<&Finding>> = BTreeMap::new();
    for finding in assessment.findings.iter().filter(|finding| is_offered(finding, risky)) {
        by_file.entry(key(finding, assessment).0.into()).or_default().push(finding);
    }
    let mut found = BTreeMap::new();
    for (path, findings) in by_file {
        let text = text(overlay, &path);
        let stream = collect::manifests::stream(&text, &yaml::Limits::default());
        let mut allowed = Allowed::default();
        for finding in findings {
            let origin = assessment.snapshot.origin(finding.object.unwrap());
            let document = stream.documents().nth(origin.document as usize).unwrap().unwrap();
            for edit in &finding.fix.as_ref().unwrap().edits {
                let (Edit::Set { at, .. } | Edit::Remove { at }) = edit;
                let segments = origin.item.segments().iter().chain(at.segments());
                let segments: Vec<Segment> = segments.cloned().collect();
                allowed.spans.push(deepest(document.root(), &segments));
                allowed.fields.insert((origin.document, segments));
            }
        }
        found.insert(path, allowed);
    }
    found
}

/// The bytes of the deepest entry on a path that is there.
fn deepest(root: yaml::Node<'_>, path: &[Segment]) -> Range<usize> {
    let range = |start: u32, end: u32| start as usize..end as usize;
    let (mut node, mut span) = (root, range(root.span().start, root.span().start));
    for segment in path {
        let next = match segment {
            Segment::Key(name) => node.get(name).zip(node.key_node(name)),
            Segment::Index(index) => node.items().nth(*index as usize).map(|item| (item, item)),
        };
        let Some((value, first)) = next else {
            // An empty collection or null is written anew; a filled one only grows.
            let is_empty = node.entries().next().is_none() && node.items().next().is_none();
            return if is_empty { span } else { range(0, 0) };
        };
        (node, span) = (value, range(first.span().start, value.span().end));
    }
    span
}

/// Everything but the allowed bytes and what is inserted is as it was.
fn check_bytes(path: &Path, old: &str, new: &str, allowed: &Allowed) {
    let mut starts = vec![0];
    starts.extend(old.match_indices('\n').map(|(at, _)| at + 1));
    let is_allowed = |line: usize| {
        let start = starts[line];
        let end = starts.get(line + 1).copied().unwrap_or(old.len() + 1);
        allowed.spans.iter().any(|span| span.start < end && span.end >= start && span.end > 0)
    };
    assert_eq!(old.ends_with('\n'), new.ends_with('\n'), "{}: its end", path.display());
    // The last line without a line break is a line like others.
    let [old_lines, new_lines] = [old, new].map(|text| format!("{text}\n"));
    let diff = TextDiff::from_lines(&old_lines, &new_lines);
    for change in diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Delete) {
        let line = change.old_index().unwrap();
        // A flow mapping grows within its line; the second key of an item may become the first.
        let lives_on = diff.iter_all_changes().any(|other| {
            other.tag() == ChangeTag::Insert
                && (is_grown(change.value(), other.value())
                    || other.value().trim_start().strip_prefix("- ")
                        == Some(change.value().trim_start()))
        });
        assert!(
            is_allowed(line) || lives_on,
            "{}:{}: {:?} was touched",
            path.display(),
            line + 1,
            change.value()
        );
    }
    let comments = |text: &str| -> Vec<(usize, String)> {
        let stream = collect::manifests::stream(text, &yaml::Limits::default());
        let comments = stream.comments().iter();
        comments
            .map(|comment| {
                let span = comment.span;
                (span.start as usize, text[span.start as usize..span.end as usize].to_owned())
            })
            .collect()
    };
    let mut kept: HashMap<String, usize> = HashMap::new();
    for (_, comment) in comments(new) {
        *kept.entry(comment).or_default() += 1;
    }
    for (at, comment) in comments(old) {
        let left = kept.get_mut(&comment).filter(|left| **left > 0);
        if let Some(left) = left {
            *left -= 1;
        } else {
            let line = old[..at].matches('\n').count();
            assert!(is_allowed(line), "{}: comment {comment:?} is gone", path.display());
        }
    }
}

/// Whether `new` is `old` with something inserted at one place.
fn is_grown(old: &str, new: &str) -> bool {
    let (old, new) = (old.trim_end(), new.trim_end());
    let common = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    new.len() > old.len() && new.as_bytes().ends_with(&old.as_bytes()[common..])
}

fn documents(text: &str) -> Vec<Value> {
    let stream = collect::manifests::stream(text, &yaml::Limits::default());
    let value = |document: yaml::Document<'_>| {
        let mut json = String::new();
        document.root().write_json(&mut json);
        serde_json::from_str(&json).unwrap()
    };
    stream.documents().map(|document| document.map_or(Value::Null, value)).collect()
}

/// The trees differ at the allowed fields alone.
fn check_tree(path: &Path, old: &str, new: &str, allowed: &Allowed) {
    let (old, new) = (documents(old), documents(new));
    assert_eq!(old.len(), new.len(), "{}", path.display());
    for (number, (old, new)) in old.iter().zip(&new).enumerate() {
        let fields: Vec<&[Segment]> = allowed
            .fields
            .iter()
            .filter(|(document, _)| *document as usize == number)
            .map(|(_, field)| field.as_slice())
            .collect();
        check_value(path, old, new, &fields);
    }
}

fn check_value(path: &Path, old: &Value, new: &Value, fields: &[&[Segment]]) {
    if old == new || fields.iter().any(|field| field.is_empty()) {
        return;
    }
    let below = |of: &dyn Fn(&Segment) -> bool| -> Vec<&[Segment]> {
        let inside = fields.iter().filter(|field| field.first().is_some_and(of));
        inside.map(|field| &field[1..]).collect()
    };
    let empty = Value::Object(serde_json::Map::new());
    let filled = |value: &Value| if value.is_null() { empty.clone() } else { value.clone() };
    match (filled(old), filled(new)) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let own = |segment: &Segment| matches!(segment, Segment::Key(it) if **it == **key);
                let null = Value::Null;
                let (old, new) = (old.get(key).unwrap_or(&null), new.get(key).unwrap_or(&null));
                check_value(path, old, new, &below(&own));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            // Items that may be taken out are those that are named.
            let is_taken = |index: usize| {
                let own = |it: &Segment| matches!(it, Segment::Index(at) if *at as usize == index);
                below(&own).iter().any(|field| field.is_empty())
            };
            let same = old.len() == new.len();
            let kept: Vec<(usize, &Value)> =
                old.iter().enumerate().filter(|(at, _)| same || !is_taken(*at)).collect();
            assert_eq!(kept.len(), new.len(), "{}: another item is gone", path.display());
            for ((index, old), new) in kept.into_iter().zip(&new) {
                let own = |it: &Segment| matches!(it, Segment::Index(at) if *at as usize == index);
                check_value(path, old, new, &below(&own));
            }
        }
        _ => panic!("{}: {old} became {new}", path.display()),
    }
}

/// Upstream reads the changed documents as this program does, so what was checked on this
/// program's trees holds for those of `kubectl`.
fn check_upstream(texts: &BTreeMap<PathBuf, Vec<u8>>) {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut asked = 0;
    for (path, bytes) in texts {
        let text = std::str::from_utf8(bytes).unwrap();
        let stream = collect::manifests::stream(text, &yaml::Limits::default());
        let (mut parts, mut ours) = (Vec::new(), Vec::new());
        for (number, document) in stream.documents().enumerate() {
            let Ok(document) = document else { continue };
            let span = document.span();
            let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
            parts.push(&text[start..span.end as usize]);
            ours.push(documents(text)[number].clone());
        }
        asked += parts.len();
        for (ours, theirs) in ours.into_iter().zip(oracle.ask("yaml", &parts)) {
            let Answer::Json(theirs) = theirs else { panic!("{}: {theirs:?}", path.display()) };
            let theirs: Value = serde_json::from_str(&theirs).unwrap();
            assert_eq!(ours, theirs, "{}", path.display());
        }
    }
    println!("upstream reads {asked} documents of {} files as we do", texts.len());
}

fn check_fixes(risky: bool) {
    let Some(corpus) = program::corpus() else { return };
    let mut repair = Repair::new(risky);
    let mut applied: BTreeSet<(String, String)> = BTreeSet::new();
    let mut originals: BTreeMap<PathBuf, String> = BTreeMap::new();
    let last = loop {
        let before = repair.overlay();
        let (assessment, sources) = judged(&corpus, before.clone());
        let allowed = allowed(&assessment, &before, risky);
        if !repair.round(&assessment, &sources) {
            break assessment;
        }
        let after = repair.overlay();
        for (path, new) in &after {
            let (old, new) = (text(&before, path), std::str::from_utf8(new).unwrap());
            if old != new {
                check_bytes(path, &old, new, &allowed[path]);
                check_tree(path, &old, new, &allowed[path]);
                originals.entry(path.clone()).or_insert(old);
            }
        }
        let offered = assessment.findings.iter().filter(|finding| is_offered(finding, risky));
        applied.extend(
            offered
                .filter(|it| repair.reason_to_leave(it, &assessment.snapshot).is_none())
                .map(|finding| key(finding, &assessment)),
        );
    };
    let mut refused = BTreeMap::new();
    for finding in &last.findings {
        assert!(!applied.contains(&key(finding, &last)), "is still there: {finding:?}");
        let reason = repair.reason_to_leave(finding, &last.snapshot);
        let reason = reason.unwrap_or_else(|| panic!("could be fixed: {finding:?}"));
        if is_offered(finding, risky) {
            *refused.entry(reason).or_insert(0) += 1;
        }
    }
    println!("{} fixes in {} files; refused: {refused:?}", repair.fixed, repair.files());
    assert!(repair.fixed > 800 && repair.fixed >= applied.len());
    let refusals: i32 = refused.values().sum();
    assert!(refusals < 20, "{refused:?}");
    check_upstream(&repair.overlay());
}

#[test]
fn safe_fixes_change_their_field_and_nothing_else() {
    check_fixes(false);
}

#[test]
fn risky_fixes_change_their_field_and_nothing_else() {
    check_fixes(true);
}

#[test]
fn a_second_run_changes_nothing() {
    let Some(corpus) = program::corpus() else { return };
    let folder = Folder::new(&[]);
    folder.copy(&corpus, "corpus");
    for flags in [["fix", "corpus", "--no-config"].as_slice(), &["fix", "corpus", "--unsafe"]] {
        let (_, _, error) = bollwerk(folder.path(), flags, "");
        assert!(!error.contains("still there"), "{error}");
        let again = [flags, &["--diff"]].concat();
        let (_, out, error) = bollwerk(folder.path(), &again, "");
        assert_eq!(out, "");
        assert!(error.contains("would repair 0 findings in 0 files"), "{error}");
    }
}
