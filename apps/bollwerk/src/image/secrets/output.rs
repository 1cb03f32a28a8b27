//! What was found, for people and for programs. Values are long gone.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Severity;
use report::harmless;
use secret::Certainty;
use serde_json::{Value, json};

use crate::arguments::ImageGapKind;
use crate::console::{self, BOLD, DIM, GREEN, RED, YELLOW};
use crate::image::searched::{Finding, Mitigation, Searched};

/// Further places of one credential that are shown.
const PLACES_SHOWN_MAX: usize = 3;
/// Credentials that are shown in a section of another report, without `--all`.
const SECTION_SHOWN_MAX: usize = 10;

/// One credential, at one place or at several.
type Credential<'a> = Vec<&'a Finding>;

/// Prints what was found, from this severity on.
pub(super) fn print(
    name: &str,
    digest: Option<&str>,
    searched: &Searched,
    show: Severity,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(anstream::stdout());
    let digest = digest.unwrap_or_default();
    let short = digest.get(..19).unwrap_or(digest);
    writeln!(out, "{BOLD}{}{BOLD:#} {DIM}{short}{DIM:#}", harmless(name))?;
    let hidden = list(searched, show, usize::MAX, &mut out)?;
    let note =
        if hidden == 0 { String::new() } else { format!(", {hidden} not shown (`--show info`)") };
    writeln!(out, "{BOLD}{}{BOLD:#} in {}{note}", counts(searched), coverage(searched))?;
    if searched.compressed > 0 {
        let files = of(searched.compressed, "compressed file");
        writeln!(out, "{DIM}{files} not unpacked{DIM:#}")?;
    }
    out.flush()
}

/// Prints what was found as a section of another report.
pub(in crate::image) fn section(
    searched: &Searched,
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if searched.findings.is_empty() && searched.configuration.is_empty() {
        return writeln!(out, "{GREEN}no credential{GREEN:#} in {}\n", coverage(searched));
    }
    let color = if searched.reaches(Severity::High) { RED } else { BOLD };
    writeln!(out, "{color}{}{color:#} in {}", counts(searched), coverage(searched))?;
    let show = if all { Severity::Info } else { Severity::Medium };
    let most = if all { usize::MAX } else { SECTION_SHOWN_MAX };
    let hidden = list(searched, show, most, out)?;
    if hidden > 0 {
        writeln!(out, "  {DIM}{hidden} more (`--all` shows them){DIM:#}")?;
    }
    writeln!(out)
}

/// How many were found: `2 credentials at 5 places in 100 files`.
pub(in crate::image) fn summary(searched: &Searched) -> String {
    let different = credentials(&searched.findings).len() + searched.configuration.len();
    let places = searched.findings.len() + searched.configuration.len();
    let (different, places) = (of(different as u64, "credential"), of(places as u64, "place"));
    format!("{different} at {places} in {}", coverage(searched))
}

fn counts(searched: &Searched) -> String {
    of((searched.findings.len() + searched.configuration.len()) as u64, "credential")
}

fn coverage(searched: &Searched) -> String {
    let within = match searched.unpacked {
        0 => String::new(),
        count => format!(" and {} of archives", of(count, "file")),
    };
    format!("{}{within}, {} MB", of(searched.files, "file"), searched.bytes / 1_000_000)
}

fn of(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// Prints credentials; how many are not shown.
fn list(
    searched: &Searched,
    show: Severity,
    most: usize,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let (mut shown, mut hidden) = (0, 0);
    for group in credentials(&searched.findings) {
        match group.as_slice() {
            [first, ..] if first.severity < show || shown >= most => hidden += group.len(),
            [first, others @ ..] => {
                shown += 1;
                credential(out, searched, first, others)?;
            }
            [] => {}
        }
    }
    for found in &searched.configuration {
        if found.rule.severity < show || shown >= most {
            hidden += 1;
            continue;
        }
        shown += 1;
        head(out, found.rule.severity, &harmless(&found.message))?;
        writeln!(out, "          {DIM}{}: {}{DIM:#}", found.rule.id, found.rule.fix)?;
    }
    Ok(hidden)
}

/// Findings of one credential together, in the order of the first of each.
pub(in crate::image) fn credentials(findings: &[Finding]) -> Vec<Credential<'_>> {
    let mut groups: Vec<Credential<'_>> = Vec::new();
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

fn head(out: &mut dyn Write, severity: Severity, text: &str) -> io::Result<()> {
    let style = match severity {
        Severity::Critical | Severity::High => RED,
        Severity::Medium => YELLOW,
        _ => DIM,
    };
    let name = severity.to_string();
    writeln!(out, "{style}{name:<8}{style:#}  {text}")
}

fn credential(
    out: &mut dyn Write,
    searched: &Searched,
    first: &Finding,
    others: &[&Finding],
) -> io::Result<()> {
    let row = first.row();
    head(out, first.severity, &format!("{}  {}", row.title, place(searched, first)))?;
    writeln!(out, "          {DIM}{}: {}{DIM:#}", first.hit.rule, row.advice)?;
    if first.hit.certainty == Certainty::Proven {
        writeln!(out, "          its checksum proves that it is one")?;
    }
    if let Some(mitigation) = first.mitigation {
        writeln!(out, "          {}", mitigation.text())?;
    }
    for other in others.iter().take(PLACES_SHOWN_MAX) {
        writeln!(out, "          also {}", place(searched, other))?;
    }
    let more = others.len().saturating_sub(PLACES_SHOWN_MAX);
    if more > 0 {
        writeln!(out, "          and at {more} more places")?;
    }
    Ok(())
}

/// Where a credential stands, for people.
pub(in crate::image) fn place(searched: &Searched, finding: &Finding) -> String {
    let hit = &finding.hit;
    let root = if finding.place.is_some() { "/" } else { "" };
    let mut text = format!("{root}{}:{}:{}", harmless(&hit.path), hit.line, hit.column);
    if let Some(place) = &finding.place {
        text.push_str(&format!(", layer {} of {}", place.layer, searched.layers));
    }
    if !finding.is_visible {
        text.push_str(", removed by a later layer: whoever pulls the image still has it");
    }
    text
}

pub(super) fn print_json(
    name: &str,
    digest: Option<&str>,
    searched: &Searched,
    gaps: &[(ImageGapKind, String)],
) -> anyhow::Result<()> {
    let gaps = gaps.iter().map(|(_, text)| Value::from(text.as_str()));
    let mut document = as_json(searched);
    document["schema"] = json!("bollwerk.image-secrets/v1");
    document["name"] = json!(name);
    document["digest"] = json!(digest);
    document["gaps"] = gaps.collect();
    console::print_json(&document)
}

/// What was found and what was looked at, for programs.
pub(in crate::image) fn as_json(searched: &Searched) -> Value {
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
            "mitigation": it.mitigation.map(Mitigation::name),
            "length": it.hit.length,
            "valueDigest": format!("{:016x}", it.hit.digest),
            "fix": row.advice,
        })
    };
    let configuration = searched.configuration.iter().map(|it| {
        json!({
            "rule": it.rule.id,
            "severity": it.rule.severity.to_string(),
            "message": it.message,
            "fix": it.rule.fix,
        })
    });
    json!({
        "findings": searched.findings.iter().map(finding).collect::<Vec<_>>(),
        "configuration": configuration.collect::<Vec<_>>(),
        "coverage": {
            "layers": searched.layers,
            "files": searched.files,
            "bytes": searched.bytes,
            "binaryFiles": searched.binary,
            "unpackedFiles": searched.unpacked,
            "compressedFiles": searched.compressed,
            "otherEntries": searched.other,
        },
    })
}
