//! Ways as a picture: each a chain from left to right, the proof under its arrows.
//!
//! No scripts, colours for light and dark, and every text is text. What is needed from further
//! back comes in from below.

use std::fmt::Write as _;

use super::chain::{Arrow, Chain};
use crate::svg::{escaped, page};

/// Measures in CSS pixels.
const MARGIN: usize = 28;
const BOX_WIDTH: usize = 176;
const ARROW_WIDTH: usize = 288;
const LINE: usize = 16;
/// Below the top of a chain, where its arrows run.
const AXIS: usize = 68;
const HEADING: usize = 18;
/// Between chains, and between the lanes of what comes from further back.
const GAP: usize = 30;
const LANE: usize = 12;
/// Characters in a line of a box, of a label, of a place in a file.
const BOX_CHARS: usize = 22;
const LABEL_CHARS: usize = 37;
const PLACE_CHARS: usize = 37;
/// Lines of proof under an arrow; the rest is counted.
const PROOF_LINES_MAX: usize = 12;

/// The style inside of the picture.
pub(crate) const STYLE: &str = "\
svg{--ground:#fbfbf9;--panel:#fff;--text:#1c1d20;--dim:#63666d;--line:#b9bbb8;--start:#2257c5;\
--goal:#b0103c;--goal-panel:#fdf0f3;--doubt:#7a3d9e;color-scheme:light dark}\
@media(prefers-color-scheme:dark){svg{--ground:#141518;--panel:#1e2025;--text:#e7e8ea;\
--dim:#9a9ea7;--line:#565b66;--start:#8ab4ff;--goal:#ff6b93;--goal-panel:#2c1a20;--doubt:#cb9aee}}\
.g{fill:var(--ground)}text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;\
fill:var(--text)}.h{font-size:15px;font-weight:600}.b{fill:var(--panel);stroke:var(--line)}\
.s{stroke:var(--start);stroke-width:1.5}.e{fill:var(--goal-panel);stroke:var(--goal);\
stroke-width:1.5}\
.n{text-anchor:middle}.a{fill:none;stroke:var(--dim);stroke-width:1.5}.d{stroke-dasharray:5 4;\
stroke:var(--doubt)}.t{fill:var(--dim)}.l{font-weight:600;font-size:12px}.p{font-size:11.5px;\
fill:var(--dim)}.f{font:11px ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;\
fill:var(--dim)}";

/// The ways as one SVG.
pub(super) fn svg(title: &str, chains: &[Chain]) -> String {
    let drawn: Vec<Drawn> = chains.iter().map(draw).collect();
    let width = drawn.iter().map(|it| it.width).max().unwrap_or(0).max(480) + 2 * MARGIN;
    let height = drawn.iter().map(|it| it.height + GAP).sum::<usize>() + 2 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"t\" \
         d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <rect class=\"g\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(title),
        escaped(&description(chains)),
    );
    let mut top = MARGIN;
    for chain in &drawn {
        let _ = writeln!(out, "<g transform=\"translate({MARGIN} {top})\">\n{}</g>", chain.text);
        top += chain.height + GAP;
    }
    out + "</svg>\n"
}

/// The same on a page, with the steps as a list below.
pub(super) fn html(title: &str, chains: &[Chain]) -> String {
    let mut body = String::new();
    for chain in chains {
        let _ = writeln!(body, "<h2>{}</h2>\n<ol>", escaped(&chain.heading));
        for arrow in &chain.arrows {
            let (label, to) = (escaped(&arrow.label), escaped(&chain.places[arrow.to]));
            let _ = writeln!(body, "<li>{label}: <b>{to}</b>");
            for (text, at) in &arrow.proof {
                let _ = writeln!(body, "<br><small>{} {}</small>", escaped(text), escaped(at));
            }
            body.push_str("</li>\n");
        }
        body.push_str("</ol>\n");
    }
    page(title, &svg(title, chains), &body)
}

/// For those who do not see it: each chain in a sentence.
fn description(chains: &[Chain]) -> String {
    let sentence = |chain: &Chain| {
        let steps: Vec<String> = chain
            .arrows
            .iter()
            .map(|arrow| format!("{}: {}", arrow.label, chain.places[arrow.to]))
            .collect();
        format!("{}. {}.", chain.heading, steps.join(", then "))
    };
    chains.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

struct Drawn {
    text: String,
    width: usize,
    height: usize,
}

/// A chain: places in a row, in the order they are come by.
fn draw(chain: &Chain) -> Drawn {
    let mut text =
        format!("<text class=\"h\" y=\"{}\">{}</text>\n", HEADING - 4, { escaped(&chain.heading) });
    let left = |place: usize| place * (BOX_WIDTH + ARROW_WIDTH);
    let mut bottom = AXIS;
    for (number, place) in chain.places.iter().enumerate() {
        let lines = wrapped(place, BOX_CHARS);
        let height = (lines.len() * LINE + 20).max(44);
        bottom = bottom.max(AXIS + height / 2);
        let class = match number {
            0 => "b s",
            last if last + 1 == chain.places.len() => "b e",
            _ => "b",
        };
        let (x, y) = (left(number), AXIS - height / 2);
        let _ = writeln!(
            text,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" \
             height=\"{height}\" rx=\"8\"/>"
        );
        let first = AXIS + 5 - (lines.len() - 1) * LINE / 2;
        for (line, words) in lines.iter().enumerate() {
            let (x, y) = (x + BOX_WIDTH / 2, first + line * LINE);
            let _ =
                writeln!(text, "<text class=\"n\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(words));
        }
    }
    for arrow in &chain.arrows {
        bottom = bottom.max(label(arrow, left(arrow.to) - ARROW_WIDTH, &mut text));
    }
    for arrow in &chain.arrows {
        let class = if arrow.is_certain { "a" } else { "a d" };
        let end = left(arrow.to);
        for from in &arrow.from {
            if from + 1 == arrow.to {
                let begin = left(*from) + BOX_WIDTH;
                let _ = writeln!(
                    text,
                    "<path class=\"{class}\" marker-end=\"url(#tip)\" d=\"M{begin} {AXIS}H{end}\"/>"
                );
                continue;
            }
            // From further back: below everything between.
            bottom += LANE;
            let (begin, end) = (left(*from) + BOX_WIDTH / 2, end + BOX_WIDTH / 2);
            let (first, last) = (half(&chain.places[*from]), half(&chain.places[arrow.to]));
            let _ = writeln!(
                text,
                "<path class=\"{class}\" marker-end=\"url(#tip)\" \
                 d=\"M{begin} {first}V{bottom}H{end}V{last}\"/>"
            );
        }
    }
    let width = left(chain.places.len() - 1) + BOX_WIDTH;
    let width = width.max(chain.heading.chars().count() * 8);
    Drawn { text, width, height: bottom + 6 }
}

/// The lower edge of a place's box.
fn half(place: &str) -> usize {
    let lines = wrapped(place, BOX_CHARS).len();
    AXIS + (lines * LINE + 20).max(44) / 2
}

/// The label above an arrow and its proof below; where it ends.
fn label(arrow: &Arrow, left: usize, text: &mut String) -> usize {
    let left = left + 14;
    let lines = wrapped(&arrow.label, LABEL_CHARS);
    for (line, words) in lines.iter().enumerate() {
        let y = AXIS - 9 - (lines.len() - 1 - line) * LINE;
        let _ =
            writeln!(text, "<text class=\"l\" x=\"{left}\" y=\"{y}\">{}</text>", escaped(words));
    }
    let mut proof: Vec<(&str, String)> = Vec::new();
    for (words, at) in &arrow.proof {
        if !words.is_empty() {
            proof.extend(wrapped(words, LABEL_CHARS).into_iter().map(|line| ("p", line)));
        }
        if !at.is_empty() {
            proof.push(("f", tail(at)));
        }
    }
    let more = proof.len().saturating_sub(PROOF_LINES_MAX);
    proof.truncate(PROOF_LINES_MAX);
    if more > 0 {
        proof.push(("p", format!("… and {more} lines more")));
    }
    let mut y = AXIS + 4;
    for (class, words) in proof {
        y += LINE;
        let _ = writeln!(
            text,
            "<text class=\"{class}\" x=\"{left}\" y=\"{y}\">{}</text>",
            escaped(&words)
        );
    }
    y
}

/// The end of a place in a file, which tells more than its beginning.
fn tail(at: &str) -> String {
    let count = at.chars().count();
    if count <= PLACE_CHARS {
        return at.to_owned();
    }
    let rest: String = at.chars().skip(count + 1 - PLACE_CHARS).collect();
    format!("…{rest}")
}

/// Lines of at most so many characters; a longer word is broken.
fn wrapped(text: &str, chars_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        while let Some(line) = lines.last_mut() {
            let used = line.chars().count();
            let space = usize::from(used > 0);
            if used + space + word.len() <= chars_max {
                line.extend(std::iter::repeat_n(' ', space));
                line.extend(word);
                break;
            }
            if used > 0 {
                lines.push(String::new());
                continue;
            }
            // At a mark, if there is one in the second half of the line.
            let mark = |it: &char| matches!(it, '/' | '-' | '.' | ':' | '@');
            let cut = word[..chars_max].iter().rposition(mark).map_or(chars_max, |it| it + 1);
            let cut = if cut * 2 < chars_max { chars_max } else { cut };
            line.extend(word.drain(..cut));
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_wrapped_and_escaped() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdef/ghij", 8), ["abcdef/", "ghij"]);
        assert_eq!(wrapped("ööööö", 2), ["öö", "öö", "ö"]);
        assert_eq!(escaped("<a b=\"&\">"), "&lt;a b=&quot;&amp;&quot;&gt;");
        assert_eq!(tail(&"x".repeat(80)).chars().count(), PLACE_CHARS);
    }

    #[test]
    fn what_comes_from_further_back_goes_below() {
        let arrow = |from: &[usize], to| Arrow {
            from: from.iter().copied().collect(),
            to,
            label: "do".to_owned(),
            is_certain: true,
            proof: vec![("<script>".to_owned(), "a.yaml:1".to_owned())],
        };
        let chain = Chain {
            heading: "a reaches c".to_owned(),
            places: ["a", "b", "c"].map(str::to_owned).to_vec(),
            arrows: vec![arrow(&[0], 1), arrow(&[0, 1], 2)],
        };
        let picture = svg("ways", &[chain]);
        assert_eq!(picture.matches("marker-end").count(), 3);
        assert!(!picture.contains("<script") && picture.contains("&lt;script&gt;"));
        assert!(picture.contains("<desc id=\"desc\">a reaches c. do: b, then do: c.</desc>"));
    }
}
