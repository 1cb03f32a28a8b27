//! SARIF 2.1.0 (OASIS), as code scanning services read it.
//!
//! Gaps are notifications of the invocation, so a viewer shows that a run was not complete.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use model::{Finding, Gap, Location, Severity, Subject, cloud};
use serde::Serialize;
use serde_json::{Value, json};

use crate::json::{JsonChange, JsonFramework};
use crate::{Hidden, Report, Rule};

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    // Only rules that fired: viewers list every rule they are given.
    let hidden = report.hidden.iter().map(|hidden| &hidden.finding);
    let names: BTreeSet<&str> =
        report.findings.iter().chain(hidden).map(|finding| finding.control).collect();
    let fired: BTreeMap<&str, &Rule> = report
        .rules
        .iter()
        .filter(|rule| names.contains(rule.name))
        .map(|rule| (rule.name, rule))
        .collect();
    let index: BTreeMap<&str, usize> = fired.keys().copied().zip(0..).collect();
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/\
                 sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({"driver": {
                "name": "bollwerk",
                "semanticVersion": report.program_version,
                "informationUri": "https://github.com/bollwerk/bollwerk",
                "rules": fired.values().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }}),
            invocations: [invocation(report)],
            column_kind: "unicodeCodePoints",
            results: report
                .findings
                .iter()
                .map(|finding| result(finding, &index))
                .chain(report.hidden.iter().map(|hidden| suppressed(hidden, &index)))
                .collect(),
            properties: properties(report),
        }],
    };
    serde_json::to_writer_pretty(&mut out, &log)?;
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Value,
    invocations: [Value; 1],
    column_kind: &'static str,
    results: Vec<Value>,
    properties: Value,
}

/// What SARIF has no words for: a framework's items and what differs are told as in our JSON.
fn properties(report: &Report<'_>) -> Value {
    let mut properties = json!({
        "kubernetesVersion": report.kubernetes_version.to_string(),
        "coverage": {
            "files": report.coverage.files,
            "documents": report.coverage.documents,
            "otherDocuments": report.coverage.other_documents,
            "objects": report.coverage.objects,
            "workloads": report.coverage.workloads,
            "images": report.coverage.images,
        },
    });
    if let Some(compliance) = report.compliance {
        properties["framework"] = json!(JsonFramework::new(compliance));
    }
    if let Some(changes) = report.changes {
        properties["changes"] = changes.iter().map(|it| json!(JsonChange::new(it))).collect();
    }
    properties
}

fn descriptor(rule: &Rule) -> Value {
    let essay = rule.page.split("\n## ").next().unwrap_or_default();
    let text = essay.lines().skip(1).collect::<Vec<_>>().join("\n");
    json!({
        "id": rule.name,
        "name": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": text.trim()},
        "help": {"text": text.trim(), "markdown": rule.page},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "security-severity": security_severity(rule.severity),
            "tags": ["security", "kubernetes"],
        },
    })
}

fn invocation(report: &Report<'_>) -> Value {
    json!({
        "executionSuccessful": report.gaps.is_empty(),
        "exitCode": report.outcome().exit_code(),
        "endTimeUtc": report.taken_at.to_string(),
        "toolExecutionNotifications": report.gaps.iter().map(notification).collect::<Vec<_>>(),
    })
}

fn notification(gap: &Gap) -> Value {
    let text = format!("{}: {}", gap.subject, gap.reason);
    let locations: Vec<_> = gap.location.iter().map(location).collect();
    json!({
        "descriptor": {"id": format!("gap/{}", gap.kind)},
        "level": "warning",
        "message": {"text": text},
        "locations": locations,
    })
}

fn result(finding: &Finding, index: &BTreeMap<&str, usize>) -> Value {
    let (name, kind) = match &finding.subject {
        Subject::Object { kind, namespace, name, .. } => {
            let namespace = namespace.as_deref().map(|name| format!("{name}/"));
            (format!("{kind} {}{name}", namespace.unwrap_or_default()), "object")
        }
        Subject::File(name) => (name.clone(), "module"),
        Subject::CloudResource { kind, name } => {
            (format!("{kind} {}", cloud::short_name(name)), "resource")
        }
    };
    let mut place = finding.location.as_ref().map_or_else(
        || json!({"physicalLocation": {"artifactLocation": {"uri": "cluster"}}}),
        location,
    );
    place["logicalLocations"] = json!([{
        "fullyQualifiedName": format!("{name} {}", finding.path),
        "kind": kind,
    }]);
    let mut text = finding.message.clone();
    if let Some(fix) = &finding.fix {
        text.push_str(&format!(" — {}", fix.text));
    }
    let mut result = json!({
        "ruleId": finding.control,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [place],
        "partialFingerprints": {"bollwerkFingerprint/v1": finding.fingerprint.as_str()},
        "properties": {"severity": finding.severity.name(), "object": name},
    });
    if let Some(at) = index.get(finding.control) {
        result["ruleIndex"] = json!(at);
    }
    result
}

/// A finding that an exception hides: told, and marked as suppressed.
fn suppressed(hidden: &Hidden, index: &BTreeMap<&str, usize>) -> Value {
    let mut result = result(&hidden.finding, index);
    let kind = if hidden.embedded { "inSource" } else { "external" };
    result["suppressions"] = json!([{"kind": kind, "justification": hidden.reason}]);
    result
}

fn location(location: &Location) -> Value {
    // A region must not be empty.
    let is_empty = (location.line, location.column) == (location.end_line, location.end_column);
    let end_column = location.end_column + u32::from(is_empty);
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&location.file)},
        "region": {
            "startLine": location.line,
            "startColumn": location.column,
            "endLine": location.end_line,
            "endColumn": end_column,
        },
    }})
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is
/// percent-encoded.
pub fn uri(path: &str) -> String {
    if path == "-" {
        return "stdin".to_owned();
    }
    let mut uri = String::with_capacity(path.len());
    for byte in path.strip_prefix("./").unwrap_or(path).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte as char);
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The number by which code scanning services sort (over 9.0 critical, 7.0 high, 4.0 medium).
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}
