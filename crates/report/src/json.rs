//! `bollwerk.report/v1`: the contract other tools read. Its schema is
//! `docs/schema/bollwerk.report.v1.json`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::change::{Change, SettingChange};
use model::compliance::{Answer, Compliance, Status};
use model::{Edit, Finding, Fix, Gap, Location, Severity, Subject};
use serde::Serialize;

use crate::baseline::Entry;
use crate::{Hidden, Report};

/// Name and version of the format.
pub(crate) const SCHEMA: &str = "bollwerk.report/v1";

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(&mut out, &JsonReport::new(report))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A finding as it stands in a report's `findings`.
pub fn finding_as_json(finding: &Finding) -> serde_json::Value {
    // Texts, numbers and lists alone: they cannot fail to be JSON.
    serde_json::to_value(JsonFinding::new(finding)).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonReport<'a> {
    schema: &'static str,
    tool: JsonTool<'a>,
    kubernetes_version: String,
    taken_at: String,
    cluster: Option<&'a str>,
    worlds: &'a [String],
    summary: JsonSummary,
    coverage: JsonCoverage,
    findings: Vec<JsonFinding<'a>>,
    gaps: Vec<JsonGap<'a>>,
    hidden: Vec<JsonHidden<'a>>,
    resolved: Vec<JsonResolved<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<JsonFramework<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<JsonChange<'a>>>,
}

#[derive(Serialize)]
struct JsonTool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonSummary {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
    findings: usize,
    hidden: usize,
    known: usize,
    resolved: usize,
    gaps: usize,
    fail_on: &'static str,
    failing: usize,
    exit_code: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonCoverage {
    files: u64,
    documents: u64,
    other_documents: u64,
    objects: u64,
    workloads: u64,
    images: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    control: &'a str,
    id: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    subject: JsonSubject<'a>,
    object: Option<JsonObject<'a>>,
    path: String,
    location: Option<JsonLocation<'a>>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    also: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonSubject<'a> {
    r#type: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonObject<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonLocation<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    text: &'a str,
    applicability: &'static str,
    /// Why it is unsafe.
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<&'static str>,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    op: &'static str,
    path: String,
    /// The value as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonGap<'a> {
    kind: &'static str,
    r#where: String,
    reason: &'a str,
    subject: &'a str,
    location: Option<JsonLocation<'a>>,
    accepted: bool,
}

impl<'a> JsonReport<'a> {
    fn new(report: &'a Report<'_>) -> Self {
        let accepted = &report.policy.accepted_gaps;
        let coverage = report.coverage;
        Self {
            schema: SCHEMA,
            tool: JsonTool { name: "bollwerk", version: report.program_version },
            kubernetes_version: report.kubernetes_version.to_string(),
            taken_at: report.taken_at.to_string(),
            cluster: report.cluster,
            worlds: report.worlds,
            summary: summary(report),
            coverage: JsonCoverage {
                files: coverage.files,
                documents: coverage.documents,
                other_documents: coverage.other_documents,
                objects: coverage.objects,
                workloads: coverage.workloads,
                images: coverage.images,
                bytes: coverage.bytes,
            },
            findings: report.findings.iter().map(JsonFinding::new).collect(),
            gaps: report
                .gaps
                .iter()
                .map(|gap| JsonGap::new(gap, accepted.contains(&gap.kind)))
                .collect(),
            hidden: report.hidden.iter().map(JsonHidden::new).collect(),
            resolved: report.resolved.iter().map(JsonResolved::new).collect(),
            framework: report.compliance.map(JsonFramework::new),
            changes: report.changes.map(|changes| changes.iter().map(JsonChange::new).collect()),
        }
    }
}

fn summary(report: &Report<'_>) -> JsonSummary {
    use model::Severity::{Critical, High, Info, Low, Medium};
    JsonSummary {
        critical: report.count(Critical),
        high: report.count(High),
        medium: report.count(Medium),
        low: report.count(Low),
        info: report.count(Info),
        findings: report.findings.len(),
        hidden: report.hidden.len(),
        known: report.known,
        resolved: report.resolved.len(),
        gaps: report.gaps.len(),
        fail_on: report.policy.fail_on.map_or("none", Severity::name),
        failing: report.failing(),
        exit_code: report.outcome().exit_code(),
    }
}

impl<'a> JsonFinding<'a> {
    fn new(finding: &'a Finding) -> Self {
        let (subject, object) = match &finding.subject {
            Subject::Object { api_version, kind, namespace, name } => (
                JsonSubject { r#type: "object", name },
                Some(JsonObject { api_version, kind, namespace: namespace.as_deref(), name }),
            ),
            Subject::File(name) => (JsonSubject { r#type: "file", name }, None),
            Subject::CloudResource { name, .. } => {
                (JsonSubject { r#type: "cloud-resource", name }, None)
            }
        };
        Self {
            control: finding.control,
            id: finding.id,
            fingerprint: finding.fingerprint.as_str(),
            severity: finding.severity.name(),
            subject,
            object,
            path: finding.path.to_string(),
            location: finding.location.as_ref().map(JsonLocation::new),
            message: &finding.message,
            fix: finding.fix.as_ref().map(JsonFix::new),
            also: &finding.also,
            owner: finding.owner.as_deref(),
        }
    }
}

impl<'a> JsonLocation<'a> {
    fn new(location: &'a Location) -> Self {
        Self {
            file: &location.file,
            line: location.line,
            column: location.column,
            end_line: location.end_line,
            end_column: location.end_column,
        }
    }
}

impl<'a> JsonFix<'a> {
    fn new(fix: &'a Fix) -> Self {
        let edits = fix.edits.iter().map(|edit| match edit {
            Edit::Set { at, value } => {
                JsonEdit { op: "set", path: at.to_string(), value: Some(value) }
            }
            Edit::Remove { at } => JsonEdit { op: "remove", path: at.to_string(), value: None },
        });
        Self {
            text: &fix.text,
            applicability: fix.applicability.name(),
            risk: fix.applicability.risk(),
            edits: edits.collect(),
        }
    }
}

impl<'a> JsonGap<'a> {
    fn new(gap: &'a Gap, accepted: bool) -> Self {
        Self {
            kind: gap.kind.name(),
            r#where: place(gap),
            reason: &gap.reason,
            subject: &gap.subject,
            location: gap.location.as_ref().map(JsonLocation::new),
            accepted,
        }
    }
}

/// A finding that an exception hides.
#[derive(Serialize)]
struct JsonHidden<'a> {
    control: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    object: Option<JsonObject<'a>>,
    path: String,
    location: Option<JsonLocation<'a>>,
    exception: JsonException<'a>,
}

#[derive(Serialize)]
struct JsonException<'a> {
    reason: &'a str,
    owner: Option<&'a str>,
    until: Option<&'a str>,
    embedded: bool,
    r#where: &'a str,
}

impl<'a> JsonHidden<'a> {
    fn new(hidden: &'a Hidden) -> Self {
        let JsonFinding { control, fingerprint, severity, object, path, location, .. } =
            JsonFinding::new(&hidden.finding);
        let exception = JsonException {
            reason: &hidden.reason,
            owner: hidden.owner.as_deref(),
            until: hidden.until.as_deref(),
            embedded: hidden.embedded,
            r#where: &hidden.place,
        };
        Self { control, fingerprint, severity, object, path, location, exception }
    }
}

/// A finding of the baseline that is gone.
#[derive(Serialize)]
struct JsonResolved<'a> {
    control: &'a str,
    fingerprint: &'a str,
    subject: &'a str,
    path: &'a str,
}

impl<'a> JsonResolved<'a> {
    fn new(entry: &'a Entry) -> Self {
        Self {
            control: &entry.control,
            fingerprint: &entry.fingerprint,
            subject: &entry.subject,
            path: &entry.path,
        }
    }
}

/// How an object differs from an older state.
#[derive(Serialize)]
pub(crate) struct JsonChange<'a> {
    object: &'a str,
    change: &'static str,
    file: &'a str,
    settings: Vec<JsonSetting<'a>>,
    more: usize,
}

#[derive(Serialize)]
struct JsonSetting<'a> {
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

impl<'a> JsonChange<'a> {
    pub(crate) fn new(change: &'a Change) -> Self {
        let setting = |setting: &'a SettingChange| JsonSetting {
            name: &setting.name,
            old: setting.old.as_deref(),
            new: setting.new.as_deref(),
        };
        Self {
            object: &change.object,
            change: change.kind.name(),
            file: &change.file,
            settings: change.settings.iter().map(setting).collect(),
            more: change.more,
        }
    }
}

/// What is said of a framework.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsonFramework<'a> {
    name: &'a str,
    title: &'a str,
    source: &'a str,
    summary: BTreeMap<&'static str, usize>,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonItem<'a> {
    section: &'a str,
    id: &'a str,
    title: &'a str,
    status: &'static str,
    reason: &'a str,
    controls: &'a [&'static str],
    findings: usize,
    worst: Option<&'static str>,
    places: &'a [String],
}

impl<'a> JsonFramework<'a> {
    pub(crate) fn new(compliance: &'a Compliance) -> Self {
        let count = |status: &Status| (status.name(), compliance.count(*status));
        let item = |answer: &'a Answer| JsonItem {
            section: answer.section.1,
            id: answer.id,
            title: answer.title,
            status: answer.status.name(),
            reason: &answer.reason,
            controls: &answer.controls,
            findings: answer.findings,
            worst: answer.worst.map(Severity::name),
            places: &answer.places,
        };
        Self {
            name: compliance.name,
            title: compliance.title,
            source: compliance.source,
            summary: Status::ALL.iter().map(count).collect(),
            items: compliance.answers.iter().map(item).collect(),
        }
    }
}

/// Where a gap is, as one text: `file:line:column`, else what it concerns.
pub(crate) fn place(gap: &Gap) -> String {
    match &gap.location {
        Some(Location { file, line, column, .. }) => format!("{file}:{line}:{column}"),
        None => gap.subject.clone(),
    }
}

/// A file as people name it: no `./`, and a word for standard input.
pub(crate) fn file_name(file: &str) -> &str {
    if file == "-" { "stdin" } else { file.strip_prefix("./").unwrap_or(file) }
}
