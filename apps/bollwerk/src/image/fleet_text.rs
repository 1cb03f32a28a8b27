//! What a deployment's images hold, for people.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use advisory::Rating;
use gate::{Class, Exposure, Finding};
use report::{cells, harmless};

use super::findings::Findings;
use super::fleet::{Deployed, Workload};
use super::ranking::urgency;
use super::sbom::name;
use super::text;
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW};

/// Rows that are shown without `--all`.
const IMAGES_SHOWN_MAX: usize = 30;
const FINDINGS_SHOWN_MAX: usize = 20;
const STEPS_SHOWN_MAX: usize = 10;
/// Workloads that are named at a finding.
const WORKLOADS_SHOWN_MAX: usize = 3;

/// An image with what was found in it; nothing where it could not be read.
pub(super) type Judged<'a> = (&'a Deployed, Option<Findings<'a>>);

/// Prints the report.
pub(super) fn print(images: &[Judged<'_>], all: bool) -> io::Result<()> {
    let mut out = BufWriter::new(anstream::stdout());
    let most = |count: usize| if all { usize::MAX } else { count };
    let workloads: usize = images.iter().map(|(it, _)| it.workloads.len()).sum();
    let unread = images.iter().filter(|(_, found)| found.is_none()).count();
    write!(out, "{BOLD}{}{BOLD:#}", counted(images.len(), "image"))?;
    if workloads > 0 {
        write!(out, " in {}", counted(workloads, "workload"))?;
    }
    if unread > 0 {
        write!(out, ", {YELLOW}{unread} of them could not be read{YELLOW:#}")?;
    }
    writeln!(out, "\n")?;
    if images.is_empty() {
        return out.flush();
    }
    table(images, most(IMAGES_SHOWN_MAX), &mut out)?;
    urgent(images, most(FINDINGS_SHOWN_MAX), &mut out)?;
    steps(images, most(STEPS_SHOWN_MAX), &mut out)?;
    out.flush()
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Counts by class, the image that needs somebody most first.
fn table(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let count = |found: &Findings<'_>, is_it: fn(Class) -> bool| {
        found.findings.iter().filter(|it| is_it(it.class)).count()
    };
    let mut rows: Vec<(&Deployed, Option<[usize; 3]>)> = images
        .iter()
        .map(|(image, found)| {
            let counts = found.as_ref().map(|found| {
                [
                    count(found, |it| matches!(it, Class::Act(_))),
                    count(found, |it| matches!(it, Class::Grace(_))),
                    count(found, |it| matches!(it, Class::Waiting(_))),
                ]
            });
            (*image, counts)
        })
        .collect();
    rows.sort_by(|(a, left), (b, right)| {
        right.cmp(left).then_with(|| a.references.cmp(&b.references))
    });
    let shown = rows.get(..most.min(rows.len())).unwrap_or_default();
    let names: Vec<String> = shown.iter().map(|(it, _)| shortened(&it.references)).collect();
    let width = names.iter().map(|it| cells(it)).max().unwrap_or(0).max(5);
    writeln!(out, "{BOLD}{:<width$}  act now  in grace  waiting  runs in{BOLD:#}", "image")?;
    for (name, (image, counts)) in names.iter().zip(shown) {
        let pad = " ".repeat(width.saturating_sub(cells(name)));
        let runs = match image.workloads.len() {
            0 => String::new(),
            count => counted(count, "workload"),
        };
        let exposed = image.workloads.iter().any(|it| it.exposure == Exposure::Internet);
        let exposed = if exposed { ", open to the internet" } else { "" };
        match counts {
            Some([act, grace, waiting]) => {
                let color = if *act > 0 { RED } else { GREEN };
                writeln!(
                    out,
                    "{name}{pad}  {color}{act:>7}{color:#}  {grace:>8}  {waiting:>7}  \
                     {runs}{RED}{exposed}{RED:#}"
                )?;
            }
            None => writeln!(
                out,
                "{name}{pad}  {YELLOW}{:<26}{YELLOW:#}  {runs}{exposed}",
                "could not be read"
            )?,
        }
    }
    if rows.len() > shown.len() {
        let more = counted(rows.len() - shown.len(), "more image");
        writeln!(out, "{DIM}{more} (`--all` shows them){DIM:#}")?;
    }
    writeln!(out)
}

fn shortened(references: &[String]) -> String {
    let first = references.first().map_or("", String::as_str);
    let more = references.len().saturating_sub(1);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    // A digest says nothing to a reader.
    let name = match first.split_once("@sha256:") {
        Some((name, digest)) if name.contains(':') || digest.len() < 12 => name.to_owned(),
        Some((name, digest)) => format!("{name}@{}", digest.get(..12).unwrap_or_default()),
        None => first.to_owned(),
    };
    harmless(&format!("{name}{more}"))
}

/// A vulnerability of one version of a package, wherever it is.
struct Spread<'a> {
    finding: &'a Finding<'a>,
    images: usize,
    workloads: Vec<&'a Workload>,
}

/// What has to be acted on now, the most urgent first, with those that run it.
fn urgent(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut spread: BTreeMap<(String, String, &str), Spread<'_>> = BTreeMap::new();
    for (image, found) in images {
        let findings = found.iter().flat_map(|it| &it.findings);
        for finding in findings.filter(|it| matches!(it.class, Class::Act(_))) {
            let package = finding.package;
            let id = finding.matched.vulnerability.to_string();
            let key = (id, name(package), package.version.as_str());
            let new = || Spread { finding, images: 0, workloads: Vec::new() };
            let it = spread.entry(key).or_insert_with(new);
            it.images += 1;
            it.workloads.extend(&image.workloads);
        }
    }
    let mut found: Vec<Spread<'_>> = spread.into_values().collect();
    for it in &mut found {
        it.workloads.sort_by(|a, b| (b.exposure, a).cmp(&(a.exposure, b)));
        it.workloads.dedup();
    }
    found.sort_by_cached_key(|it| {
        let exposure = it.workloads.first().map_or(Exposure::Unknown, |it| it.exposure);
        (urgency(it.finding, exposure), std::cmp::Reverse(it.workloads.len()))
    });
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "{RED}act now{RED:#} ({})", found.len())?;
    let shown = found.get(..most.min(found.len())).unwrap_or_default();
    let rows: Vec<[String; 3]> = shown.iter().map(|it| text::row(it.finding)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|it| cells(it)).max().unwrap_or(0)
    };
    let (a, b) = (width(1), width(2));
    for (it, [rating, id, step]) in shown.iter().zip(&rows) {
        let color = if it.finding.matched.rating >= Rating::High { RED } else { DIM };
        let images = counted(it.images, "image");
        writeln!(
            out,
            "  {color}{rating:<10}{color:#}  {id:<a$}  {step:<b$}  {DIM}{images}{DIM:#}"
        )?;
        let named: Vec<String> = it
            .workloads
            .iter()
            .take(WORKLOADS_SHOWN_MAX)
            .map(|it| {
                let open =
                    if it.exposure == Exposure::Internet { " (open to the internet)" } else { "" };
                harmless(&format!("{} {}/{}{open}", it.kind, it.namespace, it.name))
            })
            .collect();
        let more = match it.workloads.len().saturating_sub(named.len()) {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        if !named.is_empty() {
            writeln!(out, "              {DIM}in {}{more}{DIM:#}", named.join(", "))?;
        }
    }
    if found.len() > most {
        writeln!(out, "  {DIM}{} more (`--all` shows them){DIM:#}", found.len() - most)?;
    }
    writeln!(out)
}

/// Upgrades over all images, the one that mends the most first.
fn steps(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut steps: BTreeMap<(String, &str), (usize, usize, usize)> = BTreeMap::new();
    for (_, found) in images {
        for step in found.iter().flat_map(|it| gate::upgrades(&it.findings)) {
            let (urgent, mends, count) = steps.entry((step.name, step.to)).or_default();
            (*urgent, *mends, *count) = (*urgent + step.urgent, *mends + step.mends, *count + 1);
        }
    }
    let mut steps: Vec<_> = steps.into_iter().collect();
    steps.sort_by_key(|(_, counts)| std::cmp::Reverse(*counts));
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}what to do{BOLD:#}")?;
    for (at, ((package, to), (urgent, mends, count))) in steps.iter().take(most).enumerate() {
        let urgent = if *urgent > 0 { format!(", {urgent} of them now") } else { String::new() };
        writeln!(
            out,
            "  {}. {} -> {}  {DIM}mends {mends}{urgent}, in {}{DIM:#}",
            at + 1,
            harmless(package),
            harmless(to),
            counted(*count, "image"),
        )?;
    }
    if steps.len() > most {
        writeln!(out, "  {DIM}{} more (`--format json` has all){DIM:#}", steps.len() - most)?;
    }
    writeln!(out)
}
