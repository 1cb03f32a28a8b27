//! A comment for a pull request: short, the gaps first, then what differs, how the items of a
//! framework fare, what is wrong by control, and what got better.
//!
//! Names come from manifests, so nothing of them is taken for Markdown or HTML, and nobody is
//! mentioned by them. The size stays below what code hosting services take as one comment.

use std::io::{self, Write};

use model::change::{Change, SettingChange};
use model::compliance::{Answer, Compliance, Status};
use model::{Finding, Gap, Severity};

use crate::baseline::Entry;
use crate::change::{sign, value};
use crate::compliance::is_alike;
use crate::wording::{
    self, about, clipped, counted, coverage, gap_kinds, harmless, others, place, verdict,
};
use crate::{Outcome, Report, Rule, json};

/// Most bytes written. GitHub takes 65,536 characters as one comment.
const BYTES_MAX: usize = 60_000;
/// Most gaps listed, and what they may take of it: the rest is for the findings.
const GAPS_MAX: usize = 20;
const GAPS_BYTES_MAX: usize = 15_000;
/// Most rows of settings that differ, of items, and of resolved findings, and what each list may
/// take of it.
const LISTED_MAX: usize = 100;
const LIST_BYTES_MAX: usize = 9_000;
/// Rows of settings that are shown unfolded.
const OPEN_MAX: usize = 10;
/// Most findings of one control listed.
const ROWS_MAX: usize = 10;
/// Most characters of one text of a manifest.
const CHARS_MAX: usize = 200;
/// Bytes kept for the last lines.
const FOOT_BYTES: usize = 500;

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = head(report);
    gaps(report, &mut text);
    if let Some(changes) = report.changes {
        differences(changes, &mut text);
    }
    if let Some(compliance) = report.compliance {
        items(compliance, &mut text);
    }
    // What stands behind the findings keeps its place.
    let gone = resolved(report);
    findings(report, BYTES_MAX - FOOT_BYTES - gone.len(), &mut text);
    text.push_str(&gone);
    text.push_str(&format!("<sub>{}", escaped(&coverage(report))));
    text.push_str(&others(report).map(|were| format!("; {}", escaped(&were))).unwrap_or_default());
    text.push_str(&format!(" · bollwerk {}</sub>\n", escaped(report.program_version)));
    out.write_all(text.as_bytes())
}

fn head(report: &Report<'_>) -> String {
    let verdict = verdict(report);
    let mark = match report.outcome() {
        Outcome::Findings => "❌",
        Outcome::NotAssessed => "⚠️",
        Outcome::Clean if report.coverage.objects == 0 => "⚠️",
        Outcome::Clean => "✅",
    };
    let mut text = format!("## {mark} bollwerk: {}\n\n{}.\n\n", verdict.word, verdict.because);
    let mut columns: Vec<(String, usize)> = Severity::ALL
        .iter()
        .map(|severity| (severity.name().to_owned(), report.count(*severity)))
        .collect();
    columns.push(("gaps".to_owned(), report.gaps.len()));
    let more = [
        ("accepted", report.hidden.len()),
        ("known", report.known),
        ("resolved", report.resolved.len()),
    ];
    let more = more.into_iter().filter(|(_, count)| *count > 0);
    columns.extend(more.map(|(name, count)| (name.to_owned(), count)));
    let cells: Vec<_> = columns.iter().map(|(_, count)| count.to_string()).collect();
    let names: Vec<_> = columns.into_iter().map(|(name, _)| name).collect();
    let rule = vec!["--:"; names.len()].join("|");
    text.push_str(&format!("|{}|\n|{rule}|\n|{}|\n\n", names.join("|"), cells.join("|")));
    text
}

fn gaps(report: &Report<'_>, text: &mut String) {
    if report.gaps.is_empty() {
        return;
    }
    let (count, kinds) = (counted(report.gaps.len() as u64, "gap"), gap_kinds(report));
    let open = format!(
        "<details><summary>⚠️ <b>{count}: not everything was assessed</b> ({kinds})</summary>\n\n\
         |kind|what and where|\n|--|--|\n"
    );
    text.push_str(&open);
    let row = |gap: &Gap| {
        let is_accepted = report.policy.accepted_gaps.contains(&gap.kind);
        let accepted = if is_accepted { " (accepted)" } else { "" };
        let is_file = gap.location.as_ref().is_none_or(|place| place.file == gap.subject);
        let subject = if is_file { String::new() } else { format!("{} ", code(&gap.subject)) };
        let (place, reason) = (code(&json::place(gap)), prose(&gap.reason));
        format!("|{}{accepted}|{subject}{reason}<br>{place}|\n", gap.kind)
    };
    let end = text.len() + GAPS_BYTES_MAX;
    let left = rows(report.gaps.iter().map(row), end, GAPS_MAX, text);
    text.push_str(&more(left, "gap"));
    text.push_str("\n</details>\n\n");
}

/// The settings that differ, in one table.
fn differences(changes: &[Change], text: &mut String) {
    text.push_str("### Objects that differ\n\n");
    if changes.is_empty() {
        text.push_str("None.\n\n");
        return;
    }
    let row = |change: &Change, setting: &str, values: String| {
        let (sign, object) = (escaped(sign(change.kind)), code(&change.object));
        format!("|{sign} {object}|{setting}|{values}|\n")
    };
    let rows_of = |change: &Change| {
        let setting = |it: &SettingChange| {
            let [old, new] = [value(it.old.as_deref()), value(it.new.as_deref())].map(code);
            row(change, &code(&it.name), format!("{old} → {new}"))
        };
        let mut all: Vec<String> = change.settings.iter().map(setting).collect();
        if change.more > 0 {
            all.push(row(change, "", format!("and {} more", change.more)));
        }
        if all.is_empty() {
            all.push(row(change, "", change.kind.name().to_owned()));
        }
        all
    };
    // Nothing beyond the limit is written, so nothing beyond it is made.
    let all: Vec<String> = changes.iter().take(LISTED_MAX).flat_map(rows_of).collect();
    let is_long = all.len() > OPEN_MAX;
    let count = counted(changes.len() as u64, "object");
    if is_long {
        text.push_str(&format!("<details><summary>{count}</summary>\n\n"));
    }
    text.push_str("|object|setting|old → new|\n|--|--|--|\n");
    let end = text.len() + LIST_BYTES_MAX;
    let left = rows(all.into_iter(), end, LISTED_MAX, text);
    text.push_str(&more(left, "row"));
    text.push_str(&more(changes.len().saturating_sub(LISTED_MAX), "object"));
    text.push_str(if is_long { "\n</details>\n\n" } else { "\n" });
}

/// How the items of a framework fare: the counts, what fails, and the others folded.
fn items(compliance: &Compliance, text: &mut String) {
    let counts = Status::ALL.iter().map(|status| (status.name(), compliance.count(*status)));
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts: Vec<_> = counts.map(|(name, count)| format!("{count} {name}")).collect();
    let of = counted(compliance.answers.len() as u64, "item");
    let title = escaped(compliance.title);
    text.push_str(&format!("### {title}\n\n{} of {of}\n\n", counts.join(", ")));
    let (fails, others): (Vec<_>, Vec<_>) = compliance
        .answers
        .chunk_by(is_alike)
        .partition(|alike| alike.iter().any(|answer| answer.status == Status::Fail));
    if !fails.is_empty() {
        item_table(&fails, text);
        text.push('\n');
    }
    if !others.is_empty() {
        text.push_str("<details><summary>The other items</summary>\n\n");
        item_table(&others, text);
        text.push_str("\n</details>\n\n");
    }
}

/// Rows of items; neighbours that are alike share one.
fn item_table(items: &[&[Answer]], text: &mut String) {
    text.push_str("|status|item|why|\n|--|--|--|\n");
    let row = |alike: &&[Answer]| {
        let [first, .., last] = alike else { return alike.first().map_or(String::new(), item_row) };
        let (name, reason) = (first.status.name(), prose(&first.reason));
        format!("|{name}|{} to {}|{reason}|\n", escaped(first.id), escaped(last.id))
    };
    let end = text.len() + LIST_BYTES_MAX;
    let left = rows(items.iter().map(row), end, LISTED_MAX, text);
    text.push_str(&more(left, "row"));
}

fn item_row(answer: &Answer) -> String {
    let (name, id, title) = (answer.status.name(), escaped(answer.id), escaped(answer.title));
    let places: String = answer.places.iter().map(|place| format!("<br>{}", code(place))).collect();
    let more = match answer.findings.saturating_sub(answer.places.len()) {
        more @ 1.. if !answer.places.is_empty() => format!("<br>and {more} more"),
        _ => String::new(),
    };
    format!("|{name}|{id} {title}|{}{places}{more}|\n", prose(&answer.reason))
}

/// What an older state had and this one has not.
fn resolved(report: &Report<'_>) -> String {
    let mut text = String::new();
    if report.resolved.is_empty() {
        return text;
    }
    let count = counted(report.resolved.len() as u64, "finding");
    text.push_str(&format!("<details><summary><b>{count} resolved</b></summary>\n\n"));
    text.push_str("|control|object|\n|--|--|\n");
    let row = |entry: &Entry| {
        let [control, object, path] =
            [&entry.control, &entry.subject, &entry.path].map(|it| code(it));
        format!("|{control}|{object}<br>{path}|\n")
    };
    let left = rows(report.resolved.iter().map(row), LIST_BYTES_MAX, LISTED_MAX, &mut text);
    text.push_str(&more(left, "finding"));
    text.push_str("\n</details>\n\n");
    text
}

/// Controls, the worst and commonest first, each with its first findings, up to a length of the
/// text.
fn findings(report: &Report<'_>, length_max: usize, text: &mut String) {
    if report.findings.is_empty() {
        return;
    }
    let has_baseline = report.known + report.resolved.len() > 0;
    text.push_str(if has_baseline { "### New findings\n\n" } else { "### Findings\n\n" });
    let mut left = (0, 0);
    for (rule, findings) in wording::by_control(report) {
        let mut group = group(&rule, &findings);
        if text.len() + group.len() > length_max {
            // A shorter group may still fit: its findings are counted at least.
            group = format!("{}\n\n", summary(&rule, &findings));
        }
        if text.len() + group.len() > length_max {
            left = (left.0 + findings.len(), left.1 + 1);
            continue;
        }
        text.push_str(&group);
    }
    if left.0 > 0 {
        let (count, controls) = (counted(left.0 as u64, "more finding"), left.1);
        text.push_str(&format!(
            "**{count}** of {} did not fit here; `--format html` shows all\n\n",
            counted(controls, "control")
        ));
    }
}

fn summary(rule: &Rule, findings: &[&Finding]) -> String {
    let severity = findings.first().map_or("", |finding| finding.severity.name());
    let (title, name) = (escaped(rule.title), code(rule.name));
    format!("<b>{severity}</b> {title} {name} ({})", findings.len())
}

fn group(rule: &Rule, findings: &[&Finding]) -> String {
    let mut text = format!("<details><summary>{}</summary>\n\n", summary(rule, findings));
    text.push_str("|object|what and where|\n|--|--|\n");
    let row = |finding: &&Finding| {
        let place = finding.location.as_ref().map_or_else(|| finding.path.to_string(), place);
        let fix = finding.fix.as_ref().map(|fix| format!("<br>→ {}", prose(&fix.text)));
        format!(
            "|{}|{}<br>{}{}|\n",
            code(&about(finding)),
            prose(&finding.message),
            code(&place),
            fix.unwrap_or_default()
        )
    };
    let left = rows(findings.iter().map(row), usize::MAX, ROWS_MAX, &mut text);
    text.push_str(&more(left, "finding"));
    text.push_str("\n</details>\n\n");
    text
}

/// Writes rows up to a length of the text and a count; how many are left.
fn rows(
    rows: impl ExactSizeIterator<Item = String>,
    length_max: usize,
    count_max: usize,
    text: &mut String,
) -> usize {
    let mut left = rows.len();
    for row in rows.take(count_max) {
        if text.len() + row.len() > length_max {
            break;
        }
        text.push_str(&row);
        left -= 1;
    }
    left
}

fn more(left: usize, noun: &str) -> String {
    match left {
        0 => String::new(),
        left => format!("\n{} not shown here\n", counted(left as u64, &format!("more {noun}"))),
    }
}

/// A text of ours with names of manifests in it: what stands in backticks becomes code.
fn prose(text: &str) -> String {
    let text = clipped(&harmless(text), 2 * CHARS_MAX);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // An odd backtick: no telling what is code.
        return escaped(&text);
    }
    let part = |(number, part): (usize, &&str)| match number % 2 {
        1 => code(part),
        _ => escaped(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// A name as code. Hosting services look for no mention, reference or link in it.
fn code(text: &str) -> String {
    format!("<code>{}</code>", literal(&clipped(&harmless(text), CHARS_MAX)))
}

/// A text that names nobody and links to nothing: services look for mentions, references and
/// addresses after Markdown is done, so that only a zero-width space breaks them.
fn escaped(text: &str) -> String {
    const BREAK: &str = "&#8203;";
    literal(text)
        .replace("&#64;", &format!("&#64;{BREAK}"))
        .replace("&#35;", &format!("&#35;{BREAK}"))
        .replace("&#58;//", &format!("&#58;{BREAK}//"))
        .replace("www.", &format!("www{BREAK}."))
}

/// A text in which nothing is Markdown or HTML: every character that could begin either is
/// written as a character reference, which `CommonMark` (section 2.5) never takes for structure.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for char in text.chars() {
        match char {
            '&' | '<' | '>' | '"' | '\'' | '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '('
            | ')' | '+' | '!' | '|' | '~' | '=' | '$' | '@' | '#' | ':' => {
                out.push_str(&format!("&#{};", u32::from(char)));
            }
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        assert_eq!(
            prose("`<img>` @team #1 a|b [x](http://y) www.example"),
            "<code>&#60;img&#62;</code> &#64;&#8203;team &#35;&#8203;1 a&#124;b \
             &#91;x&#93;&#40;http&#58;&#8203;//y&#41; www&#8203;.example"
        );
        assert_eq!(prose("a ` b"), "a &#96; b");
    }
}
