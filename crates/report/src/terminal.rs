//! For people: what is wrong, in its source, the worst first, and a summary to act on.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Style};
use model::{Finding, Frame, Gap, Location, Severity};

use crate::baseline::Entry;
use crate::style::{BOLD, DIM};
use crate::width::cells;
use crate::wording::{self, Verdict, about, harmless};
use crate::{Outcome, Report, change, compliance, json};

/// Most findings shown in full; the rest is counted and the reader told how to see it.
const SHOWN_MAX: usize = 100;
/// Most gaps listed.
const GAPS_SHOWN_MAX: usize = 50;
/// Most resolved findings listed.
const GONE_SHOWN_MAX: usize = 20;
/// Subjects in the picture of where the risk sits.
const SUBJECTS_SHOWN: usize = 8;

pub(crate) fn render(report: &Report<'_>, show: Severity, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let shown: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.severity >= show).collect();
    if let Some(changes) = report.changes {
        change::render(changes, &mut out)?;
    }
    if let Some(compliance) = report.compliance {
        gaps(report, &mut out)?;
        compliance::render(compliance, &mut out)?;
    } else {
        for finding in shown.iter().take(SHOWN_MAX) {
            finding_in_full(finding, &mut out)?;
        }
        gaps(report, &mut out)?;
        gone(report.resolved, &mut out)?;
        risk(report, &mut out)?;
    }
    summary(report, show, shown.len(), &mut out)?;
    out.flush()
}

fn severity_style(severity: Severity) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(Color::Ansi(colour)));
    match severity {
        Severity::Critical => colour(AnsiColor::BrightRed).bold(),
        Severity::High => colour(AnsiColor::Red),
        Severity::Medium => colour(AnsiColor::Yellow),
        Severity::Low => colour(AnsiColor::Cyan),
        Severity::Info => DIM,
    }
}

fn finding_in_full(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let style = severity_style(finding.severity);
    let Finding { severity, control, message, .. } = finding;
    let message = harmless(message);
    writeln!(out, "{style}{severity}{style:#}{BOLD}[{control}]{BOLD:#} {message}")?;
    let object = about(finding);
    if let Some(Location { file, line, column, .. }) = &finding.location {
        let file = harmless(file);
        writeln!(out, "  {DIM}-->{DIM:#} {file}:{line}:{column}  {DIM}{object}{DIM:#}")?;
    } else {
        let path = harmless(&finding.path.to_string());
        writeln!(out, "  {DIM}-->{DIM:#} {object}  {DIM}{path}{DIM:#}")?;
    }
    let fix = finding.fix.as_ref().map(|fix| harmless(&fix.text));
    let fix = fix.as_deref();
    match (&finding.location, &finding.frame) {
        (Some(location), Some(frame)) => source(location, frame, style, fix, out)?,
        _ => {
            if let Some(fix) = fix {
                writeln!(out, "   {DIM}={DIM:#} fix: {fix}")?;
            }
        }
    }
    writeln!(out)
}

/// The source lines with the place underlined and the fix beside it.
fn source(
    location: &Location,
    frame: &Frame,
    style: Style,
    fix: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = frame.lines.last().map_or(1, |line| line.number.to_string().len()) + 3;
    for line in &frame.lines {
        let is_place = line.number == location.line;
        let (number, text) = (line.number, line.text.trim_end());
        let shade = if is_place { Style::new() } else { DIM };
        writeln!(out, "{DIM}{number:>width$} |{DIM:#} {shade}{text}{shade:#}")?;
    }
    let text = frame.lines.last().map_or("", |line| line.text.trim_end());
    let column = |column: u32| column.saturating_sub(1 + frame.columns_before) as usize;
    let byte = |column: usize| text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
    let is_one_line = location.end_line == location.line;
    let start = byte(column(location.column));
    let end = if is_one_line { byte(column(location.end_column)) } else { text.len() };
    let carets = "^".repeat(cells(&text[start..end.max(start)]).max(1));
    let fix = fix.map(|fix| format!(" {fix}")).unwrap_or_default();
    let start = cells(&text[..start]);
    writeln!(out, "{:>width$} {DIM}|{DIM:#} {:start$}{style}{carets}{fix}{style:#}", "", "")
}

/// Findings that are not there any more.
fn gone(resolved: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let green = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
    for Entry { control, subject, path, .. } in resolved.iter().take(GONE_SHOWN_MAX) {
        let [subject, path] = [subject, path].map(|text| harmless(text));
        writeln!(
            out,
            "{green}resolved{green:#}{BOLD}[{control}]{BOLD:#} {subject}  {DIM}{path}{DIM:#}"
        )?;
    }
    let more = resolved.len().saturating_sub(GONE_SHOWN_MAX);
    if more > 0 {
        writeln!(out, "{DIM}… and {more} more resolved; `--format json` lists all{DIM:#}")?;
    }
    if resolved.is_empty() { Ok(()) } else { writeln!(out) }
}

fn gaps(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for gap in report.gaps.iter().take(GAPS_SHOWN_MAX) {
        let Gap { kind, .. } = gap;
        let [reason, place, subject] =
            [&gap.reason, &json::place(gap), &gap.subject].map(|text| harmless(text));
        let accepted = if report.policy.accepted_gaps.contains(kind) { " (accepted)" } else { "" };
        let style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Magenta)));
        writeln!(out, "{style}gap{style:#}{BOLD}[{kind}]{BOLD:#}{accepted} {reason}")?;
        let names_file = gap.location.as_ref().is_none_or(|place| place.file == gap.subject);
        let subject = if names_file { String::new() } else { format!("  {DIM}{subject}{DIM:#}") };
        writeln!(out, "  {DIM}-->{DIM:#} {place}{subject}\n")?;
    }
    let more = report.gaps.len().saturating_sub(GAPS_SHOWN_MAX);
    if more > 0 {
        writeln!(out, "{DIM}… and {more} more gaps; `--format json` lists all{DIM:#}\n")?;
    }
    Ok(())
}

/// A bar for each of the worst subjects.
fn risk(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<String, [usize; 5]> = BTreeMap::new();
    for finding in report.findings {
        counts.entry(about(finding)).or_default()[rank(finding.severity)] += 1;
    }
    counts.retain(|_, counts| counts[..3].iter().sum::<usize>() > 0);
    if counts.len() < 2 {
        return Ok(());
    }
    let mut worst: Vec<_> = counts.into_iter().collect();
    worst.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    let total = worst.len();
    worst.truncate(SUBJECTS_SHOWN);
    let width = worst.iter().map(|(name, _)| cells(name)).max().unwrap_or(0);
    let longest = worst.iter().map(|(_, counts)| counts[..3].iter().sum()).max().unwrap_or(1);
    writeln!(out, "{BOLD}Where the risk sits{BOLD:#} {DIM}({total} subjects){DIM:#}")?;
    for (name, counts) in &worst {
        let blanks = width - cells(name);
        write!(out, "  {name}{:blanks$}  ", "")?;
        for (severity, count) in Severity::ALL.iter().zip(counts).take(3) {
            let style = severity_style(*severity);
            let bar = scaled(*count, longest);
            if bar == 0 {
                continue;
            }
            write!(out, "{style}{}{style:#}", "█".repeat(bar))?;
        }
        let parts: Vec<_> = Severity::ALL
            .iter()
            .zip(counts)
            .take(3)
            .filter(|(_, count)| **count > 0)
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        writeln!(out, " {DIM}{}{DIM:#}", parts.join(", "))?;
    }
    writeln!(out)
}

/// Length of a bar of `count` where the longest may take 30 cells; never 0 for something.
fn scaled(count: usize, longest: usize) -> usize {
    const CELLS_MAX: usize = 30;
    if longest <= CELLS_MAX { count } else { (count * CELLS_MAX).div_ceil(longest) }
}

fn rank(severity: Severity) -> usize {
    Severity::ALL.iter().position(|other| *other == severity).unwrap_or(0)
}

fn summary(
    report: &Report<'_>,
    show: Severity,
    shown: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{BOLD}Summary{BOLD:#}")?;
    for severity in Severity::ALL {
        let count = report.count(*severity);
        if count == 0 {
            continue;
        }
        let style = severity_style(*severity);
        let hidden =
            if *severity < show { format!(" (`--show {severity}`)") } else { String::new() };
        let names = by_control(report, *severity);
        writeln!(out, "  {style}{severity:<8}{style:#} {count:>6}  {DIM}{names}{hidden}{DIM:#}")?;
    }
    accepted(report, out)?;
    if !report.gaps.is_empty() {
        let count = report.gaps.len();
        writeln!(out, "  {:<8} {count:>6}  {DIM}{}{DIM:#}", "gaps", wording::gap_kinds(report))?;
    }
    if shown > SHOWN_MAX {
        writeln!(
            out,
            "  {DIM}the {SHOWN_MAX} worst of {shown} stand above; `--format json` lists all{DIM:#}"
        )?;
    }
    coverage(report, out)?;
    verdict(report, out)
}

/// Who knows findings, and since when they are resolved.
const BY_BASELINE: (&str, &str) = ("by the baseline", "since the baseline");

/// What does not count: excepted findings, and those of the baseline.
fn accepted(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if !report.hidden.is_empty() {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for hidden in report.hidden {
            *names.entry(hidden.finding.control).or_default() += 1;
        }
        let names: Vec<_> = names.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let (count, names) = (report.hidden.len(), names.join(", "));
        writeln!(out, "  {:<8} {count:>6}  {DIM}by exceptions: {names}{DIM:#}", "hidden")?;
    }
    if report.known + report.resolved.len() > 0 {
        let (known, resolved) = (report.known, report.resolved.len());
        let is_diff = report.changes.is_some();
        let (was, now) = if is_diff { ("as before", "by the change") } else { BY_BASELINE };
        writeln!(out, "  {:<8} {known:>6}  {DIM}{was}{DIM:#}", "known")?;
        writeln!(out, "  {:<8} {resolved:>6}  {DIM}{now}{DIM:#}", "resolved")?;
    }
    Ok(())
}

/// Controls of one severity with their counts, the commonest first.
fn by_control(report: &Report<'_>, severity: Severity) -> String {
    const NAMES_MAX: usize = 4;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.severity == severity) {
        *counts.entry(finding.control).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    let more = sorted.len().saturating_sub(NAMES_MAX);
    let names: Vec<_> =
        sorted.iter().take(NAMES_MAX).map(|(name, count)| format!("{name} {count}")).collect();
    let more = if more > 0 { format!(", {more} more controls") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn coverage(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", wording::coverage(report))?;
    match wording::others(report) {
        Some(were) => writeln!(out, "{DIM}{were}{DIM:#}"),
        None => Ok(()),
    }
}

fn verdict(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Verdict { word, because } = wording::verdict(report);
    let (colour, advice) = match report.outcome() {
        Outcome::Findings => (AnsiColor::Red, ""),
        Outcome::NotAssessed => {
            (AnsiColor::Magenta, " (see the gaps; `--accept-gap KIND` accepts one kind)")
        }
        Outcome::Clean if report.coverage.objects == 0 => (AnsiColor::Magenta, ""),
        Outcome::Clean => (AnsiColor::Green, ""),
    };
    let style = Style::new().fg_color(Some(Color::Ansi(colour))).bold();
    writeln!(out, "{style}{word}:{style:#} {because}{advice}")
}
