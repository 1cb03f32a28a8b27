//! The table of reachability as a picture: a square for each pair, namespaces side by side.

use std::fmt::Write;

use super::matrix::{Kind, Table};

/// Width of the squares' area, in pixels.
const SIDE: f64 = 960.0;
/// Largest square, in pixels.
const SQUARE_MAX: f64 = 22.0;
/// Smallest square beside which a name can be read, in pixels.
const NAMED_SQUARE_MIN: f64 = 9.0;
/// Width of the legend, in pixels.
const LEGEND_WIDTH: f64 = 5.0 * LEGEND_STEP;
/// From one entry of the legend to the next, in pixels.
const LEGEND_STEP: f64 = 96.0;
/// Characters of a name; what is longer is cut.
const NAME_MAX: usize = 34;

/// The picture.
pub(super) fn svg(table: &Table) -> String {
    let count = table.names.len();
    let square = (SIDE / number_of(count)).min(SQUARE_MAX);
    let has_names = square >= NAMED_SQUARE_MIN;
    let longest = table.names.iter().map(|name| shortened(name).chars().count()).max().unwrap_or(0);
    let margin = if has_names { number_of(longest) * 6.6 + 16.0 } else { 150.0 };
    let area = square * number_of(count);
    let width = (margin + area).max(margin + LEGEND_WIDTH) + 24.0;
    let height = margin + area + 56.0;
    let mut out = String::new();
    head(&mut out, width, height, table);
    squares(&mut out, table, square, margin);
    bands(&mut out, table, square, margin, has_names);
    if has_names {
        for (number, name) in table.names.iter().enumerate() {
            let middle = margin + (number_of(number) + 0.5) * square;
            let name = escaped(&shortened(name));
            let (x, y) = (margin - 8.0, middle + 3.5);
            let _ = writeln!(
                out,
                r#"<text class="n" x="{x:.1}" y="{y:.1}" text-anchor="end">{name}</text>"#
            );
            let (x, y) = (middle + 3.5, margin - 8.0);
            let _ = writeln!(
                out,
                r#"<text class="n" x="{x:.1}" y="{y:.1}" transform="rotate(-90 {x:.1} {y:.1})">{name}</text>"#
            );
        }
    }
    let (x, y) = (margin - 8.0, margin - 8.0);
    let _ = writeln!(
        out,
        r#"<text class="s" x="{x:.1}" y="{y:.1}" text-anchor="end">from ↓ to →</text>"#
    );
    legend(&mut out, margin, margin + area + 32.0);
    out.push_str("</svg>\n");
    out
}

fn head(out: &mut String, width: f64, height: f64, table: &Table) {
    let count = table.names.len().saturating_sub(1);
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-labelledby="t d" font-family="system-ui, sans-serif">
<title id="t">Reachability of {count} workloads</title>
<desc id="d">A row for each source and a column for each destination; a filled square is a pair that policies let through.</desc>
<style>
.b{{fill:#fff}} .n{{font-size:11px;fill:#333}} .s{{font-size:12px;fill:#111;font-weight:600}}
.f{{fill:#f3f4f6}} .l{{stroke:#9aa3af;stroke-width:1}}
.o{{fill:#2563a8}} .p{{fill:#93b8e0}} .u{{fill:#e2a53a}} .x{{fill:#d5d9df}}
@media (prefers-color-scheme: dark) {{
.b{{fill:#14171c}} .n{{fill:#c9ced6}} .s{{fill:#f0f2f5}} .f{{fill:#1e232a}} .l{{stroke:#566070}}
.o{{fill:#5b9be6}} .p{{fill:#2f5580}} .u{{fill:#c88a1e}} .x{{fill:#333a44}}
}}
</style>
<rect class="b" width="100%" height="100%"/>"#
    );
}

/// The squares, those that stand beside each other and are alike as one.
fn squares(out: &mut String, table: &Table, square: f64, margin: f64) {
    let area = square * number_of(table.names.len());
    let _ = writeln!(
        out,
        r#"<rect class="f" x="{margin:.1}" y="{margin:.1}" width="{area:.1}" height="{area:.1}"/>"#
    );
    let gap = if square >= NAMED_SQUARE_MIN { 1.0 } else { 0.0 };
    for (row, cells) in table.cells.iter().enumerate() {
        let mut start = 0;
        while start < cells.len() {
            let kind = cells[start].kind();
            let is_single = gap > 0.0;
            let same = cells[start..].iter().take_while(|cell| cell.kind() == kind).count();
            let length = if is_single { 1 } else { same };
            if let Some(class) = class(kind) {
                let (x, y) = (margin + number_of(start) * square, margin + number_of(row) * square);
                let (width, height) = (square * number_of(length) - gap, square - gap);
                let _ = writeln!(
                    out,
                    r#"<rect class="{class}" x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}"/>"#
                );
            }
            start += length;
        }
    }
}

fn class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Open => Some("o"),
        Kind::Part => Some("p"),
        Kind::Unknown => Some("u"),
        Kind::None => Some("x"),
        Kind::Closed => None,
    }
}

/// Lines between namespaces, and their names where workloads have none.
fn bands(out: &mut String, table: &Table, square: f64, margin: f64, has_names: bool) {
    let area = square * number_of(table.names.len());
    let end = margin + area;
    let mut start = 0;
    for band in table.namespaces.chunk_by(|one, other| one == other) {
        let at = margin + number_of(start) * square;
        let _ = writeln!(
            out,
            r#"<path class="l" d="M{at:.1} {margin:.1}V{end:.1}M{margin:.1} {at:.1}H{end:.1}" fill="none"/>"#
        );
        let is_wide = number_of(band.len()) * square >= 12.0;
        if !has_names && is_wide {
            let name = band.first().and_then(Clone::clone).unwrap_or_else(|| "internet".to_owned());
            let name = escaped(&shortened(&report::harmless(&name)));
            let middle = at + number_of(band.len()) * square / 2.0 + 4.0;
            let x = margin - 8.0;
            let _ = writeln!(
                out,
                r#"<text class="s" x="{x:.1}" y="{middle:.1}" text-anchor="end">{name}</text>"#
            );
            let _ = writeln!(
                out,
                r#"<text class="s" x="{middle:.1}" y="{x:.1}" transform="rotate(-90 {middle:.1} {x:.1})">{name}</text>"#
            );
        }
        start += band.len();
    }
}

fn legend(out: &mut String, left: f64, top: f64) {
    let mut x = left;
    for (class, word) in [
        ("o", "every port"),
        ("p", "some ports"),
        ("u", "not known"),
        ("f", "none"),
        ("x", "no pair"),
    ] {
        let _ = writeln!(
            out,
            r#"<rect class="{class}" x="{x:.1}" y="{:.1}" width="12" height="12"/><text class="n" x="{:.1}" y="{top:.1}">{word}</text>"#,
            top - 10.0,
            x + 18.0
        );
        x += LEGEND_STEP;
    }
}

fn number_of(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    let head: String = name.chars().take(NAME_MAX - 1).collect();
    format!("{head}…")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
