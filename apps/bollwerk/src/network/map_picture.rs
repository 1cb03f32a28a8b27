//! The neighbourhood of a namespace as a picture: three columns, arrows from left to right.

use std::fmt::Write;

use super::neighbourhood::{Link, Map, Workload};
use crate::svg::{escaped, shortened};

/// Measures in CSS pixels.
const WIDTH: usize = 1_180;
const SIDE: usize = 330;
const MIDDLE: usize = 220;
const ROW: usize = 40;
const GAP: usize = 26;
const TOP: usize = 76;
/// Characters of a name in a box at the side and in the middle, and of ports in a box.
const SIDE_CHARS: usize = 44;
const MIDDLE_CHARS: usize = 26;
const PORTS_CHARS: usize = 46;

/// The style inside of the picture.
pub(crate) const STYLE: &str = "\
svg{--ground:#fbfbf9;--panel:#fff;--text:#1c1d20;--dim:#63666d;--line:#b9bbb8;--own:#2257c5;\
--doubt:#7a3d9e;color-scheme:light dark}\
@media(prefers-color-scheme:dark){svg{--ground:#141518;--panel:#1e2025;--text:#e7e8ea;\
--dim:#9a9ea7;--line:#565b66;--own:#8ab4ff;--doubt:#cb9aee}}\
.g{fill:var(--ground)}text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;\
fill:var(--text)}.h{font-size:15px;font-weight:600}.c{font-size:12px;fill:var(--dim)}\
.b{fill:var(--panel);stroke:var(--line)}.o{fill:var(--panel);stroke:var(--own);stroke-width:1.5}\
.a{fill:none;stroke:var(--dim);stroke-width:1.5}.d{stroke:var(--doubt);stroke-dasharray:5 4}\
.p{font-size:11.5px;fill:var(--dim)}.t{fill:var(--dim)}";

/// The picture.
pub(super) fn svg(map: &Map) -> String {
    let rows = |links: &[Link]| links.len().max(1);
    let heights: Vec<usize> = map
        .workloads
        .iter()
        .map(|it| rows(&it.sources).max(rows(&it.targets)) * (ROW + 8) + GAP)
        .collect();
    let height = TOP + heights.iter().sum::<usize>() + 12;
    let namespace = escaped(&map.namespace);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">The neighbourhood of namespace {namespace}</title>\n\
         <desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"t\" \
         d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <rect class=\"g\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"h\" x=\"24\" y=\"32\">Namespace {namespace}</text>\n",
        escaped(&description(map)),
    );
    let middle = (WIDTH - MIDDLE) / 2;
    for (x, word) in
        [(24, "who reaches it"), (middle, "workload"), (WIDTH - SIDE - 24, "what it reaches")]
    {
        let _ = writeln!(out, "<text class=\"c\" x=\"{x}\" y=\"58\">{word}</text>");
    }
    let mut top = TOP;
    for (workload, height) in map.workloads.iter().zip(heights) {
        let center = top + (height - GAP) / 2;
        let name = escaped(&shortened(&workload.name, MIDDLE_CHARS));
        let _ = writeln!(
            out,
            "<rect class=\"o\" x=\"{middle}\" y=\"{}\" width=\"{MIDDLE}\" height=\"{ROW}\" \
             rx=\"6\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
            center - ROW / 2,
            WIDTH / 2,
            center + 4,
        );
        column(&mut out, &workload.sources, 24, (top, height - GAP), (center, true));
        let right = WIDTH - SIDE - 24;
        column(&mut out, &workload.targets, right, (top, height - GAP), (center, false));
        top += height;
    }
    out + "</svg>\n"
}

/// One side of a workload: boxes in a column, and their arrows.
fn column(
    out: &mut String,
    links: &[Link],
    x: usize,
    (top, height): (usize, usize),
    (center, is_source): (usize, bool),
) {
    let start = top + (height - links.len().max(1) * (ROW + 8)) / 2 + 4;
    if links.is_empty() {
        let y = start + ROW / 2 + 4;
        let _ = writeln!(out, "<text class=\"p\" x=\"{}\" y=\"{y}\">nobody</text>", x + 12);
    }
    let middle = (WIDTH - MIDDLE) / 2;
    for (number, Link { who, ports, is_doubtful }) in links.iter().enumerate() {
        let y = start + number * (ROW + 8);
        let at = y + ROW / 2;
        let doubt = if *is_doubtful { " d" } else { "" };
        let (x1, y1, x2, y2) = if is_source {
            (x + SIDE, at, middle, center)
        } else {
            (middle + MIDDLE, center, x, at)
        };
        let bend = x1.midpoint(x2);
        let ports = if *is_doubtful { format!("not known: {ports}") } else { ports.clone() };
        let _ = writeln!(
            out,
            "<rect class=\"b\" x=\"{x}\" y=\"{y}\" width=\"{SIDE}\" height=\"{ROW}\" rx=\"6\"/>\
             <text x=\"{}\" y=\"{}\">{}</text><text class=\"p\" x=\"{}\" y=\"{}\">{}</text>\
             <path class=\"a{doubt}\" d=\"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}\" \
             marker-end=\"url(#tip)\"/>",
            x + 12,
            y + 17,
            escaped(&shortened(who, SIDE_CHARS)),
            x + 12,
            y + 33,
            escaped(&shortened(&ports, PORTS_CHARS)),
        );
    }
}

/// For those who do not see it.
fn description(map: &Map) -> String {
    let of = |links: &[Link]| match links {
        [] => "nobody".to_owned(),
        links => {
            let each: Vec<String> =
                links.iter().map(|it| format!("{} ({})", it.who, it.ports)).collect();
            each.join(", ")
        }
    };
    let sentence = |it: &Workload| {
        format!("{} is reached by {} and reaches {}.", it.name, of(&it.sources), of(&it.targets))
    };
    map.workloads.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

/// The picture on a page, with a list below.
pub(super) fn html(map: &Map) -> String {
    let mut body = String::new();
    for workload in &map.workloads {
        let _ = writeln!(body, "<h2>{}</h2>\n<dl>", escaped(&workload.name));
        for (word, links) in [("is reached by", &workload.sources), ("reaches", &workload.targets)]
        {
            let _ = writeln!(body, "<dt>{word}</dt>");
            if links.is_empty() {
                body.push_str("<dd>nobody</dd>\n");
            }
            for Link { who, ports, is_doubtful } in links {
                let doubt = if *is_doubtful { " (not known)" } else { "" };
                let _ = writeln!(
                    body,
                    "<dd>{} <small>{}{doubt}</small></dd>",
                    escaped(who),
                    escaped(ports)
                );
            }
        }
        body.push_str("</dl>\n");
    }
    crate::svg::page(&format!("The neighbourhood of namespace {}", map.namespace), &svg(map), &body)
}
