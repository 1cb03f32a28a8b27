//! JUnit XML, as the servers of continuous integration read it (the schema Jenkins' xunit plugin
//! publishes for it, `junit-10.xsd`).
//!
//! A suite for each control that fired, with one case for each finding: it fails at the threshold
//! or above and is skipped below it or when an exception accepts it, for a finding must not look
//! like a test that passed. A suite `assessment` holds the gaps as errors (accepted ones are
//! skipped) and a case that passes only when all was read. A framework has a suite for each
//! section and a case for each item: what is not assessed, seen in part or accepted is skipped,
//! for none of it has passed. What differs from an older state is no test: it stands among the
//! properties of `assessment`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::compliance::{Answer, Status};
use model::{Finding, Severity};

use crate::change::differences;
use crate::markup::{lines, text};
use crate::wording::{about, coverage, others, place, verdict};
use crate::{Hidden, Report, json};

/// How a case ended.
enum Ending {
    Passed,
    Failure,
    Error,
    Skipped,
}

struct Case {
    name: String,
    class: String,
    result: Ending,
    r#type: &'static str,
    message: String,
    detail: String,
}

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let mut suites: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for finding in report.findings {
        suites.entry(finding.control).or_default().push(case(finding, report.policy.fail_on));
    }
    for hidden in report.hidden {
        suites.entry(hidden.finding.control).or_default().push(accepted(hidden));
    }
    let assessment = assessment(report);
    let items = items(report);
    let framework = || items.iter().flat_map(|(_, cases)| cases);
    let all = || suites.values().flatten().chain(&assessment).chain(framework());
    let [tests, failures, errors, _] = counts(all());
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"bollwerk\" tests=\"{tests}\" failures=\"{failures}\" \
         errors=\"{errors}\">"
    )?;
    suite(report, "assessment", &assessment, &mut out)?;
    for (name, cases) in &items {
        suite(report, name, cases, &mut out)?;
    }
    for (name, cases) in &suites {
        suite(report, name, cases, &mut out)?;
    }
    writeln!(out, "</testsuites>")?;
    out.flush()
}

fn case(finding: &Finding, fail_on: Option<Severity>) -> Case {
    let severity = finding.severity;
    let fails = fail_on.is_some_and(|threshold| severity >= threshold);
    let threshold = fail_on.map_or("none", Severity::name);
    let below = if fails { String::new() } else { format!(" (below the threshold, {threshold})") };
    let mut detail = Vec::new();
    detail.extend(finding.location.as_ref().map(|at| format!("at: {}", place(at))));
    detail.extend(finding.fix.as_ref().map(|fix| format!("fix: {}", fix.text)));
    detail.push(format!("fingerprint: {}", finding.fingerprint.as_str()));
    detail.push(format!("more: bollwerk explain {}", finding.control));
    Case {
        name: format!("{} {}", about(finding), finding.path),
        class: finding.control.to_owned(),
        result: if fails { Ending::Failure } else { Ending::Skipped },
        r#type: severity.name(),
        message: format!("{severity}{below}: {}", finding.message),
        detail: detail.join("\n"),
    }
}

fn accepted(hidden: &Hidden) -> Case {
    let reason = format!("accepted: {}", hidden.reason);
    let message = format!("{reason} ({})", hidden.place);
    Case { result: Ending::Skipped, message, ..case(&hidden.finding, None) }
}

/// Suites for the sections of a framework.
fn items(report: &Report<'_>) -> Vec<(String, Vec<Case>)> {
    let Some(compliance) = report.compliance else { return Vec::new() };
    let sections = compliance.answers.chunk_by(|one, other| one.section == other.section);
    let suite = |items: &[Answer]| {
        let (number, title) = items.first().map_or(("", ""), |item| item.section);
        let parts = [compliance.name, number, title].into_iter().filter(|part| !part.is_empty());
        let name = parts.collect::<Vec<_>>().join(" ");
        (name, items.iter().map(|answer| item(compliance.name, answer)).collect())
    };
    sections.map(suite).collect()
}

fn item(framework: &str, answer: &Answer) -> Case {
    let Answer { id, title, status, reason, places, .. } = answer;
    let mut detail: Vec<String> = places.iter().map(|place| format!("at: {place}")).collect();
    let more = answer.findings.saturating_sub(places.len());
    if more > 0 && !places.is_empty() {
        detail.push(format!("and {more} more"));
    }
    if !answer.controls.is_empty() {
        detail.push(format!("controls: {}", answer.controls.join(", ")));
    }
    Case {
        name: format!("{id} {title}"),
        class: format!("{framework}.{id}"),
        result: match status {
            Status::Fail => Ending::Failure,
            Status::Pass => Ending::Passed,
            Status::Accepted | Status::Part | Status::NotAssessed => Ending::Skipped,
        },
        r#type: answer.worst.map_or("item", Severity::name),
        message: format!("{}: {reason}", status.name()),
        detail: detail.join("\n"),
    }
}

/// Whether all was read, and each thing that was not.
fn assessment(report: &Report<'_>) -> Vec<Case> {
    let gap = |gap: &model::Gap| {
        let is_accepted = report.policy.accepted_gaps.contains(&gap.kind);
        let accepted = if is_accepted { "accepted gap: " } else { "" };
        Case {
            name: format!("{} {}", gap.kind, json::place(gap)),
            class: format!("gap.{}", gap.kind),
            result: if is_accepted { Ending::Skipped } else { Ending::Error },
            r#type: gap.kind.name(),
            message: format!("{accepted}{} {}", gap.subject, gap.reason),
            detail: String::new(),
        }
    };
    let mut cases: Vec<Case> = report.gaps.iter().map(gap).collect();
    if report.gaps.is_empty() {
        let is_something = report.coverage.objects > 0;
        cases.push(Case {
            name: "everything was read".to_owned(),
            class: "assessment".to_owned(),
            result: if is_something { Ending::Passed } else { Ending::Skipped },
            r#type: "assessment",
            message: "nothing to judge: no Kubernetes object was found".to_owned(),
            detail: coverage(report),
        });
    }
    cases
}

/// Cases in all, failures, errors, skipped.
fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> [usize; 4] {
    let mut counts = [0; 4];
    for case in cases {
        counts[0] += 1;
        match case.result {
            Ending::Passed => {}
            Ending::Failure => counts[1] += 1,
            Ending::Error => counts[2] += 1,
            Ending::Skipped => counts[3] += 1,
        }
    }
    counts
}

fn suite(report: &Report<'_>, name: &str, cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    let [tests, failures, errors, skipped] = counts(cases.iter());
    let name = text(name);
    // `timestamp` has no zone there: surefire and its readers take it as UTC.
    let taken_at = report.taken_at.strftime("%Y-%m-%dT%H:%M:%S");
    writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" \
         errors=\"{errors}\" skipped=\"{skipped}\" timestamp=\"{taken_at}\">"
    )?;
    if name == "assessment" {
        properties(report, out)?;
    }
    for case in cases {
        case.write(out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn properties(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let verdict = verdict(report);
    let properties = [
        ("version", report.program_version.to_owned()),
        ("outcome", format!("{}: {}", verdict.word, verdict.because)),
        ("coverage", coverage(report)),
        ("not-judged", others(report).unwrap_or_default()),
        ("known", report.known.to_string()),
        ("resolved", report.resolved.len().to_string()),
        ("hidden", report.hidden.len().to_string()),
    ];
    writeln!(out, "    <properties>")?;
    for (name, value) in properties {
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", text(&value))?;
    }
    for change in report.changes.into_iter().flatten() {
        let (kind, settings) = (change.kind.name(), differences(change).join("; "));
        let colon = if settings.is_empty() { "" } else { ": " };
        let value = text(&format!("{} ({}){colon}{settings}", change.object, change.file));
        writeln!(out, "      <property name=\"{kind}\" value=\"{value}\"/>")?;
    }
    writeln!(out, "    </properties>")
}

impl Case {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (name, class) = (text(&self.name), text(&self.class));
        let [kind, message, detail] = [text(self.r#type), text(&self.message), lines(&self.detail)];
        writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\">")?;
        match self.result {
            Ending::Passed => writeln!(out, "      <system-out>{detail}</system-out>")?,
            Ending::Skipped => {
                writeln!(out, "      <skipped message=\"{message}\">{detail}</skipped>")?;
            }
            Ending::Failure => writeln!(
                out,
                "      <failure type=\"{kind}\" message=\"{message}\">{detail}</failure>"
            )?,
            Ending::Error => {
                writeln!(
                    out,
                    "      <error type=\"{kind}\" message=\"{message}\">{detail}</error>"
                )?;
            }
        }
        writeln!(out, "    </testcase>")
    }
}
