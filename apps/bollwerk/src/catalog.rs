//! `bollwerk controls` and `bollwerk explain`: the catalog for people and programs.

use std::io::Write;

use analyze::{catalog, pod_security, severity};
use anstyle::Style;
use anyhow::Result;
use serde_json::json;

use crate::arguments::{Controls, Explain, ListFormat};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Lists every control.
pub(crate) fn list(arguments: &Controls) -> Result<u8> {
    let mut out = anstream::stdout();
    match arguments.format {
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &list_as_json())?;
            writeln!(out)?;
        }
        ListFormat::Terminal => list_as_text(&mut out)?,
    }
    Ok(0)
}

fn list_as_json() -> serde_json::Value {
    let controls = catalog::all().map(|control| {
        json!({
            "name": control.name,
            "id": control.id,
            "family": catalog::family(control),
            "title": control.title,
            "severity": control.severity().name(),
            "impact": control.impact.name(),
            "reach": control.reach.name(),
            "severityRationale": severity::rationale(control.impact, control.reach),
            "mapping": catalog::mapping(control).collect::<Vec<_>>(),
            "examples": examples(control.page),
            "page": control.page,
        })
    });
    let standards = pod_security::RULES.iter().map(|rule| {
        json!({
            "name": rule.name,
            "id": rule.name,
            "family": "pod-security",
            "title": rule.title,
            "severity": pod_security::SEVERITY.name(),
            "impact": rule.impact.name(),
            "reach": rule.reach.name(),
            "severityRationale": rationale(rule),
            "mapping": catalog::mapping_of(rule.page).collect::<Vec<_>>(),
            "examples": examples(rule.page),
            "page": rule.page,
        })
    });
    json!({
        "schema": "bollwerk.controls/v1",
        "controls": controls.chain(standards).collect::<Vec<_>>(),
    })
}

/// The manifests of a page, as whole objects.
fn examples(page: &str) -> serde_json::Value {
    let manifests = |section| -> Vec<String> {
        let examples = catalog::examples(page, section);
        examples.iter().map(catalog::Example::manifest).collect()
    };
    json!({"bad": manifests("Bad"), "good": manifests("Good")})
}

/// Why a check of the Pod Security Standards is severe: the pod is refused, and what that stops.
fn rationale(rule: &pod_security::Rule) -> String {
    let kept_out = severity::rationale(rule.impact, rule.reach);
    format!("Where the level is enforced the API server refuses the pod. Without it: {kept_out}")
}

fn list_as_text(out: &mut impl Write) -> Result<()> {
    let mut family = "";
    for control in catalog::all() {
        if catalog::family(control) != family {
            family = catalog::family(control);
            writeln!(out, "{BOLD}{family}{BOLD:#}")?;
        }
        let (name, severity, title) = (control.name, control.severity(), control.title);
        writeln!(out, "  {} {severity:<8}  {name:<36} {DIM}{title}{DIM:#}", control.id)?;
    }
    writeln!(out, "{BOLD}pod-security{BOLD:#} {DIM}(where a level is in force){DIM:#}")?;
    for rule in pod_security::RULES {
        let level = pod_security::level(rule);
        writeln!(out, "  {:<10}  {:<46} {DIM}{}{DIM:#}", level.name(), rule.name, rule.title)?;
    }
    Ok(())
}

/// Shows the page of one control.
pub(crate) fn explain(arguments: &Explain) -> Result<u8> {
    let mut out = anstream::stdout();
    if let Some(control) = catalog::find(&arguments.control) {
        let (id, name, severity) = (control.id, control.name, control.severity());
        writeln!(out, "{DIM}{id}  {name}  {severity}{DIM:#}")?;
        let rationale = severity::rationale(control.impact, control.reach);
        writeln!(out, "{DIM}{rationale}{DIM:#}\n")?;
        page(control.page, &mut out)?;
    } else if let Some(rule) = pod_security::find(&arguments.control) {
        let level = pod_security::level(rule);
        writeln!(out, "{DIM}{}  {level}  {}{DIM:#}", rule.name, pod_security::SEVERITY)?;
        writeln!(out, "{DIM}{}{DIM:#}\n", rationale(rule))?;
        page(rule.page, &mut out)?;
        writeln!(out, "\nWhat to do: {}.", rule.advice)?;
        for name in rule.controls {
            writeln!(out, "See also: bollwerk explain {name}")?;
        }
    }
    // A control may have its name: then its page follows.
    if let Some(edge) = analyze::access::edges::find(&arguments.control) {
        if catalog::find(&arguments.control).is_some() {
            writeln!(out)?;
        }
        writeln!(out, "{DIM}{}  edge of access paths{DIM:#}\n", edge.id)?;
        page(&analyze::access::edges::page(edge), &mut out)?;
    }
    Ok(0)
}

/// Markdown for a terminal: headings bold, everything else as written.
fn page(text: &str, out: &mut impl Write) -> Result<()> {
    for line in text.lines() {
        match line.strip_prefix('#') {
            Some(heading) => {
                let heading = heading.trim_start_matches('#').trim();
                writeln!(out, "{BOLD}{heading}{BOLD:#}")?;
            }
            None if line.starts_with("```") => {}
            None if line.ends_with("# finding") => {
                let red = anstyle::AnsiColor::Red.on_default();
                writeln!(out, "{red}{line}{red:#}")?;
            }
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
