//! What was found in images as SARIF 2.1.0 (OASIS), as code scanning services read it.
//!
//! A rule is a vulnerability; what is accepted is told as suppressed, and what is not known as
//! notifications of the run.

use std::collections::BTreeMap;

use advisory::Rating;
use gate::{Class, Finding, Policy};
use image::Digest;
use serde_json::{Value, json};

use super::findings::Findings;
use super::input::Input;
use super::{sbom, text};
use crate::arguments::ImageGapKind;

/// The document.
pub(super) fn document(
    images: &[(&Input, &Findings<'_>)],
    gaps: &[(ImageGapKind, String)],
    policy: &Policy,
    code: u8,
) -> Value {
    let mut rules: BTreeMap<String, &Finding<'_>> = BTreeMap::new();
    for finding in images.iter().flat_map(|(_, found)| &found.findings) {
        let worst = rules.entry(finding.matched.vulnerability.to_string()).or_insert(finding);
        if finding.matched.rating > worst.matched.rating {
            *worst = finding;
        }
    }
    let index: BTreeMap<&str, usize> = rules.keys().map(String::as_str).zip(0..).collect();
    let results = images.iter().flat_map(|(input, found)| {
        found.findings.iter().map(|it| result(input, it, policy, &index))
    });
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/\
                    sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "bollwerk",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/bollwerk/bollwerk",
                "rules": rules.iter().map(|(id, it)| rule(id, it)).collect::<Vec<_>>(),
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
            "results": results.collect::<Vec<_>>(),
        }],
    })
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

fn result(
    input: &Input,
    finding: &Finding<'_>,
    policy: &Policy,
    index: &BTreeMap<&str, usize>,
) -> Value {
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
    let fingerprint =
        Digest::of([&input.name, &id, &purl].map(String::as_str).join("\0").as_bytes());
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
        "partialFingerprints": {"bollwerkImageFingerprint/v1": fingerprint.hex().get(..32)},
        "properties": {
            "image": input.name,
            "digest": input.digest,
            "class": text::class_name(finding.class),
            "severity": matched.rating.name(),
        },
    });
    if let Some(at) = index.get(id.as_str()) {
        result["ruleIndex"] = json!(at);
    }
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
