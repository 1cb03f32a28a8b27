//! Summaries for a cluster's own API: a report of each namespace, small enough for etcd.
//!
//! Others write a result for every check of every object, and fill etcd until it turns read-only.
//! A summary counts all and names the worst few: the whole is in the server.
//!
//! Source: `openreports.io/v1alpha1` (`Report`, `ClusterReport`) and `wgpolicyk8s.io/v1alpha2`
//! (`PolicyReport`, `ClusterPolicyReport`), which have the same fields.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::{Finding, Gap, Severity, Subject, cloud};
use serde_json::{Value, json};

use crate::Report;
use crate::wording::{clipped, harmless};

/// Results that are named in one report, the worst first.
pub const RESULTS_MAX: usize = 50;

/// Bytes of one report as JSON. etcd takes 1.5 MB; thousands of these have to fit beside all else.
pub const BYTES_MAX: usize = 64 << 10;

/// Characters of one message.
const MESSAGE_CHARS_MAX: usize = 300;

/// Which of the two API groups is written. One at a time: whoever reads both would count twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportGroup {
    /// `openreports.io/v1alpha1`.
    OpenReports,
    /// `wgpolicyk8s.io/v1alpha2`.
    PolicyReports,
}

impl ReportGroup {
    fn kind(self, is_namespaced: bool) -> (&'static str, &'static str) {
        match (self, is_namespaced) {
            (Self::OpenReports, true) => ("openreports.io/v1alpha1", "Report"),
            (Self::OpenReports, false) => ("openreports.io/v1alpha1", "ClusterReport"),
            (Self::PolicyReports, true) => ("wgpolicyk8s.io/v1alpha2", "PolicyReport"),
            (Self::PolicyReports, false) => ("wgpolicyk8s.io/v1alpha2", "ClusterPolicyReport"),
        }
    }
}

/// The reports as a `List`, which `kubectl apply` takes.
pub(crate) fn render(
    report: &Report<'_>,
    group: ReportGroup,
    out: &mut dyn Write,
) -> io::Result<()> {
    let items = policy_reports(report.findings, report.gaps, group, report.taken_at);
    serde_json::to_writer(&mut *out, &json!({"apiVersion": "v1", "kind": "List", "items": items}))?;
    writeln!(out)
}

/// A report of each namespace that has findings of objects, sorted by namespace, after one of
/// what stands in none and of gaps. Findings of files belong to no cluster and are left out.
pub fn policy_reports(
    findings: &[Finding],
    gaps: &[Gap],
    group: ReportGroup,
    taken_at: jiff::Timestamp,
) -> Vec<Value> {
    let mut by_namespace: BTreeMap<Option<&str>, Vec<&Finding>> = BTreeMap::new();
    if !gaps.is_empty() {
        by_namespace.insert(None, Vec::new());
    }
    for finding in findings {
        match &finding.subject {
            Subject::Object { namespace, .. } => {
                by_namespace.entry(namespace.as_deref()).or_default().push(finding);
            }
            Subject::CloudResource { .. } => by_namespace.entry(None).or_default().push(finding),
            Subject::File(_) => {}
        }
    }
    let report = |(namespace, findings): (Option<&str>, Vec<&Finding>)| {
        let gaps = if namespace.is_none() { gaps } else { &[] };
        one(namespace, findings, gaps, (group, taken_at))
    };
    by_namespace.into_iter().map(report).collect()
}

fn one(
    namespace: Option<&str>,
    mut findings: Vec<&Finding>,
    gaps: &[Gap],
    (group, taken_at): (ReportGroup, jiff::Timestamp),
) -> Value {
    let fails = findings.iter().filter(|it| it.severity >= Severity::Medium).count();
    let warns = findings.len() - fails;
    findings.sort_by(|a, b| {
        let key = |it: &Finding| (std::cmp::Reverse(it.severity), it.control);
        key(a).cmp(&key(b)).then_with(|| a.fingerprint.as_str().cmp(b.fingerprint.as_str()))
    });
    let (version, kind) = group.kind(namespace.is_some());
    let mut report = json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": "bollwerk",
            "labels": {"app.kubernetes.io/managed-by": "bollwerk"},
        },
        "summary": {"pass": 0, "fail": fails, "warn": warns, "error": gaps.len(), "skip": 0},
        "results": [],
    });
    if let Some(namespace) = namespace {
        report["metadata"]["namespace"] = namespace.into();
    }
    if group == ReportGroup::OpenReports {
        report["source"] = "bollwerk".into();
        report["configuration"] = json!({"limits": {"maxResults": RESULTS_MAX}});
    }
    let (mut results, mut bytes) = (Vec::new(), report.to_string().len());
    // Ignorance first: it says how much the rest is worth.
    let unknown = gaps.iter().map(|gap| unknown(gap, taken_at));
    let wrong = findings.iter().map(|it| result(it, namespace, taken_at));
    for result in unknown.take(RESULTS_MAX / 2).chain(wrong).take(RESULTS_MAX) {
        // A comma stands between two.
        bytes += result.to_string().len() + 1;
        if bytes > BYTES_MAX {
            break;
        }
        results.push(result);
    }
    report["results"] = results.into();
    report
}

fn unknown(gap: &Gap, taken_at: jiff::Timestamp) -> Value {
    let message = format!("{}: {}", gap.subject, gap.reason);
    json!({
        "source": "bollwerk",
        "policy": gap.kind.to_string(),
        "result": "error",
        "scored": false,
        "message": clipped(&harmless(&message), MESSAGE_CHARS_MAX),
        "timestamp": {"seconds": taken_at.as_second(), "nanos": 0},
    })
}

fn result(finding: &Finding, namespace: Option<&str>, taken_at: jiff::Timestamp) -> Value {
    let mut resource = match &finding.subject {
        Subject::Object { api_version, kind, name, .. } => {
            json!({"apiVersion": api_version, "kind": kind, "name": name})
        }
        Subject::CloudResource { kind, name } => {
            json!({"apiVersion": cloud::GROUP, "kind": kind, "name": cloud::short_name(name)})
        }
        Subject::File(_) => json!({}),
    };
    if let Some(namespace) = namespace {
        resource["namespace"] = namespace.into();
    }
    let result = if finding.severity >= Severity::Medium { "fail" } else { "warn" };
    json!({
        "source": "bollwerk",
        "policy": finding.control,
        "category": finding.id,
        "severity": finding.severity.name(),
        "result": result,
        "scored": true,
        "resources": [resource],
        "message": clipped(&harmless(&finding.message), MESSAGE_CHARS_MAX),
        "timestamp": {"seconds": taken_at.as_second(), "nanos": 0},
        "properties": {
            "fingerprint": finding.fingerprint.as_str(),
            "path": clipped(&harmless(&finding.path.to_string()), MESSAGE_CHARS_MAX),
        },
    })
}
