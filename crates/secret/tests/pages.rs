//! Every page is a test: what it says is found is found, what it says is not is not.

mod written;

use std::collections::BTreeSet;

use secret::{Certainty, FAMILIES, Scanner, examples, family, row};
use written::Random;

/// What is found in a text: rule, certainty, line, column and value.
fn found(text: &[u8], pieces: &mut dyn FnMut() -> usize) -> Vec<Hit> {
    found_by(Scanner::new(), text, pieces)
}

/// Rule, certainty, line, column and value.
type Hit = (String, Certainty, u64, u64, Vec<u8>);

fn found_by(mut scanner: Scanner, text: &[u8], pieces: &mut dyn FnMut() -> usize) -> Vec<Hit> {
    let mut all = Vec::new();
    let mut tell = |it: secret::Found<'_>| {
        all.push((it.rule.to_owned(), it.certainty, it.line, it.column, it.value.to_vec()));
    };
    let mut rest = text;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(pieces().clamp(1, rest.len()));
        scanner.take(now, &mut tell);
        rest = later;
    }
    let read = scanner.finish(&mut tell);
    assert_eq!(read.bytes, text.len() as u64);
    all.sort();
    all
}

fn rules(text: &str) -> Vec<String> {
    found(text.as_bytes(), &mut || usize::MAX).into_iter().map(|it| it.0).collect()
}

fn ids() -> Vec<&'static str> {
    let of = |family: &'static secret::Family| {
        let forms = family.rules.iter().map(|rule| rule.id);
        forms.chain(family.named.iter().map(|rule| rule.id))
    };
    FAMILIES.iter().flat_map(|it| of(it)).collect()
}

#[test]
fn there_are_many_rules_and_each_stands_on_its_page() {
    let ids = ids();
    assert!(ids.len() >= 150, "{}", ids.len());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id is there twice");
    for rule in ids {
        let page = family(rule).unwrap_or_else(|| panic!("{rule} is on no page")).page;
        for heading in ["Found", "Not found"] {
            assert!(examples(page, heading).any(|it| it.rule == rule), "{rule}: {heading}");
        }
        let row = row(rule).unwrap();
        assert!(!row.title.is_empty() && row.advice.len() > 10, "{rule}");
    }
}

#[test]
fn what_the_pages_show_is_found() {
    let mut random = Random::new(1);
    let mut missed = Vec::new();
    for example in FAMILIES.iter().flat_map(|family| examples(family.page, "Found")) {
        for _ in 0..20 {
            let text = random.fill(example.text);
            let found = rules(&format!("# ü\n{text}\n"));
            if found != [example.rule] {
                missed.push(format!("{}: {} gives {found:?}", example.rule, example.text));
                break;
            }
        }
    }
    assert_eq!(missed, [""; 0]);
}

#[test]
fn what_only_looks_like_it_is_not() {
    let mut random = Random::new(2);
    let mut wrong = Vec::new();
    for example in FAMILIES.iter().flat_map(|family| examples(family.page, "Not found")) {
        for _ in 0..20 {
            let text = random.fill(example.text);
            let found = rules(&format!("# ü\n{text}\n"));
            if found.iter().any(|it| it == example.rule) {
                wrong.push(format!("{}: {} gives {found:?}", example.rule, example.text));
                break;
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// A file in which every example stands, between lines that say nothing.
fn everything(random: &mut Random) -> String {
    let mut text = String::new();
    for heading in ["Found", "Not found"] {
        for example in FAMILIES.iter().flat_map(|family| examples(family.page, heading)) {
            for _ in 0..random.below(90) {
                text.push_str("nothing is said here, neither 1 nor ünd\n");
            }
            text.push_str(&random.fill(example.text));
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_answer_does_not_hang_on_how_a_file_is_cut() {
    let mut random = Random::new(3);
    let text = everything(&mut random);
    let text = text.as_bytes();
    assert!(text.len() > 500_000, "{}", text.len());
    let whole = found_by(Scanner::with_window(text.len()), text, &mut || usize::MAX);
    assert!(whole.len() > 300, "{}", whole.len());
    for size in [1_000, 65_536, 300_000] {
        assert_eq!(found(text, &mut || 1 + random.below(size)), whole, "{size}");
    }
    // The edges of windows fall everywhere.
    for window in (4_000..12_000).step_by(37) {
        let cut = found_by(Scanner::with_window(window), text, &mut || usize::MAX);
        assert_eq!(cut, whole, "{window}");
    }
}

#[test]
fn places_are_lines_and_code_points() {
    let text = "ä\nüü DB_PASSWORD=q8Zt71-LmVx\n";
    let found = found(text.as_bytes(), &mut || 1);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].2, found[0].3, found[0].4.as_slice()), (2, 16, &b"q8Zt71-LmVx"[..]));
}

#[test]
fn a_token_of_proof_is_certain() {
    let mut random = Random::new(4);
    let of = |text: String| found(text.as_bytes(), &mut || usize::MAX)[0].1;
    assert_eq!(of(random.fill("ghp_⟨checked 30⟩")), Certainty::Proven);
    assert_eq!(of(random.fill("ghp_⟨alnum 30⟩Q1w2E3")), Certainty::Formed);
    assert_eq!(of("DB_PASSWORD=q8Zt71-LmVx".to_owned()), Certainty::Named);
}

#[test]
fn data_is_asked_for_forms_alone() {
    let mut random = Random::new(5);
    let text = random.fill("\0 DB_PASSWORD=q8Zt71-LmVx \0 ghp_⟨checked 30⟩\0");
    assert_eq!(rules(&text), ["github-personal-token"]);
}

#[test]
fn too_many_are_counted() {
    let mut random = Random::new(6);
    let text: String = (0..1_500).map(|_| random.fill("ghp_⟨checked 30⟩\n")).collect();
    let (mut count, mut scanner) = (0, Scanner::new());
    scanner.take(text.as_bytes(), &mut |_| count += 1);
    let read = scanner.finish(&mut |_| count += 1);
    assert_eq!(count, 1_000);
    assert!(read.more > 0);
}
