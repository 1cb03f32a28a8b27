//! The table of reachability as a picture: a square for each pair, namespaces side by side.

use std::fmt::Write;

use super::table::{Kind, Table};
use crate::svg::{escaped, shortened};

/// Width of the squares' area, in pixels.
const SIDE: f64 = 960.0;
/// Largest square, in pixels.
const SQUARE_MAX: f64 = 22.0;
/// Smallest square beside which a name can be read, in pixels.
const NAMED_SQUARE_MIN: f64 = 9.0;
/// From one entry of the legend to the next, in pixels.
const LEGEND_STEP: f64 = 96.0;
const LEGEND_WIDTH: f64 = 5.0 * LEGEND_STEP;
/// Characters of a name; what is longer is cut.
const NAME_MAX: usize = 34;

const STYLE: &str = "\
.b{fill:#fff}.n{font-size:11px;fill:#333}.s{font-size:12px;fill:#111;font-weight:600}\
.f{fill:#f3f4f6}.l{stroke:#9aa3af;stroke-width:1}\
.o{fill:#2563a8}.p{fill:#93b8e0}.u{fill:#e2a53a}.x{fill:#d5d9df}\
@media(prefers-color-scheme:dark){\
.b{fill:#14171c}.n{fill:#c9ced6}.s{fill:#f0f2f5}.f{fill:#1e232a}.l{stroke:#566070}\
.o{fill:#5b9be6}.p{fill:#2f5580}.u{fill:#c88a1e}.x{fill:#333a44}}";

/// The picture.
pub(super) fn svg(table: &Table) -> String {
    let count = table.names.len();
    let square = (SIDE / number(count)).min(SQUARE_MAX);
    let has_names = square >= NAMED_SQUARE_MIN;
    let names: Vec<String> = table.names.iter().map(|name| shortened(name, NAME_MAX)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let margin = if has_names { number(longest) * 6.6 + 16.0 } else { 150.0 };
    let area = square * number(count);
    let width = (margin + area).max(margin + LEGEND_WIDTH) + 24.0;
    let mut drawing = Drawing { out: String::new(), square, margin, area };
    drawing.head(width, margin + area + 56.0, count.saturating_sub(1));
    drawing.squares(table);
    drawing.bands(table, has_names);
    if has_names {
        for (at, name) in names.iter().enumerate() {
            let middle = margin + (number(at) + 0.5) * square + 3.5;
            drawing.both_ways("n", middle, name);
        }
    }
    drawing.text("s", (margin - 8.0, margin - 8.0), "text-anchor=\"end\"", "from ↓ to →");
    drawing.legend();
    drawing.out + "</svg>\n"
}

struct Drawing {
    out: String,
    square: f64,
    margin: f64,
    area: f64,
}

impl Drawing {
    fn head(&mut self, width: f64, height: f64, count: usize) {
        let _ = writeln!(
            self.out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" \
             height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
             aria-labelledby=\"title desc\" font-family=\"system-ui, sans-serif\">\n\
             <title id=\"title\">Reachability of {count} workloads</title>\n\
             <desc id=\"desc\">A row for each source and a column for each destination; a filled \
             square is a pair that policies let through.</desc>\n<style>{STYLE}</style>\n\
             <rect class=\"b\" width=\"100%\" height=\"100%\"/>"
        );
    }

    fn square(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" \
             height=\"{height:.2}\"/>"
        );
    }

    fn text(&mut self, class: &str, (x, y): (f64, f64), more: &str, words: &str) {
        let words = escaped(words);
        let _ = writeln!(
            self.out,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" {more}>{words}</text>"
        );
    }

    /// A name to the left of the squares, and above them.
    fn both_ways(&mut self, class: &str, at: f64, name: &str) {
        let edge = self.margin - 8.0;
        self.text(class, (edge, at), "text-anchor=\"end\"", name);
        let turned = format!("transform=\"rotate(-90 {at:.1} {edge:.1})\"");
        self.text(class, (at, edge), &turned, name);
    }

    /// The squares, those that stand beside each other and are alike as one.
    fn squares(&mut self, table: &Table) {
        let Self { margin, square, area, .. } = *self;
        self.square("f", (margin, margin), (area, area));
        let gap = if square >= NAMED_SQUARE_MIN { 1.0 } else { 0.0 };
        for (row, cells) in table.cells.iter().enumerate() {
            let mut start = 0;
            while let Some(cell) = cells.get(start) {
                let kind = cell.kind();
                let alike = cells[start..].iter().take_while(|cell| cell.kind() == kind).count();
                let length = if gap > 0.0 { 1 } else { alike };
                if let Some(class) = class(kind) {
                    let at = (margin + number(start) * square, margin + number(row) * square);
                    self.square(class, at, (square * number(length) - gap, square - gap));
                }
                start += length;
            }
        }
    }

    /// Lines between namespaces, and their names where workloads have none.
    fn bands(&mut self, table: &Table, has_names: bool) {
        let Self { margin, square, area, .. } = *self;
        let end = margin + area;
        let mut start = 0;
        for band in table.namespaces.chunk_by(|one, other| one == other) {
            let at = margin + number(start) * square;
            let _ = writeln!(
                self.out,
                "<path class=\"l\" fill=\"none\" d=\"M{at:.1} {margin:.1}V{end:.1}M{margin:.1} \
                 {at:.1}H{end:.1}\"/>"
            );
            let height = number(band.len()) * square;
            if !has_names && height >= 12.0 {
                let name = band.first().and_then(Clone::clone);
                let name = report::harmless(&name.unwrap_or_else(|| "internet".to_owned()));
                self.both_ways("s", at + height / 2.0 + 4.0, &shortened(&name, NAME_MAX));
            }
            start += band.len();
        }
    }

    fn legend(&mut self) {
        let (mut x, y) = (self.margin, self.margin + self.area + 32.0);
        for (class, words) in [
            ("o", "every port"),
            ("p", "some ports"),
            ("u", "not known"),
            ("f", "none"),
            ("x", "no pair"),
        ] {
            self.square(class, (x, y - 10.0), (12.0, 12.0));
            self.text("n", (x + 18.0, y), "", words);
            x += LEGEND_STEP;
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

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
