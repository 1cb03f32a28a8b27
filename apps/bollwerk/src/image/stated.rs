//! What somebody states in VEX about findings, and which statement counts.

use std::io::{self, Write};
use std::sync::Arc;

use advisory::vex::{Statement, Statements};
use gate::{Class, Finding};
use report::harmless;
use serde_json::{Value, json};

use super::attached::ATTACHED;
use super::sbom::name;
use crate::console::{BOLD, DIM, GREEN};

/// Findings that are shown without `--all`.
const SHOWN_MAX: usize = 10;
/// What was read, and what of it counts.
#[derive(Default)]
pub(super) struct Stated {
    pub(super) statements: Arc<Statements>,
    /// Of a finding by vulnerability and package: the statement that counts, and those against it.
    pub(super) counting: Vec<(String, String, usize, Vec<usize>)>,
}

impl Stated {
    /// A finding for programs, with the statement that counts.
    pub(super) fn annotated(&self, mut value: Value, finding: &Finding<'_>) -> Value {
        let key = key(finding);
        let at = self.counting.binary_search_by(|(vulnerability, purl, ..)| {
            (vulnerability, purl).cmp(&(&key.0, &key.1))
        });
        let counting = at.ok().and_then(|at| self.counting.get(at));
        value["vex"] = counting.map_or(Value::Null, |(_, _, place, against)| {
            let shown = |place: &usize| self.statements.at(*place).map(as_json);
            json!({
                "counts": shown(place),
                "against": against.iter().filter_map(shown).collect::<Vec<_>>(),
            })
        });
        value
    }

    /// What is stated not to be affected, for people.
    pub(super) fn print(
        &self,
        findings: &[Finding<'_>],
        all: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let stated = |it: &Finding<'_>| match it.class {
            Class::NotAffected(place) => self.statements.at(place).cloned(),
            _ => None,
        };
        let rows: Vec<(&Finding<'_>, Statement)> =
            findings.iter().filter_map(|it| Some((it, stated(it)?))).collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "{GREEN}stated not to be affected{GREEN:#} ({})", rows.len())?;
        let most = if all { usize::MAX } else { SHOWN_MAX };
        for (finding, statement) in rows.iter().take(most) {
            let why = [&statement.justification, &statement.words].map(|it| it.replace('_', " "));
            let why: Vec<String> = why.into_iter().filter(|it| !it.is_empty()).collect();
            let id = harmless(&finding.matched.vulnerability.to_string());
            let package =
                harmless(&format!("{} {}", name(finding.package), finding.package.version));
            let told = harmless(&format!(
                "{}, {}: {}",
                statement.status.name().replace('_', " "),
                by(statement),
                why.join("; ")
            ));
            writeln!(out, "  {BOLD}{id}{BOLD:#}  {package}  {told}")?;
        }
        if rows.len() > most {
            writeln!(out, "  {DIM}{} more (`--all` shows them){DIM:#}", rows.len() - most)?;
        }
        writeln!(out)
    }
}

pub(super) fn key(finding: &Finding<'_>) -> (String, String) {
    (finding.matched.vulnerability.to_string(), finding.package.purl().to_string())
}

fn as_json(statement: &Statement) -> Value {
    json!({
        "status": statement.status.name(),
        "justification": Some(&statement.justification).filter(|it| !it.is_empty()),
        "words": Some(&statement.words).filter(|it| !it.is_empty()),
        "author": statement.author,
        "timestamp": statement.timestamp.map(|it| it.to_string()),
        "document": statement.document,
    })
}

/// Who states it, and when.
pub(super) fn by(statement: &Statement) -> String {
    let author = match statement.author.as_str() {
        "" => "nobody named",
        author => author,
    };
    let day = statement.timestamp.map(|it| it.to_string());
    let day = day.as_deref().and_then(|it| it.get(..10)).unwrap_or("undated");
    let attached = statement.document.starts_with(ATTACHED);
    let note = if attached { ", attached to the image and not verified" } else { "" };
    format!("{author}, {day}{note}")
}
