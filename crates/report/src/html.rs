//! One page for a browser: works offline, loads nothing, runs nothing but its own script.
//!
//! What must be seen without a script is written as HTML: the outcome, the gaps, the picture of
//! where the risk sits, a framework's items, what differs, and the worst findings. The
//! script replaces the latter by all of them, from one block of JSON, and draws only what is
//! looked at.

mod changes;
mod data;
pub(crate) mod essay;
mod frame;
mod framework;
pub(crate) mod images;
mod picture;

use std::collections::BTreeMap;
use std::io::{self, Write};

use aws_lc_rs::digest;
use model::compliance::Status;
use model::{Finding, Severity};

use crate::markup::text;
use crate::wording::{about, by_control, counted, gap_kinds, others, place, verdict};
use crate::{Outcome, Report, Rule, json};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Findings that can be read without a script.
const STATIC_ROWS_MAX: usize = 200;
/// Most gaps, exceptions and resolved findings listed.
const LISTED_MAX: usize = 500;

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    head(report, &mut out)?;
    writeln!(out, "<main id=\"main\">")?;
    tiles(report, &mut out)?;
    coverage(report, &mut out)?;
    gaps(report, &mut out)?;
    changes::render(report, &mut out)?;
    framework::render(report, &mut out)?;
    picture::render(report, &mut out)?;
    findings(report, &mut out)?;
    hidden(report, &mut out)?;
    resolved(report, &mut out)?;
    pages(report, &mut out)?;
    writeln!(out, "</main>")?;
    let version = text(report.program_version);
    writeln!(out, "<footer>Written by bollwerk {version}. This page loads nothing.</footer>")?;
    write!(out, "<script type=\"application/json\" id=\"data\">")?;
    data::render(report, &mut out)?;
    writeln!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>")?;
    out.flush()
}

fn head(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let verdict = verdict(report);
    let (script, style) = (digest(SCRIPT), digest(STYLE));
    let class = match report.outcome() {
        Outcome::Findings => "failed",
        Outcome::NotAssessed => "unknown",
        Outcome::Clean if report.coverage.objects == 0 => "unknown",
        Outcome::Clean => "clean",
    };
    let of = report.cluster.map_or_else(|| report.worlds.join(", "), |it| format!("cluster {it}"));
    let (of, taken_at) = (text(&of), report.taken_at.strftime("%Y-%m-%d %H:%M UTC"));
    let version = report.kubernetes_version;
    let counts = counts(report);
    let because = match report.outcome() {
        Outcome::Findings => format!("{}: {counts}", threshold(report)),
        _ => verdict.because,
    };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         script-src 'sha256-{script}'; style-src 'sha256-{style}'; base-uri 'none'; \
         form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{word}: {of} – bollwerk</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">To the findings</a>\n\
         <header>\n<p class=\"brand\">bollwerk</p>\n\
         <h1 class=\"{class}\"><span>{word}:</span> {because}</h1>\n\
         <p class=\"read\"><bdi>{of}</bdi> · read {taken_at} · \
         judged for Kubernetes {version}</p>\n</header>\n",
        word = verdict.word,
        because = text(&because),
    )
}

/// The hash of a script or style as a content security policy names it (CSP 3, `hash-source`).
fn digest(text: &str) -> String {
    base64(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let at = bits >> (18 - 6 * digit) & 63;
            text.push(if digit <= chunk.len() { DIGITS[at as usize] as char } else { '=' });
        }
    }
    text
}

/// How many findings make the run fail, with the threshold.
fn threshold(report: &Report<'_>) -> String {
    let (count, threshold) =
        (report.failing(), report.policy.fail_on.map_or("none", Severity::name));
    let noun = if count == 1 { "finding" } else { "findings" };
    format!("{} {noun} at {threshold} or above", grouped(count))
}

/// `2 critical, 10 high`: what makes the run fail, by severity.
fn counts(report: &Report<'_>) -> String {
    let fails = |severity: &&Severity| {
        report.policy.fail_on.is_some_and(|threshold| **severity >= threshold)
    };
    let count = |severity: &Severity| (report.count(*severity), severity.name());
    let counts = Severity::ALL.iter().filter(fails).map(count).filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, name)| format!("{} {name}", grouped(count))).collect();
    counts.join(", ")
}

/// A count with its thousands set apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn tiles(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<nav class=\"tiles\" aria-label=\"Counts\">")?;
    let mut tile = |class: &str, href: &str, count: usize, name: &str| {
        let (empty, count) = (if count == 0 { " none" } else { "" }, grouped(count));
        writeln!(out, "<a class=\"tile {class}{empty}\" href=\"#{href}\"><b>{count}</b> {name}</a>")
    };
    for severity in Severity::ALL {
        let name = severity.name();
        tile(name, &format!("severity={name}"), report.count(*severity), name)?;
    }
    let gaps = if report.gaps.len() == 1 { "gap" } else { "gaps" };
    tile("gap", "gaps", report.gaps.len(), gaps)?;
    if !report.hidden.is_empty() {
        tile("quiet", "accepted", report.hidden.len(), "accepted")?;
    }
    if report.known + report.resolved.len() > 0 {
        tile("quiet", "resolved", report.known, "known")?;
        tile("quiet", "resolved", report.resolved.len(), "resolved")?;
    }
    if let Some(changes) = report.changes {
        let name = if changes.len() == 1 { "object differs" } else { "objects differ" };
        tile("quiet", "changes", changes.len(), name)?;
    }
    if let Some(compliance) = report.compliance {
        let count = compliance.count(Status::Fail);
        tile("quiet", "framework", count, if count == 1 { "item fails" } else { "items fail" })?;
    }
    writeln!(out, "</nav>")
}

fn coverage(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let seen = report.coverage;
    let items = [
        (seen.files, "file"),
        (seen.documents, "document"),
        (seen.objects, "object"),
        (seen.workloads, "workload"),
        (seen.images, "different image"),
    ];
    let items: Vec<_> = items
        .map(|(count, noun)| {
            let plural = if count == 1 { "" } else { "s" };
            format!("<b>{}</b> {noun}{plural}", grouped(count as usize))
        })
        .into();
    let others = others(report).map(|were| format!(". {were}")).unwrap_or_default();
    writeln!(out, "<p class=\"coverage\">Read: {}{others}.</p>", items.join(", "))
}

fn gaps(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = report.gaps.len();
    if count == 0 {
        return writeln!(
            out,
            "<p class=\"complete\" id=\"gaps\">No gap: everything was read and decided.</p>"
        );
    }
    let open = if count <= 10 { " open" } else { "" };
    let title = counted(count as u64, "gap");
    writeln!(
        out,
        "<details class=\"panel gaps\" id=\"gaps\"{open}><summary><h2>{title}: not everything was \
         assessed</h2> <span class=\"dim\">{}</span></summary>\n<table><thead><tr><th>Kind\
         <th>Where<th>Why</thead><tbody>",
        gap_kinds(report)
    )?;
    for gap in report.gaps.iter().take(LISTED_MAX) {
        let is_accepted = report.policy.accepted_gaps.contains(&gap.kind);
        let accepted = if is_accepted { " <span class=\"dim\">accepted</span>" } else { "" };
        let [place, reason, about] =
            [text(&json::place(gap)), text(&gap.reason), text(&gap.subject)];
        let is_said =
            place == about || gap.location.as_ref().is_some_and(|place| place.file == gap.subject);
        let about = if is_said { String::new() } else { format!("<br><bdi>{about}</bdi>") };
        writeln!(
            out,
            "<tr><td><code>{}</code>{accepted}<td><bdi>{place}</bdi>{about}<td>{reason}",
            gap.kind
        )?;
    }
    writeln!(out, "</tbody></table>{}</details>", left_out(count, LISTED_MAX, "gap"))
}

/// Says that a list is not complete, and where the rest is.
fn left_out(count: usize, shown: usize, noun: &str) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        more => format!(
            "<p class=\"dim\">{} not listed here; <code>--format json</code> lists all.</p>",
            counted(more as u64, &format!("more {noun}"))
        ),
    }
}

/// The place of the findings: rows that need no script, and what the script fills.
fn findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = report.findings.len();
    let is_new = report.known + report.resolved.len() > 0;
    let title = if is_new { "New findings" } else { "Findings" };
    writeln!(
        out,
        "<section id=\"findings\" aria-labelledby=\"findings-title\" tabindex=\"-1\">\n\
         <h2 id=\"findings-title\">{title}</h2>\n\
         <div id=\"filter\" role=\"search\" aria-label=\"Findings\" hidden></div>\n\
         <div id=\"groups\" hidden></div>\n<div id=\"static\">"
    )?;
    if count == 0 {
        writeln!(out, "<p class=\"dim\">None.</p></div></section>")?;
        return Ok(());
    }
    let shown = count.min(STATIC_ROWS_MAX);
    if shown < count {
        let count = grouped(count);
        writeln!(
            out,
            "<p class=\"dim\">The {shown} worst of {count} findings. The others need scripts to be \
             allowed for this page, or <code>--format csv</code>.</p>"
        )?;
    }
    writeln!(out, "<table><thead><tr><th>Severity<th>What<th>Object<th>Where</thead><tbody>")?;
    for finding in &report.findings[..shown] {
        static_row(finding, out)?;
    }
    writeln!(out, "</tbody></table></div></section>")
}

fn static_row(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let Finding { severity, control, .. } = finding;
    let place = finding.location.as_ref().map_or_else(|| finding.path.to_string(), place);
    let fix = finding.fix.as_ref();
    let fix = fix.map(|fix| format!("<br>→ {}", essay::inline(&fix.text))).unwrap_or_default();
    writeln!(
        out,
        "<tr><td class=\"{severity}\">{severity}<td>{}{fix}<br>\
         <a href=\"#page-{control}\"><code>{control}</code></a><td><bdi>{}</bdi>\
         <td><bdi>{}</bdi>",
        essay::inline(&finding.message),
        text(&about(finding)),
        text(&place)
    )
}

fn hidden(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = report.hidden.len();
    if count == 0 {
        return Ok(());
    }
    let title = counted(count as u64, "finding");
    writeln!(
        out,
        "<details class=\"panel\" id=\"accepted\"><summary><h2>{title} accepted by exceptions</h2>\
         </summary>\n<table><thead><tr><th>Severity<th>Control<th>Object<th>Why<th>Until\
         </thead><tbody>"
    )?;
    for hidden in report.hidden.iter().take(LISTED_MAX) {
        let Finding { severity, control, .. } = &hidden.finding;
        let owner = hidden.owner.as_ref().map(|owner| format!(" – {}", text(owner)));
        let until = hidden.until.as_deref().unwrap_or("for good");
        let [object, reason, place] =
            [&about(&hidden.finding), &hidden.reason, &hidden.place].map(|it| text(it));
        writeln!(
            out,
            "<tr><td class=\"{severity}\">{severity}<td><code>{control}</code>\
             <td><bdi>{object}</bdi><td><bdi>{reason}</bdi>{}<br><span class=\"dim\">{place}</span>\
             <td>{}",
            owner.unwrap_or_default(),
            text(until)
        )?;
    }
    writeln!(out, "</tbody></table>{}</details>", left_out(count, LISTED_MAX, "finding"))
}

fn resolved(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = report.resolved.len();
    if count + report.known == 0 {
        return Ok(());
    }
    let known = counted(report.known as u64, "finding");
    // Who compares two states wants to see what got better.
    let open = if report.changes.is_some() && count > 0 { " open" } else { "" };
    writeln!(
        out,
        "<details class=\"panel\" id=\"resolved\"{open}><summary><h2>{} resolved</h2> \
         <span class=\"dim\">{known} known from before</span></summary>",
        counted(count as u64, "finding"),
    )?;
    if count > 0 {
        writeln!(out, "<table><thead><tr><th>Control<th>Object<th>Field</thead><tbody>")?;
    }
    for entry in report.resolved.iter().take(LISTED_MAX) {
        let [control, object, path] =
            [&entry.control, &entry.subject, &entry.path].map(|it| text(it));
        writeln!(
            out,
            "<tr><td><code>{control}</code><td><bdi>{object}</bdi><td><bdi>{path}</bdi>"
        )?;
    }
    if count > 0 {
        writeln!(out, "</tbody></table>")?;
    }
    writeln!(out, "{}</details>", left_out(count, LISTED_MAX, "finding"))
}

/// The pages of the controls that fired, once each.
fn pages(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rules: BTreeMap<&str, Rule> =
        by_control(report).into_iter().map(|(rule, _)| (rule.name, rule)).collect();
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section id=\"pages\" aria-labelledby=\"pages-title\">\n\
         <h2 id=\"pages-title\">The controls that fired</h2>"
    )?;
    for (name, rule) in rules {
        writeln!(
            out,
            "<details class=\"page\" id=\"page-{name}\"><summary>{} <code>{name}</code> \
             <span class=\"dim\">{}</span></summary>\n{}</details>",
            essay::inline(rule.title),
            rule.id,
            essay::blocks(rule.page)
        )?;
    }
    writeln!(out, "</section>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_standard() {
        // RFC 4648, section 10.
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
