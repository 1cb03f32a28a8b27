//! What was found in images as SARIF 2.1.0 (OASIS), as code scanning services read it.
//!
//! A rule is a vulnerability, or what finds credentials; what is accepted is told as suppressed,
//! and what is not known as notifications of the run.

use std::collections::BTreeMap;

use advisory::Rating;
use gate::{Class, Ended, Finding, Policy};
use image::Digest;
use model::Severity;
use serde_json::{Value, json};

use super::findings::Findings;
use super::input::Input;
use super::searched::Searched;
use super::{sbom, text};
use crate::arguments::ImageGapKind;

/// A document in the making.
#[derive(Default)]
pub(super) struct Sarif {
    /// By their ids.
    rules: BTreeMap<String, Value>,
    results: Vec<Value>,
}

/// What a rule judges by: one document has those of one program.
struct Issue<'a> {
    rule: &'a str,
    /// What it finds, and what to do.
    title: &'a str,
    advice: &'a str,
    severity: Severity,
    message: String,
    /// The file; line and column, from 1.
    path: &'a str,
    place: (u64, u64),
    /// What tells it apart as long as its cause is there.
    identity: String,
    properties: Value,
}

impl Sarif {
    /// The vulnerabilities of an image.
    pub(super) fn vulnerabilities(&mut self, input: &Input, found: &Findings<'_>, policy: &Policy) {
        let mut worst: BTreeMap<String, &Finding<'_>> = BTreeMap::new();
        for finding in &found.findings {
            let known = worst.entry(finding.matched.vulnerability.to_string()).or_insert(finding);
            if finding.matched.rating > known.matched.rating {
                *known = finding;
            }
            self.results.push(result(input, finding, policy));
        }
        for (id, finding) in worst {
            let new = rule(&id, finding);
            let rank = |it: &Value| it["properties"]["security-severity"].as_str().map(score);
            let known = self.rules.entry(id).or_insert_with(|| new.clone());
            if rank(&new) > rank(known) {
                *known = new;
            }
        }
    }

    /// The credentials of an image or of a folder.
    pub(super) fn credentials(&mut self, name: &str, digest: Option<&str>, searched: &Searched) {
        let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in &searched.findings {
            let (hit, row) = (&finding.hit, finding.row());
            // The value is gone, and a line moves: of several in a file the number tells.
            let number = seen.entry((hit.rule, &hit.path)).or_default();
            *number += 1;
            let removed = if finding.is_visible { "" } else { ", removed by a later layer" };
            let layer = finding.place.as_ref().map(|it| it.layer);
            let place = layer.map_or_else(String::new, |it| format!(" in layer {it}"));
            self.issue(&Issue {
                rule: hit.rule,
                title: row.title,
                advice: row.advice,
                severity: finding.severity,
                message: format!("{} in /{}{place}{removed}: {}", row.title, hit.path, row.advice),
                path: &hit.path,
                place: (hit.line, hit.column),
                identity: [name, hit.rule, &hit.path, &number.to_string()].join("\0"),
                properties: json!({
                    "image": name,
                    "digest": digest,
                    "layer": layer,
                    "visible": finding.is_visible,
                    "severity": finding.severity.name(),
                }),
            });
        }
        for (at, found) in searched.configuration.iter().enumerate() {
            let rule = found.rule;
            self.issue(&Issue {
                rule: rule.id,
                title: rule.why,
                advice: rule.fix,
                severity: rule.severity,
                message: found.message.clone(),
                path: "",
                place: (1, 1),
                identity: [name, rule.id, "configuration", &at.to_string()].join("\0"),
                properties: json!({"image": name, "digest": digest,
                    "severity": rule.severity.name()}),
            });
        }
    }

    /// That the operating system of an image gets no fixes any more.
    pub(super) fn end_of_support(&mut self, input: &Input, ended: &Ended) {
        self.issue(&Issue {
            rule: "operating-system-end-of-support",
            title: "The operating system gets no fixes any more",
            advice: "Build on a release that is still maintained",
            severity: Severity::High,
            message: text::ended(input, ended),
            path: "etc/os-release",
            place: (1, 1),
            identity: [&input.name, "operating-system-end-of-support"].join("\0"),
            properties: json!({
                "image": input.name,
                "digest": input.digest,
                "class": text::class_name(ended.class),
                "severity": Severity::High.name(),
            }),
        });
    }

    /// What is wrong with a Dockerfile or with a configuration.
    pub(super) fn lint(
        &mut self,
        name: &str,
        rule: &dockerfile::Rule,
        place: Option<(u32, u32)>,
        message: &str,
    ) {
        let (line, column) = place.unwrap_or((1, 1));
        self.issue(&Issue {
            rule: rule.id,
            title: rule.why,
            advice: rule.fix,
            severity: rule.severity,
            message: message.to_owned(),
            path: name,
            place: (line.into(), column.into()),
            identity: [name, rule.id, message].join("\0"),
            properties: json!({"severity": rule.severity.name()}),
        });
    }

    fn issue(&mut self, issue: &Issue<'_>) {
        let Issue { rule, title, advice, severity, path, place: (line, column), .. } = *issue;
        let level = match severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            _ => "note",
        };
        self.rules.entry(rule.to_owned()).or_insert_with(|| {
            json!({
                "id": rule,
                "shortDescription": {"text": title},
                "help": {"text": advice},
                "properties": {
                    "security-severity": issue_score(severity),
                    "tags": ["security"],
                },
            })
        });
        let region = json!({"startLine": line, "startColumn": column,
            "endLine": line, "endColumn": column + 1});
        self.results.push(json!({
            "ruleId": rule,
            "level": level,
            "message": {"text": issue.message},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": report::uri(path)},
                "region": region,
            }}],
            "partialFingerprints": fingerprint(&issue.identity),
            "properties": issue.properties,
        }));
    }

    /// The document.
    pub(super) fn document(mut self, gaps: &[(ImageGapKind, String)], code: u8) -> Value {
        let index: BTreeMap<&str, usize> = self.rules.keys().map(String::as_str).zip(0..).collect();
        for result in &mut self.results {
            let at = result["ruleId"].as_str().and_then(|id| index.get(id)).copied();
            result["ruleIndex"] = json!(at);
        }
        json!({
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/\
                        sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "bollwerk",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": "https://github.com/bollwerk/bollwerk",
                    "rules": self.rules.into_values().collect::<Vec<_>>(),
                }},
                "invocations": [{
                    "executionSuccessful": gaps.is_empty(),
                    "exitCode": code,
                    "toolExecutionNotifications": gaps.iter().map(|(kind, text)| json!({
                        "descriptor": {"id": format!("gap/{}", text::gap_name(*kind))},
                        "level": "warning",
                        "message": {"text": text},
                    })).collect::<Vec<_>>(),
                }],
                "columnKind": "unicodeCodePoints",
                "results": self.results,
            }],
        })
    }
}

/// What tells a result apart as long as its cause is there.
fn fingerprint(identity: &str) -> Value {
    json!({"bollwerkImageFingerprint/v1": Digest::of(identity.as_bytes()).hex().get(..32)})
}

/// Tenths of the number by which code scanning services sort.
fn score(written: &str) -> u32 {
    written.replace('.', "").parse().unwrap_or_default()
}

/// The number by which code scanning services sort.
fn issue_score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

fn rule(id: &str, worst: &Finding<'_>) -> Value {
    let matched = &worst.matched;
    let summary = matched.advisory.summary();
    let summary = if summary.is_empty() { id } else { summary };
    json!({
        "id": id,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": format!("{summary} (advisory {})", matched.advisory.id)},
        "defaultConfiguration": {"level": level(matched.rating)},
        "properties": {
            "security-severity": security_severity(matched.rating),
            "tags": ["security", "vulnerability"],
        },
    })
}

fn result(input: &Input, finding: &Finding<'_>, policy: &Policy) -> Value {
    let matched = &finding.matched;
    let id = matched.vulnerability.to_string();
    let package = finding.package;
    let step = match matched.fixed {
        Some(fixed) => format!("upgrade it to {fixed}"),
        None => format!("there is no fix ({})", matched.status.name().replace('_', " ")),
    };
    let note = text::note(finding, policy);
    let note = if note.is_empty() { note } else { format!(" ({note})") };
    let name = sbom::name(package);
    let path = package.found_in.first().map_or("", |it| it.path.as_str());
    let purl = package.purl().to_string();
    // What tells it apart as long as its cause is there; NUL stands in none of the parts.
    let identity = [&input.name, &id, &purl].map(String::as_str).join("\0");
    let mut result = json!({
        "ruleId": id,
        "level": level(matched.rating),
        "message": {"text": format!("{name} {} in {}: {step}{note}", package.version, input.name)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": report::uri(path)},
                "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2},
            },
            "logicalLocations": [{"fullyQualifiedName": purl, "kind": "package"}],
        }],
        "partialFingerprints": fingerprint(&identity),
        "properties": {
            "image": input.name,
            "digest": input.digest,
            "class": text::class_name(finding.class),
            "severity": matched.rating.name(),
        },
    });
    if !matches!(finding.class, Class::Act(_) | Class::Grace(_) | Class::Waiting(_)) {
        result["suppressions"] = json!([{"kind": "external", "justification": note.trim()}]);
    }
    result
}

fn level(rating: Rating) -> &'static str {
    match rating {
        Rating::Critical | Rating::High | Rating::Unknown => "error",
        Rating::Medium => "warning",
        Rating::Low | Rating::Negligible => "note",
    }
}

/// The number by which code scanning services sort.
fn security_severity(rating: Rating) -> &'static str {
    match rating {
        Rating::Critical => "9.5",
        // Somebody has to look.
        Rating::High | Rating::Unknown => "8.0",
        Rating::Medium => "5.5",
        Rating::Low => "3.0",
        Rating::Negligible => "1.0",
    }
}
