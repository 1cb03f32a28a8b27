//! GitLab code quality: the subset of the Code Climate format that GitLab documents
//! ("Code Quality report format"): an array of entries with a unique fingerprint each.
//!
//! Gaps are entries too. The format has no place for the coverage; a run that saw nothing has a
//! gap, so an empty array still means that all was read. Nor has it one for a framework's items,
//! which are no places in files, or for what differs: both are left to other formats.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::{Finding, Gap, Location, Severity};
use serde::Serialize;

use crate::occurrence::Names;
use crate::wording::{about, harmless};
use crate::{Report, json};

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let mut names = Names::default();
    let mut entries: Vec<Entry<'_>> =
        report.findings.iter().map(|finding| Entry::of_finding(finding, &mut names)).collect();
    for gap in report.gaps {
        let is_accepted = report.policy.accepted_gaps.contains(&gap.kind);
        entries.push(Entry::of_gap(gap, is_accepted, &mut names));
    }
    serde_json::to_writer_pretty(&mut out, &entries)?;
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: BTreeMap<&'static str, u32>,
}

impl<'a> Entry<'a> {
    fn of_finding(finding: &'a Finding, names: &mut Names) -> Self {
        let object = about(finding);
        let message = harmless(&finding.message);
        let fix = finding.fix.as_ref().map(|fix| format!(" — {}", harmless(&fix.text)));
        Self {
            description: format!("{object}: {message}{}", fix.unwrap_or_default()),
            check_name: finding.control.to_owned(),
            fingerprint: names.of(finding),
            severity: severity(finding.severity),
            location: place(
                finding.location.as_ref(),
                finding.cluster.as_deref().unwrap_or("cluster"),
            ),
        }
    }

    fn of_gap(gap: &'a Gap, is_accepted: bool, names: &mut Names) -> Self {
        let (kind, reason) = (gap.kind.name(), harmless(&gap.reason));
        let file = gap.location.as_ref().map_or("", |location| &location.file);
        Self {
            description: format!("not assessed: {} {reason}", harmless(&gap.subject)),
            check_name: format!("gap/{kind}"),
            fingerprint: names.made(&["gap", kind, &gap.subject, file, &gap.reason]),
            severity: if is_accepted { "info" } else { "major" },
            location: place(gap.location.as_ref(), &gap.subject),
        }
    }
}

/// A place, or the first line of `otherwise`: GitLab refuses entries without one.
fn place<'a>(location: Option<&'a Location>, otherwise: &'a str) -> Place<'a> {
    let (path, begin) = location.map_or((otherwise, 1), |at| (at.file.as_str(), at.line));
    Place { path: json::file_name(path), lines: BTreeMap::from([("begin", begin)]) }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
