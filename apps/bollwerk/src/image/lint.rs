//! `bollwerk image lint`: Dockerfiles and configurations of images, judged.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use dockerfile::{Dockerfile, Rule, TEXT_BYTES_MAX, judge, judge_configuration, unjudged};
use image::Compression;
use model::Severity;
use report::harmless;
use serde_json::{Value, json};

use super::input::Input;
use super::sarif::Sarif;
use super::{FAILED, UNKNOWN};
use crate::arguments::{ImageGapKind, ImageLint, JudgedFormat};
use crate::console::{BOLD, DIM, RED, YELLOW, print_json};

/// What is wrong with one input.
struct Found {
    rule: &'static Rule,
    /// Line and column; none in a configuration.
    place: Option<(u32, u32)>,
    message: String,
}

/// One input, judged.
struct Judged<'a> {
    name: &'a str,
    found: Vec<Found>,
    /// What of it could not be read.
    gaps: Vec<String>,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageLint) -> Result<u8> {
    let inputs = arguments.inputs.iter();
    let judged = inputs.map(|name| judged(arguments, name)).collect::<Result<Vec<_>>>()?;
    let fail_on = arguments.judging.fail_on;
    let fails = |found: &Found| fail_on.is_some_and(|it| found.rule.severity >= it);
    let code = match () {
        () if judged.iter().flat_map(|it| &it.found).any(fails) => FAILED,
        () if judged.iter().any(|it| !it.gaps.is_empty()) => UNKNOWN,
        () => 0,
    };
    match arguments.judging.format {
        JudgedFormat::Json => print_json(&as_json(&judged))?,
        JudgedFormat::Terminal => as_text(&judged, arguments.judging.show)?,
        JudgedFormat::Sarif => print_json(&as_sarif(&judged, code))?,
    }
    Ok(code)
}

fn as_sarif(judged: &[Judged<'_>], code: u8) -> Value {
    let mut sarif = Sarif::default();
    let mut gaps = Vec::new();
    for Judged { name, found, gaps: unread } in judged {
        for Found { rule, place, message } in found {
            sarif.lint(name, rule, *place, message);
        }
        let told = unread.iter().map(|gap| (ImageGapKind::Unreadable, format!("{name}: {gap}")));
        gaps.extend(told);
    }
    sarif.document(&gaps, code)
}

fn judged<'a>(arguments: &ImageLint, name: &'a str) -> Result<Judged<'a>> {
    let Some(text) = text_of(Path::new(name))? else {
        let config = Input::configuration(name, &arguments.origin)?;
        let found = judge_configuration(&config).into_iter();
        let found = found.map(|it| Found { rule: it.rule, place: None, message: it.message });
        let gaps = unjudged(&config).into_iter().collect();
        return Ok(Judged { name, found: found.collect(), gaps });
    };
    let file = Dockerfile::parse(&text);
    let gaps = file.errors.iter().map(|it| format!("line {}: {}", it.line, it.problem)).collect();
    let found = judge(&file).into_iter().map(|it| Found {
        rule: it.rule,
        place: Some((it.line, it.column)),
        message: it.message,
    });
    Ok(Judged { name, found: found.collect(), gaps })
}

/// The text of a Dockerfile; none for what is a folder, an archive, or no file. One that is too
/// long is cut behind the limit of its reader, which tells it.
fn text_of(path: &Path) -> Result<Option<String>> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .with_context(|| format!("{} cannot be read", path.display()))?;
    // Archives have zero bytes in their first header, or are compressed.
    let is_text = !bytes.contains(&0) && !matches!(Compression::of(&bytes), Ok(Compression::Gzip));
    Ok(is_text.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn as_text(judged: &[Judged<'_>], show: Severity) -> io::Result<()> {
    let mut out = io::BufWriter::new(anstream::stdout());
    let mut hidden = 0;
    for Judged { name, found, gaps } in judged {
        let name = harmless(name);
        for gap in gaps {
            anstream::eprintln!("{YELLOW}not read:{YELLOW:#} {name}: {}", harmless(gap));
        }
        for Found { rule, place, message } in found {
            if rule.severity < show {
                hidden += 1;
                continue;
            }
            let style = match rule.severity {
                Severity::Critical | Severity::High => RED,
                Severity::Medium => YELLOW,
                _ => DIM,
            };
            let place =
                place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
            writeln!(
                out,
                "{style}{}{style:#}  {name}{place}  {}",
                rule.severity,
                harmless(message)
            )?;
            writeln!(out, "      {DIM}{}: {}{DIM:#}", rule.id, rule.fix)?;
        }
    }
    let count: usize = judged.iter().map(|it| it.found.len()).sum();
    let note =
        if hidden == 0 { String::new() } else { format!(", {hidden} not shown (`--show info`)") };
    let of =
        |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let (findings, inputs) = (of(count, "finding"), of(judged.len(), "input"));
    writeln!(out, "{BOLD}{findings}{BOLD:#} in {inputs}{note}")?;
    out.flush()
}

fn as_json(judged: &[Judged<'_>]) -> Value {
    let found = |it: &Found| {
        json!({
            "rule": it.rule.id,
            "severity": it.rule.severity.to_string(),
            "line": it.place.map(|(line, _)| line),
            "column": it.place.map(|(_, column)| column),
            "message": it.message,
            "why": it.rule.why,
            "fix": it.rule.fix,
        })
    };
    let inputs = judged.iter().map(|it| {
        json!({
            "name": it.name,
            "findings": it.found.iter().map(found).collect::<Vec<_>>(),
            "gaps": it.gaps,
        })
    });
    json!({"schema": "bollwerk.image-lint/v1", "inputs": inputs.collect::<Vec<_>>()})
}
