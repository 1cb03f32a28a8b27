//! What a deployment's images hold, for people.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use advisory::Rating;
use gate::{Class, Exposure, Finding};
use model::Severity;
use report::{cells, harmless};

use super::findings::Findings;
use super::fleet::{Deployed, Workload};
use super::ranking::urgency;
use super::sbom::name;
use super::searched::Finding as Secret;
use super::secrets;
use super::text;
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW};

/// Rows that are shown without `--all`.
const IMAGES_SHOWN_MAX: usize = 30;
const FINDINGS_SHOWN_MAX: usize = 20;
const STEPS_SHOWN_MAX: usize = 10;
const CREDENTIALS_SHOWN_MAX: usize = 20;
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
    credentials(images, most(CREDENTIALS_SHOWN_MAX), &mut out)?;
    steps(images, most(STEPS_SHOWN_MAX), &mut out)?;
    out.flush()
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Findings to act on now, in grace, and waiting.
pub(super) fn counts(found: &Findings<'_>) -> [usize; 3] {
    let count =
        |is_it: fn(Class) -> bool| found.findings.iter().filter(|it| is_it(it.class)).count();
    [
        count(|it| matches!(it, Class::Act(_))),
        count(|it| matches!(it, Class::Grace(_))),
        count(|it| matches!(it, Class::Waiting(_))),
    ]
}

/// Images with their counts, the one that needs somebody most first.
pub(super) fn ordered<'a>(images: &'a [Judged<'_>]) -> Vec<(&'a Deployed, Option<[usize; 3]>)> {
    let counted = |(image, found): &'a Judged<'_>| (*image, found.as_ref().map(counts));
    let mut rows: Vec<(&Deployed, Option<[usize; 3]>)> = images.iter().map(counted).collect();
    rows.sort_by(|(a, left), (b, right)| {
        right.cmp(left).then_with(|| a.references.cmp(&b.references))
    });
    rows
}

/// Counts by class, the image that needs somebody most first.
fn table(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let rows = ordered(images);
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
        let found = images.iter().find(|(it, _)| std::ptr::eq(*it, *image));
        let is_ended = found.and_then(|it| it.1.as_ref()).is_some_and(|it| it.ended.is_some());
        let ended = if is_ended { ", out of support" } else { "" };
        match counts {
            Some([act, grace, waiting]) => {
                let color = if *act > 0 { RED } else { GREEN };
                writeln!(
                    out,
                    "{name}{pad}  {color}{act:>7}{color:#}  {grace:>8}  {waiting:>7}  \
                     {runs}{RED}{exposed}{ended}{RED:#}"
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

pub(super) fn shortened(references: &[String]) -> String {
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
pub(super) struct Spread<'a> {
    pub(super) finding: &'a Finding<'a>,
    pub(super) images: Vec<&'a str>,
    pub(super) workloads: Vec<&'a Workload>,
}

/// Findings of such a class, the most urgent first, with those that run them.
pub(super) fn spread<'a>(images: &'a [Judged<'a>], is_asked: fn(Class) -> bool) -> Vec<Spread<'a>> {
    let mut spread: BTreeMap<(String, String, &str), Spread<'_>> = BTreeMap::new();
    for (image, found) in images {
        let findings = found.iter().flat_map(|it| &it.findings);
        for finding in findings.filter(|it| is_asked(it.class)) {
            let package = finding.package;
            let id = finding.matched.vulnerability.to_string();
            let key = (id, name(package), package.version.as_str());
            let new = || Spread { finding, images: Vec::new(), workloads: Vec::new() };
            let it = spread.entry(key).or_insert_with(new);
            // In one image another one may have accepted it, or say it is not affected.
            if finding.class < it.finding.class {
                it.finding = finding;
            }
            it.images.extend(image.references.first().map(String::as_str));
            it.workloads.extend(&image.workloads);
        }
    }
    let mut found: Vec<Spread<'_>> = spread.into_values().collect();
    for it in &mut found {
        it.images.dedup();
        it.workloads.sort_by(|a, b| (b.exposure, a).cmp(&(a.exposure, b)));
        it.workloads.dedup();
    }
    found.sort_by_cached_key(|it| {
        let exposure = it.workloads.first().map_or(Exposure::Unknown, |it| it.exposure);
        (urgency(it.finding, exposure), std::cmp::Reverse(it.workloads.len()))
    });
    found
}

/// What has to be acted on now.
fn urgent(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let found = spread(images, |it| matches!(it, Class::Act(_)));
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
        let images = counted(it.images.len(), "image");
        writeln!(
            out,
            "  {color}{rating:<10}{color:#}  {id:<a$}  {step:<b$}  {DIM}{images}{DIM:#}"
        )?;
        if let Some(named) = named(&it.workloads) {
            writeln!(out, "              {DIM}in {named}{DIM:#}")?;
        }
    }
    if found.len() > most {
        writeln!(out, "  {DIM}{} more (`--all` shows them){DIM:#}", found.len() - most)?;
    }
    writeln!(out)
}

/// The first of the workloads; nothing if there are none.
pub(super) fn named(workloads: &[&Workload]) -> Option<String> {
    let shown = workloads.iter().take(WORKLOADS_SHOWN_MAX).map(|it| {
        let open = if it.exposure == Exposure::Internet { " (open to the internet)" } else { "" };
        harmless(&format!("{} {}/{}{open}", it.kind, it.namespace, it.name))
    });
    let shown: Vec<String> = shown.collect();
    let more = match workloads.len().saturating_sub(shown.len()) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}

/// One credential, wherever it is.
pub(super) struct Leaked<'a> {
    /// The first place.
    pub(super) finding: &'a Secret,
    pub(super) place: String,
    pub(super) images: Vec<&'a str>,
    pub(super) workloads: Vec<&'a Workload>,
}

/// All credentials of all images, the gravest first.
pub(super) fn leaked<'a>(images: &'a [Judged<'_>]) -> Vec<Leaked<'a>> {
    let mut found: BTreeMap<(&str, u64), Leaked<'a>> = BTreeMap::new();
    for (image, _) in images {
        let Ok(input) = &image.input else { continue };
        let Some(searched) = &input.secrets else { continue };
        for group in secrets::credentials(&searched.findings) {
            let Some(finding) = group.first().copied() else { continue };
            let new = || Leaked {
                finding,
                place: secrets::place(searched, finding),
                images: Vec::new(),
                workloads: Vec::new(),
            };
            let it = found.entry((finding.hit.rule, finding.hit.digest)).or_insert_with(new);
            if finding.severity > it.finding.severity {
                (it.finding, it.place) = (finding, secrets::place(searched, finding));
            }
            it.images.push(&input.name);
            it.workloads.extend(&image.workloads);
        }
    }
    let mut found: Vec<Leaked<'a>> = found.into_values().collect();
    for it in &mut found {
        it.workloads.sort_by(|a, b| (b.exposure, a).cmp(&(a.exposure, b)));
        it.workloads.dedup();
    }
    // Digests are keyed anew by each run: what is printed must not hang on their order.
    found.sort_by(|a, b| {
        let order = |it: &Leaked<'_>| (it.finding.severity, it.images.len());
        let text = |it: &Leaked<'a>| (it.images.first().copied(), it.place.clone());
        order(b).cmp(&order(a)).then_with(|| text(a).cmp(&text(b)))
    });
    found
}

/// Credentials that are not those of a package or an example.
fn credentials(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut found = leaked(images);
    let all = found.len();
    if most < usize::MAX {
        found.retain(|it| it.finding.severity >= Severity::Medium);
    }
    if all == 0 {
        return Ok(());
    }
    writeln!(out, "{RED}credentials{RED:#} ({all})")?;
    let shown = found.get(..most.min(found.len())).unwrap_or_default();
    for it in shown {
        let color = if it.finding.severity >= Severity::High { RED } else { YELLOW };
        let (severity, title) = (it.finding.severity.name(), it.finding.row().title);
        let images = counted(it.images.len(), "image");
        writeln!(
            out,
            "  {color}{severity:<10}{color:#}  {title}  {}  {DIM}{images}{DIM:#}",
            it.place
        )?;
        let first = it.images.first().map_or_else(String::new, |it| harmless(it));
        let named = named(&it.workloads).map_or(first, |named| named);
        writeln!(out, "              {DIM}in {named}{DIM:#}")?;
    }
    if all > shown.len() {
        writeln!(out, "  {DIM}{} more (`--all` shows them){DIM:#}", all - shown.len())?;
    }
    writeln!(out)
}

/// A package to bring to one version, in all images that have it.
pub(super) struct Step<'a> {
    pub(super) package: String,
    pub(super) to: &'a str,
    pub(super) urgent: usize,
    pub(super) mends: usize,
    pub(super) images: usize,
}

/// Upgrades over all images, the one that mends the most first.
pub(super) fn upgrades<'a>(images: &'a [Judged<'_>]) -> Vec<Step<'a>> {
    let mut steps: BTreeMap<(String, &str), [usize; 3]> = BTreeMap::new();
    for (_, found) in images {
        for step in found.iter().flat_map(|it| gate::upgrades(&it.findings)) {
            let [urgent, mends, images] = steps.entry((step.name, step.to)).or_default();
            (*urgent, *mends, *images) = (*urgent + step.urgent, *mends + step.mends, *images + 1);
        }
    }
    let mut steps: Vec<Step<'_>> = steps
        .into_iter()
        .map(|((package, to), [urgent, mends, images])| Step { package, to, urgent, mends, images })
        .collect();
    steps.sort_by_key(|it| std::cmp::Reverse((it.urgent, it.mends, it.images)));
    steps
}

fn steps(images: &[Judged<'_>], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let steps = upgrades(images);
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}what to do{BOLD:#}")?;
    for (at, step) in steps.iter().take(most).enumerate() {
        let urgent = match step.urgent {
            0 => String::new(),
            count => format!(", {count} of them now"),
        };
        writeln!(
            out,
            "  {}. {} -> {}  {DIM}mends {}{urgent}, in {}{DIM:#}",
            at + 1,
            harmless(&step.package),
            harmless(step.to),
            step.mends,
            counted(step.images, "image"),
        )?;
    }
    if steps.len() > most {
        writeln!(out, "  {DIM}{} more (`--format json` has all){DIM:#}", steps.len() - most)?;
    }
    writeln!(out)
}
