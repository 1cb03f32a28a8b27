//! A picture of where the risk sits: folders and namespaces against severities, the worst first.
//!
//! Every number is a link that filters the findings; the picture is its own text alternative.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use model::{Severity, Subject};

use super::grouped;
use crate::markup::text;
use crate::sarif::uri;
use crate::wording::{clipped, harmless};
use crate::{Report, json};

/// Rows before the rest is added up.
const ROWS_MAX: usize = 8;
/// What stands for the namespace of an object that names none.
const NO_NAMESPACE: &str = "(none)";
/// Most characters of a row's name.
const NAME_CHARS_MAX: usize = 60;

/// Measures of the picture in CSS pixels.
const ROW_HEIGHT: usize = 28;
const CELL_WIDTH: i64 = 46;
const CELL_HEIGHT: usize = 25;
const CELL_GAP: i64 = 3;
/// Width of all columns.
const CELLS_WIDTH: i64 = Severity::ALL.len().cast_signed() as i64 * (CELL_WIDTH + CELL_GAP);

/// Folders of the files with findings, named from the folder all of them share.
pub(super) struct Folders {
    /// Names in order.
    pub(super) names: Vec<String>,
    numbers: BTreeMap<String, usize>,
    /// All files are in one folder: they stand for themselves.
    is_flat: bool,
}

impl Folders {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let files: BTreeSet<&str> = report
            .findings
            .iter()
            .filter_map(|finding| finding.location.as_ref())
            .map(|place| place.file.as_str())
            .collect();
        let shared = shared(&files);
        let is_flat = files.iter().all(|file| parts(file).count() <= shared + 1);
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for file in files {
            let mut below = parts(file).skip(shared);
            let first = below.next().unwrap_or(".");
            // Files of one folder are told apart by themselves.
            let name = if is_flat || below.next().is_some() { first } else { "." };
            by_name.entry(name).or_default().push(file);
        }
        let names = by_name.keys().map(|name| harmless(name)).collect();
        let numbers = by_name.values().zip(0..);
        let numbers =
            numbers.flat_map(|(files, number)| files.iter().map(move |file| (*file, number)));
        let numbers = numbers.map(|(file, number)| (file.to_owned(), number)).collect();
        Self { names, numbers, is_flat }
    }

    /// The number of a file's folder.
    pub(super) fn number(&self, file: &str) -> usize {
        self.numbers.get(file).copied().unwrap_or(0)
    }
}

fn parts(file: &str) -> impl Iterator<Item = &str> {
    json::file_name(file).split('/').filter(|part| !part.is_empty())
}

/// How many leading folders all files share. The files are sorted: what the first and the last
/// share, all do.
fn shared(files: &BTreeSet<&str>) -> usize {
    let (Some(first), Some(last)) = (files.first(), files.last()) else { return 0 };
    let folders = parts(first).count().min(parts(last).count()).saturating_sub(1);
    parts(first).zip(parts(last)).take(folders).take_while(|(a, b)| a == b).count()
}

type Counts = [usize; Severity::ALL.len()];

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let folders = Folders::of(report);
    let mut by_folder: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut by_namespace: BTreeMap<String, Counts> = BTreeMap::new();
    for finding in report.findings {
        let rank = Severity::ALL.iter().position(|it| *it == finding.severity).unwrap_or(0);
        if let Some(place) = &finding.location {
            let name = folders.names.get(folders.number(&place.file)).map_or(".", String::as_str);
            by_folder.entry(name).or_default()[rank] += 1;
        }
        if let Subject::Object { namespace, .. } = &finding.subject {
            let name = namespace.as_deref().map_or_else(|| NO_NAMESPACE.to_owned(), harmless);
            by_namespace.entry(name).or_default()[rank] += 1;
        }
    }
    if by_folder.len() < 2 && by_namespace.len() < 2 {
        return Ok(());
    }
    writeln!(
        out,
        "<section class=\"picture\" aria-labelledby=\"picture-title\">\n\
         <h2 id=\"picture-title\">Where the risk sits</h2>\n<div>"
    )?;
    let by_namespace = by_namespace.iter().map(|(name, counts)| (name.as_str(), *counts));
    let title = if folders.is_flat { "Files" } else { "Folders" };
    chart("folder", title, by_folder.into_iter().collect(), out)?;
    chart("namespace", "Namespaces", by_namespace.collect(), out)?;
    writeln!(out, "</div>\n</section>")
}

/// A row for each of the worst, and one for the others.
fn chart(
    key: &str,
    title: &str,
    mut rows: Vec<(&str, Counts)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.len() < 2 {
        return Ok(());
    }
    rows.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    let total = rows.len();
    // One row alone is shown as itself.
    let shown = if total == ROWS_MAX + 1 { total } else { total.min(ROWS_MAX) };
    let others = rows.split_off(shown);
    let most = rows.iter().flat_map(|(_, counts)| counts).copied().max().unwrap_or(1);
    let lines = shown + usize::from(!others.is_empty()) + 1;
    writeln!(
        out,
        "<figure><svg width=\"100%\" height=\"{}\" role=\"group\" \
         aria-label=\"{title} by severity, the worst of {total}\">",
        lines * ROW_HEIGHT
    )?;
    writeln!(out, "<text class=\"column\" x=\"0\" y=\"18\">{title}</text>")?;
    writeln!(out, "<svg x=\"100%\" overflow=\"visible\" aria-hidden=\"true\">")?;
    for (column, severity) in (0..).zip(Severity::ALL) {
        let x = left(column) + CELL_WIDTH / 2;
        writeln!(out, "<text class=\"column middle\" x=\"{x}\" y=\"18\">{severity}</text>")?;
    }
    writeln!(out, "</svg>")?;
    for (number, (name, counts)) in rows.iter().enumerate() {
        row(number + 1, name, Some(key), counts, most, out)?;
    }
    if !others.is_empty() {
        let mut sum = Counts::default();
        for (_, counts) in &others {
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        row(shown + 1, &format!("{} others", others.len()), None, &sum, most, out)?;
    }
    writeln!(out, "</svg></figure>")
}

/// Left edge of a column, counted from the right edge of the picture.
fn left(column: i64) -> i64 {
    column * (CELL_WIDTH + CELL_GAP) + CELL_GAP - CELLS_WIDTH
}

/// One name with its counts; with a key, links that filter by it.
fn row(
    number: usize,
    name: &str,
    key: Option<&str>,
    counts: &Counts,
    most: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let y = number * ROW_HEIGHT;
    let shown = text(&clipped(name, NAME_CHARS_MAX));
    let filter = key.map(|key| format!("{key}={}", uri(name)));
    writeln!(out, "<svg y=\"{y}\" width=\"100%\" height=\"{ROW_HEIGHT}\">")?;
    let label = format!("<text x=\"0\" y=\"18\"><title>{}</title>{shown}</text>", text(name));
    match &filter {
        Some(filter) => writeln!(out, "<a href=\"#{filter}\">{label}</a>")?,
        None => writeln!(out, "{label}")?,
    }
    writeln!(out, "<svg x=\"100%\" overflow=\"visible\">")?;
    let (edge, width) = (left(0) - 8, -left(0) + 8);
    writeln!(
        out,
        "<rect class=\"cover\" x=\"{edge}\" width=\"{width}\" height=\"{ROW_HEIGHT}\"/>"
    )?;
    for ((column, severity), count) in (0..).zip(Severity::ALL).zip(counts) {
        let x = left(column);
        let middle = x + CELL_WIDTH / 2;
        let (shade, number) = (shade(*count, most), grouped(*count));
        let cell = format!(
            "<rect class=\"{severity}\" x=\"{x}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\" \
             rx=\"4\" fill-opacity=\"{shade}\"/>"
        );
        let label = text(&format!("{name}: {count} {severity}"));
        match &filter {
            _ if *count == 0 => writeln!(out, "{cell}")?,
            Some(filter) => writeln!(
                out,
                "<a href=\"#{filter}&amp;severity={severity}\" aria-label=\"{label}\">{cell}\
                 <text class=\"middle\" x=\"{middle}\" y=\"17\">{number}</text></a>"
            )?,
            None => writeln!(
                out,
                "{cell}<text class=\"middle\" x=\"{middle}\" y=\"17\">{number}</text>"
            )?,
        }
    }
    writeln!(out, "</svg></svg>")
}

/// How dark a cell is, by the order of magnitude of its count: text stays readable on all.
fn shade(count: usize, most: usize) -> &'static str {
    const SHADES: [&str; 5] = ["0.14", "0.24", "0.34", "0.44", "0.54"];
    if count == 0 {
        return "0.05";
    }
    let bits = |count: usize| (usize::BITS - count.leading_zeros()) as usize;
    SHADES[(bits(count) - 1) * (SHADES.len() - 1) / (bits(most.max(count)) - 1).max(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_share_their_folders_but_not_themselves() {
        let folders = |files: &[&str]| shared(&files.iter().copied().collect());
        assert_eq!(folders(&[]), 0);
        assert_eq!(folders(&["a/b/c.yaml"]), 2);
        assert_eq!(folders(&["a/b/c.yaml", "a/b/d.yaml"]), 2);
        assert_eq!(folders(&["a/b/c.yaml", "a/b.yaml"]), 1);
        assert_eq!(folders(&["/x/a/b", "/x/c/d", "/x/c/e"]), 1);
    }

    #[test]
    fn more_is_darker() {
        let shades = [0, 1, 3, 40, 1000, 5000].map(|count| shade(count, 5000));
        assert!(shades.is_sorted(), "{shades:?}");
        assert_eq!((shades[0], shades[1], shades[5]), ("0.05", "0.14", "0.54"));
        assert_eq!(shade(1, 1), "0.14");
    }
}
