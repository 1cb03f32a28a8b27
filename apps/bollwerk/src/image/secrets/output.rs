//! What was found, for people and for programs. Values are long gone.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Severity;
use report::harmless;
use secret::Certainty;
use serde_json::{Value, json};

use super::Looked;
use super::finding::Finding;
use crate::console::{BOLD, DIM, RED, YELLOW, print_json};

/// Further places of one credential that are shown.
const PLACES_SHOWN_MAX: usize = 3;

pub(super) fn as_text(looked: &Looked, show: Severity) -> io::Result<()> {
    let mut out = io::BufWriter::new(anstream::stdout());
    let digest = looked.digest.as_deref().unwrap_or_default();
    let short = digest.get(..19).unwrap_or(digest);
    writeln!(out, "{BOLD}{}{BOLD:#} {DIM}{short}{DIM:#}", harmless(&looked.name))?;
    let mut hidden = 0;
    for group in groups(&looked.findings) {
        match group.as_slice() {
            [first, ..] if first.severity < show => hidden += group.len(),
            [first, others @ ..] => credential(&mut out, looked, first, others)?,
            [] => {}
        }
    }
    for found in &looked.configuration {
        if found.rule.severity < show {
            hidden += 1;
            continue;
        }
        head(&mut out, found.rule.severity, &harmless(&found.message))?;
        writeln!(out, "          {DIM}{}: {}{DIM:#}", found.rule.id, found.rule.fix)?;
    }
    summary(&mut out, looked, hidden)?;
    out.flush()
}

/// Findings of one credential together, in the order of the first of each.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut places = BTreeMap::new();
    for finding in findings {
        let place = *places.entry((finding.hit.rule, finding.hit.digest)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn head(out: &mut impl Write, severity: Severity, text: &str) -> io::Result<()> {
    let style = match severity {
        Severity::Critical | Severity::High => RED,
        Severity::Medium => YELLOW,
        _ => DIM,
    };
    let name = severity.to_string();
    writeln!(out, "{style}{name:<8}{style:#}  {text}")
}

fn credential(
    out: &mut impl Write,
    looked: &Looked,
    first: &Finding,
    others: &[&Finding],
) -> io::Result<()> {
    let row = first.row();
    head(out, first.severity, &format!("{}  {}", row.title, place(looked, first)))?;
    writeln!(out, "          {DIM}{}: {}{DIM:#}", first.hit.rule, row.advice)?;
    if first.hit.certainty == Certainty::Proven {
        writeln!(out, "          its checksum proves that it is one")?;
    }
    if let Some(mitigation) = first.mitigation {
        writeln!(out, "          {}", mitigation.text())?;
    }
    for other in others.iter().take(PLACES_SHOWN_MAX) {
        writeln!(out, "          also {}", place(looked, other))?;
    }
    let more = others.len().saturating_sub(PLACES_SHOWN_MAX);
    if more > 0 {
        writeln!(out, "          and at {more} more places")?;
    }
    Ok(())
}

fn place(looked: &Looked, finding: &Finding) -> String {
    let hit = &finding.hit;
    let root = if finding.place.is_some() { "/" } else { "" };
    let mut text = format!("{root}{}:{}:{}", harmless(&hit.path), hit.line, hit.column);
    if let Some(place) = &finding.place {
        text.push_str(&format!(", layer {} of {}", place.layer, looked.layers));
    }
    if !finding.is_visible {
        text.push_str(", removed by a later layer: whoever pulls the image still has it");
    }
    text
}

fn summary(out: &mut impl Write, looked: &Looked, hidden: usize) -> io::Result<()> {
    let count = looked.findings.len() + looked.configuration.len();
    let of = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let found = of(count as u64, "credential");
    let files = of(looked.files, "file");
    let note =
        if hidden == 0 { String::new() } else { format!(", {hidden} not shown (`--show info`)") };
    writeln!(out, "{BOLD}{found}{BOLD:#} in {files}, {} MB{note}", looked.bytes / 1_000_000)?;
    if looked.compressed > 0 {
        let files = of(looked.compressed, "compressed file");
        writeln!(out, "{DIM}{files} not unpacked{DIM:#}")?;
    }
    Ok(())
}

pub(super) fn as_json(looked: &Looked) -> anyhow::Result<()> {
    let finding = |it: &Finding| {
        let row = it.row();
        json!({
            "rule": it.hit.rule,
            "title": row.title,
            "severity": it.severity.to_string(),
            "certainty": match it.hit.certainty {
                Certainty::Proven => "proven",
                Certainty::Formed => "form",
                Certainty::Named => "name",
            },
            "path": it.hit.path,
            "line": it.hit.line,
            "column": it.hit.column,
            "layer": it.place.as_ref().map(|place| json!({
                "number": place.layer,
                "digest": place.digest,
            })),
            "visible": it.is_visible,
            "mitigation": it.mitigation.map(super::finding::Mitigation::name),
            "length": it.hit.length,
            "valueDigest": format!("{:016x}", it.hit.digest),
            "fix": row.advice,
        })
    };
    let configuration = looked.configuration.iter().map(|it| {
        json!({
            "rule": it.rule.id,
            "severity": it.rule.severity.to_string(),
            "message": it.message,
            "fix": it.rule.fix,
        })
    });
    let gaps = looked.gaps.iter().map(|(_, text)| Value::from(text.as_str()));
    print_json(&json!({
        "schema": "bollwerk.image-secrets/v1",
        "name": looked.name,
        "digest": looked.digest,
        "findings": looked.findings.iter().map(finding).collect::<Vec<_>>(),
        "configuration": configuration.collect::<Vec<_>>(),
        "coverage": {
            "layers": looked.layers,
            "files": looked.files,
            "bytes": looked.bytes,
            "binaryFiles": looked.binary,
            "compressedFiles": looked.compressed,
            "otherEntries": looked.other,
        },
        "gaps": gaps.collect::<Vec<_>>(),
    }))
}
