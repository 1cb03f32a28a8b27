//! A framework on the page: how its items fare in a bar, then item by item, by section.
//!
//! The bar is a picture with its text beside it; all of it stands without a script. Controls
//! that found something are links that filter the findings.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use model::compliance::{Answer, Compliance, Status};

use crate::Report;
use crate::compliance::is_alike;
use crate::markup::text;
use crate::sarif::uri;
use crate::wording::{counted, found_for};

/// Most controls without findings to show named beside an item; more are folded.
const QUIET_MAX: usize = 3;
/// Width of the bar, in hundredths of a percent.
const BAR_WIDTH: usize = 10_000;

/// Controls whose findings stand for a control, by the control's name.
type Found<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(compliance) = report.compliance else { return Ok(()) };
    let found = found_for(report);
    writeln!(
        out,
        "<section id=\"framework\" class=\"framework\" aria-labelledby=\"framework-title\" \
         tabindex=\"-1\">\n<h2 id=\"framework-title\">{}</h2>",
        text(compliance.title)
    )?;
    bar(compliance, out)?;
    for items in compliance.answers.chunk_by(|one, other| one.section == other.section) {
        section(items, &found, out)?;
    }
    writeln!(out, "<p class=\"dim\">Items from {}.</p>\n</section>", text(compliance.source))
}

/// The statuses that occur among items, with their counts.
fn counts(items: &[Answer]) -> impl Iterator<Item = (Status, usize)> + '_ {
    let count =
        |status: &Status| (*status, items.iter().filter(|answer| answer.status == *status).count());
    Status::ALL.iter().map(count).filter(|(_, count)| *count > 0)
}

fn bar(compliance: &Compliance, out: &mut dyn Write) -> io::Result<()> {
    let items = &compliance.answers;
    let total = items.len().max(1);
    let words: Vec<_> =
        counts(items).map(|(status, count)| format!("{count} {}", status.name())).collect();
    let of = counted(items.len() as u64, "item");
    let label = format!("{} of {of}", words.join(", "));
    writeln!(
        out,
        "<svg class=\"bar\" width=\"100%\" height=\"18\" role=\"img\" aria-label=\"{label}\">"
    )?;
    let percent = |part: usize| {
        let part = part * BAR_WIDTH / total;
        format!("{}.{:02}%", part / 100, part % 100)
    };
    let mut before = 0;
    for (status, count) in counts(items) {
        let (class, name) = (class(status), status.name());
        let (x, width) = (percent(before), percent(count));
        before += count;
        writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" width=\"{width}\" height=\"18\">\
             <title>{count} {name}</title></rect>"
        )?;
    }
    writeln!(out, "</svg>\n<p class=\"legend\">{} of {of}</p>", legend(items))
}

/// The counts in words and colours.
fn legend(items: &[Answer]) -> String {
    let words: Vec<_> = counts(items)
        .map(|(status, count)| {
            let (class, name) = (class(status), status.name());
            format!("<span class=\"{class}\"><b>{count}</b> {name}</span>")
        })
        .collect();
    words.join(", ")
}

fn section(items: &[Answer], found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some((number, title)) = items.first().map(|first| first.section) else { return Ok(()) };
    let name = if number.is_empty() { title.to_owned() } else { format!("{number} {title}") };
    let is_quiet = items.iter().all(|answer| answer.status == Status::NotAssessed);
    let open = if is_quiet { "" } else { " open" };
    writeln!(
        out,
        "<details class=\"panel\"{open}><summary><h3>{}</h3> <span class=\"legend\">{}</span>\
         </summary>\n<table><thead><tr><th>Status<th>Item<th>Why</thead><tbody>",
        text(&name),
        legend(items)
    )?;
    for alike in items.chunk_by(is_alike) {
        match alike {
            [first, .., last] => folded(first, last, alike, out)?,
            [one] => item(one, found, out)?,
            [] => {}
        }
    }
    writeln!(out, "</tbody></table></details>")
}

/// Neighbours that nobody looked at, for the same reason: one row, which opens to all of them.
fn folded(first: &Answer, last: &Answer, all: &[Answer], out: &mut dyn Write) -> io::Result<()> {
    let (class, name) = (class(first.status), first.status.name());
    let [from, to, reason] = [first.id, last.id, &first.reason].map(text);
    writeln!(
        out,
        "<tr><td class=\"{class}\">{name}<td><details><summary>{from} to {to}</summary><ul>"
    )?;
    for Answer { id, title, .. } in all {
        writeln!(out, "<li>{} {}", text(id), text(title))?;
    }
    writeln!(out, "</ul></details><td>{reason}")
}

fn item(answer: &Answer, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (class, name) = (class(answer.status), answer.status.name());
    let [id, title, reason] = [answer.id, answer.title, &answer.reason].map(text);
    writeln!(out, "<tr><td class=\"{class}\">{name}<td><b>{id}</b> {title}<td>{reason}")?;
    if !answer.places.is_empty() {
        writeln!(out, "<ul>")?;
        for place in &answer.places {
            writeln!(out, "<li><bdi>{}</bdi>", text(place))?;
        }
        let more = answer.findings.saturating_sub(answer.places.len());
        if more > 0 {
            writeln!(out, "<li>and {more} more")?;
        }
        writeln!(out, "</ul>")?;
    }
    controls(answer, found, out)
}

/// The item's controls: what found something as links, the others folded when there are many.
fn controls(answer: &Answer, found: &Found<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fired = answer.controls.iter().filter_map(|name| found.get(name)).flatten();
    let fired: BTreeSet<&str> = fired.copied().collect();
    let link =
        |name: &&str| format!("<a href=\"#control={}\"><code>{}</code></a>", uri(name), text(name));
    let links: Vec<_> = fired.iter().map(link).collect();
    let quiet = answer.controls.iter().filter(|name| !found.contains_key(*name));
    let quiet: Vec<_> = quiet.map(|name| format!("<code>{}</code>", text(name))).collect();
    if !links.is_empty() {
        writeln!(out, "<div class=\"controls\">{}</div>", links.join(" "))?;
    }
    match quiet.len() {
        0 => Ok(()),
        1..=QUIET_MAX => {
            writeln!(out, "<div class=\"controls dim\">{}</div>", quiet.join(" "))
        }
        count => writeln!(
            out,
            "<details class=\"controls dim\"><summary>{}</summary>{}</details>",
            counted(count as u64, if links.is_empty() { "control" } else { "more control" }),
            quiet.join(" ")
        ),
    }
}

fn class(status: Status) -> &'static str {
    match status {
        Status::Fail => "fail",
        Status::Accepted => "accepted",
        Status::Part => "part",
        Status::Pass => "pass",
        Status::NotAssessed => "unseen",
    }
}
