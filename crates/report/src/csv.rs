//! CSV (RFC 4180), one row for each finding, exception, resolved finding, gap, item of a framework
//! and setting that differs, and one for the coverage, so that a sheet shows what was not read as
//! well.
//!
//! Spreadsheets run cells that begin with certain characters as formulas. Such cells get an
//! apostrophe before them (OWASP, "CSV Injection").

use std::io::{self, Write};

use model::change::{Change, SettingChange};
use model::compliance::Answer;
use model::{Finding, Severity, Subject, cloud};

use crate::change::value;
use crate::wording::{coverage, harmless, verdict};
use crate::{Hidden, Report, json};

/// The columns. `type` is `finding`, `hidden` (by an exception), `resolved` (since the
/// baseline), `gap`, `item` (of a framework), `change`, `coverage` or `outcome`; `note` is the
/// exception's reason, `accepted` for a gap, the item's status, or what happened to the object.
const HEADER: [&str; 17] = [
    "type",
    "severity",
    "control",
    "id",
    "apiVersion",
    "kind",
    "namespace",
    "name",
    "file",
    "line",
    "column",
    "path",
    "message",
    "fix",
    "fingerprint",
    "owner",
    "note",
];

/// A row under [`HEADER`].
#[derive(Default)]
struct Row {
    r#type: &'static str,
    severity: &'static str,
    control: String,
    id: String,
    api_version: String,
    kind: String,
    namespace: String,
    name: String,
    file: String,
    line: String,
    column: String,
    path: String,
    message: String,
    fix: String,
    fingerprint: String,
    owner: String,
    note: String,
}

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    write_row(&HEADER.map(str::to_owned), &mut out)?;
    for finding in report.findings {
        row(finding).write(&mut out)?;
    }
    for hidden in report.hidden {
        hidden_row(hidden).write(&mut out)?;
    }
    for entry in report.resolved {
        let (control, path) = (entry.control.clone(), entry.path.clone());
        let (name, fingerprint) = (entry.subject.clone(), entry.fingerprint.clone());
        let resolved = Row { r#type: "resolved", control, path, name, ..Row::default() };
        Row { fingerprint, ..resolved }.write(&mut out)?;
    }
    for gap in report.gaps {
        let is_accepted = report.policy.accepted_gaps.contains(&gap.kind);
        let mut row = Row { r#type: "gap", ..Row::default() };
        gap.kind.name().clone_into(&mut row.control);
        row.name.clone_from(&gap.subject);
        row.message.clone_from(&gap.reason);
        row.note = if is_accepted { "accepted".to_owned() } else { String::new() };
        row.at(gap.location.as_ref()).write(&mut out)?;
    }
    for answer in report.compliance.iter().flat_map(|compliance| &compliance.answers) {
        item_row(answer).write(&mut out)?;
    }
    for change in report.changes.into_iter().flatten() {
        change_rows(change, &mut out)?;
    }
    let message = coverage(report);
    Row { r#type: "coverage", message, ..Row::default() }.write(&mut out)?;
    let verdict = verdict(report);
    let note = format!("{} known from before", report.known);
    let message = format!("{}: {}", verdict.word, verdict.because);
    Row { r#type: "outcome", message, note, ..Row::default() }.write(&mut out)?;
    out.flush()
}

fn row(finding: &Finding) -> Row {
    let (api_version, kind, namespace, name) = match &finding.subject {
        Subject::Object { api_version, kind, namespace, name } => {
            (api_version.as_str(), kind.as_str(), namespace.as_deref().unwrap_or_default(), name)
        }
        Subject::File(name) => ("", "", "", name),
        Subject::CloudResource { kind, name } => (cloud::GROUP, kind.as_str(), "", name),
    };
    let row = Row {
        r#type: "finding",
        severity: Severity::name(finding.severity),
        control: finding.control.to_owned(),
        id: finding.id.to_owned(),
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.clone(),
        path: finding.path.to_string(),
        message: finding.message.clone(),
        fix: finding.fix.as_ref().map(|fix| fix.text.to_string()).unwrap_or_default(),
        fingerprint: finding.fingerprint.as_str().to_owned(),
        owner: finding.owner.clone().unwrap_or_default(),
        ..Row::default()
    };
    row.at(finding.location.as_ref())
}

fn hidden_row(hidden: &Hidden) -> Row {
    let until = hidden.until.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
    let note = format!("{}{until}", hidden.reason);
    let owner = hidden.owner.clone().unwrap_or_default();
    Row { r#type: "hidden", note, owner, ..row(&hidden.finding) }
}

/// An item of a framework: its section as the path, its title as the name, its places told.
fn item_row(answer: &Answer) -> Row {
    let (number, title) = answer.section;
    let mut message = answer.reason.clone();
    for place in &answer.places {
        message.push_str(&format!("; {place}"));
    }
    let more = answer.findings.saturating_sub(answer.places.len());
    if more > 0 && !answer.places.is_empty() {
        message.push_str(&format!("; and {more} more"));
    }
    Row {
        r#type: "item",
        severity: answer.worst.map_or("", Severity::name),
        control: answer.controls.join(" "),
        id: answer.id.to_owned(),
        name: answer.title.to_owned(),
        path: format!("{number} {title}").trim().to_owned(),
        message,
        note: answer.status.name().to_owned(),
        ..Row::default()
    }
}

/// A row for each setting that differs, or one when the object came or went.
fn change_rows(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let row = |path: &str, message: String| Row {
        r#type: "change",
        name: change.object.clone(),
        file: json::file_name(&change.file).to_owned(),
        path: path.to_owned(),
        message,
        note: change.kind.name().to_owned(),
        ..Row::default()
    };
    for SettingChange { name, old, new } in &change.settings {
        row(name, format!("{} → {}", value(old.as_deref()), value(new.as_deref()))).write(out)?;
    }
    match (change.more, change.settings.is_empty()) {
        (0, false) => Ok(()),
        (0, true) => row("", String::new()).write(out),
        (more, _) => row("", format!("and {more} more")).write(out),
    }
}

impl Row {
    /// The row with its place; standard input has a name no spreadsheet takes for a formula.
    fn at(mut self, location: Option<&model::Location>) -> Self {
        if let Some(location) = location {
            json::file_name(&location.file).clone_into(&mut self.file);
            self.line = location.line.to_string();
            self.column = location.column.to_string();
        }
        self
    }

    fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let cells: [String; 17] = [
            self.r#type.to_owned(),
            self.severity.to_owned(),
            self.control,
            self.id,
            self.api_version,
            self.kind,
            self.namespace,
            self.name,
            self.file,
            self.line,
            self.column,
            self.path,
            self.message,
            self.fix,
            self.fingerprint,
            self.owner,
            self.note,
        ];
        write_row(&cells, out)
    }
}

fn write_row(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    for (number, text) in cells.iter().enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        out.write_all(csv_cell(text).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// A text as a cell: no control characters, no formula, quoted where it must be.
pub fn csv_cell(text: &str) -> String {
    // Blanks before a formula do not keep a spreadsheet from running it, nor do the wide forms
    // of the characters.
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || text.starts_with(['\t', '\r', '\n']);
    let text = harmless(text);
    let text = if is_formula { format!("'{text}") } else { text };
    if text.contains([',', '"', ';']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_run_nothing() {
        let cells = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("a\r\nb", "a��b"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'�=1"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("=HYPERLINK(\"x\";\"y\")", "\"'=HYPERLINK(\"\"x\"\";\"\"y\"\")\""),
            (" a", "\" a\""),
        ];
        for (text, expected) in cells {
            assert_eq!(csv_cell(text), expected, "{text:?}");
        }
    }
}
