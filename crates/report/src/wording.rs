//! The sentences that all formats for people share, so that they cannot disagree.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use model::{Finding, GapKind, Location, Severity, Subject, cloud};

use crate::{Outcome, Report, Rule, json};

/// How a run ended, in a word and the rest of the sentence.
pub(crate) struct Verdict {
    /// `failed`, `not assessed`, `nothing to judge` or `clean`.
    pub(crate) word: &'static str,
    /// What follows behind the colon.
    pub(crate) because: String,
}

pub(crate) fn verdict(report: &Report<'_>) -> Verdict {
    let (word, because) = match report.outcome() {
        Outcome::Findings => {
            let threshold = report.policy.fail_on.map_or("none", Severity::name);
            let count = counted(report.failing() as u64, "finding");
            ("failed", format!("{count} at {threshold} or above"))
        }
        Outcome::NotAssessed => (
            "not assessed",
            "no finding at the threshold, but not everything could be read".to_owned(),
        ),
        Outcome::Clean if report.coverage.objects == 0 => {
            ("nothing to judge", "no Kubernetes object was found".to_owned())
        }
        Outcome::Clean if report.gaps.is_empty() => {
            ("clean", "no finding at the threshold, no gap".to_owned())
        }
        Outcome::Clean => ("clean", "no finding at the threshold, only accepted gaps".to_owned()),
    };
    Verdict { word, because }
}

/// What was seen, in one line.
pub(crate) fn coverage(report: &Report<'_>) -> String {
    let coverage = report.coverage;
    let version = report.kubernetes_version;
    format!(
        "{}, {}, {}, {}, {}; judged for Kubernetes {version}",
        counted(coverage.files, "file"),
        counted(coverage.documents, "document"),
        counted(coverage.objects, "object"),
        counted(coverage.workloads, "workload"),
        counted(coverage.images, "different image"),
    )
}

/// What was seen and is none of ours; none when there is nothing of the kind.
pub(crate) fn others(report: &Report<'_>) -> Option<String> {
    match report.coverage.other_documents {
        0 => None,
        1 => Some("1 document is no Kubernetes object and was not judged".to_owned()),
        more => Some(format!("{more} documents are no Kubernetes objects and were not judged")),
    }
}

/// Kinds of the gaps with their counts: `syntax 2, limit 1`.
pub(crate) fn gap_kinds(report: &Report<'_>) -> String {
    let mut kinds: BTreeMap<GapKind, usize> = BTreeMap::new();
    for gap in report.gaps {
        *kinds.entry(gap.kind).or_default() += 1;
    }
    let names: Vec<_> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    names.join(", ")
}

/// Findings by control, the worst and then the commonest first. A control that no rule tells of
/// is left to its findings' own name.
pub(crate) fn by_control<'r>(report: &'r Report<'_>) -> Vec<(Rule, Vec<&'r Finding>)> {
    let rules: BTreeMap<&str, &Rule> = report.rules.iter().map(|rule| (rule.name, rule)).collect();
    let mut groups: BTreeMap<&'static str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        groups.entry(finding.control).or_default().push(finding);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(name, findings)| {
            let unknown = || Rule {
                name,
                id: findings[0].id,
                title: name,
                family: "",
                severity: findings[0].severity,
                page: "",
            };
            (rules.get(name).map_or_else(unknown, |rule| **rule), findings)
        })
        .collect();
    let worst = |findings: &[&Finding]| findings.iter().map(|finding| finding.severity).max();
    groups.sort_by_cached_key(|(rule, findings)| {
        (Reverse(worst(findings)), Reverse(findings.len()), rule.name)
    });
    groups
}

/// Controls that found something, by the name of each control their findings stand for: its own
/// or one that a finding speaks for as well.
pub(crate) fn found_for<'r>(report: &'r Report<'_>) -> BTreeMap<&'r str, BTreeSet<&'r str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in report.findings {
        for name in finding.also.iter().chain([&finding.control]) {
            found.entry(name).or_default().insert(finding.control);
        }
    }
    found
}

/// A count with its noun: `1 file`, `2 files`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What a finding is about: `Deployment shop/web`, or a file.
pub(crate) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Object { kind, namespace, name, .. } => {
            let namespace = namespace.as_deref().map(|name| format!("{name}/"));
            let name = if name.is_empty() { "(no name)" } else { name };
            harmless(&format!("{kind} {}{name}", namespace.unwrap_or_default()))
        }
        Subject::File(name) => harmless(name),
        Subject::CloudResource { kind, name } => {
            let short = cloud::short_name(name);
            let name = if short.is_empty() { "(no name)" } else { &short };
            harmless(&format!("{kind} {name}"))
        }
    }
}

/// A place as `file:line`.
pub(crate) fn place(location: &Location) -> String {
    format!("{}:{}", harmless(json::file_name(&location.file)), location.line)
}

/// A text from a manifest without what would steer a terminal, break a line, turn the direction
/// of writing or be illegal in XML 1.0.
pub fn harmless(text: &str) -> String {
    let visible = |char: char| if steers(char) { char::REPLACEMENT_CHARACTER } else { char };
    text.chars().map(visible).collect()
}

/// Control characters, line and paragraph separators, the explicit directional formatting
/// characters (UAX #9, section 2) and the two noncharacters XML 1.0 has no place for.
fn steers(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
        || matches!(char, '\u{fffe}' | '\u{ffff}')
}

/// The first characters of a text, marked when something is left out.
pub(crate) fn clipped(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_replaced() {
        assert_eq!(harmless("a\u{1b}b\n\u{202e}c\u{2066}\u{ffff}ü"), "a�b��c��ü");
    }

    #[test]
    fn long_texts_are_clipped_between_characters() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöü", 2), "äö…");
    }
}
