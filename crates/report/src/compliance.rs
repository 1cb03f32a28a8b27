//! A framework on the terminal: what fails first in each section, and what nobody looked at
//! in one line where that is the same for neighbours.

use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Style};
use model::compliance::{Answer, Compliance, Status};

use crate::style::{BOLD, DIM};
use crate::wording::harmless;

/// Cells of the bar that shows how the items fare.
const BAR_CELLS: usize = 50;

pub(crate) fn render(compliance: &Compliance, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", compliance.title)?;
    let mut section = None;
    for these in compliance.answers.chunk_by(is_alike) {
        let Some(first) = these.first() else { continue };
        if section != Some(first.section) {
            section = Some(first.section);
            let (number, title) = first.section;
            let space = if number.is_empty() { "" } else { "  " };
            writeln!(out, "\n{BOLD}{number}{space}{title}{BOLD:#}")?;
        }
        if let ([first, .., last], Status::NotAssessed) = (these, first.status) {
            let style = style(first.status);
            let (name, reason) = (first.status.name(), &first.reason);
            let range = format!("{} to {}", first.id, last.id);
            writeln!(out, "  {style}{name:<12}{style:#}  {range}  {DIM}{reason}{DIM:#}")?;
        } else {
            these.iter().try_for_each(|answer| one(answer, out))?;
        }
    }
    writeln!(out)?;
    bar(compliance, out)
}

/// Whether two items can be told in one line: nobody looked at either, for the same reason.
pub(crate) fn is_alike(one: &Answer, other: &Answer) -> bool {
    one.status == Status::NotAssessed
        && other.status == Status::NotAssessed
        && one.section == other.section
        && one.reason == other.reason
}

fn one(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let style = style(answer.status);
    let Answer { status, id, title, reason, places, .. } = answer;
    let name = status.name();
    writeln!(out, "  {style}{name:<12}{style:#}  {id:<7} {title}  {DIM}{reason}{DIM:#}")?;
    for place in places {
        writeln!(out, "  {:12}  {:7} {DIM}-->{DIM:#} {}", "", "", harmless(place))?;
    }
    let more = answer.findings.saturating_sub(places.len());
    if more > 0 {
        writeln!(out, "  {:12}  {:7} {DIM}    and {more} more{DIM:#}", "", "")?;
    }
    Ok(())
}

fn bar(compliance: &Compliance, out: &mut dyn Write) -> io::Result<()> {
    let total = compliance.answers.len().max(1);
    let counts = || {
        let count = |status: &Status| (*status, compliance.count(*status));
        Status::ALL.iter().map(count).filter(|(_, count)| *count > 0)
    };
    for (status, count) in counts() {
        let style = style(status);
        let cells = (count * BAR_CELLS / total).max(1);
        let fill = if status == Status::NotAssessed { "░" } else { "█" };
        write!(out, "{style}{}{style:#}", fill.repeat(cells))?;
    }
    writeln!(out)?;
    let words: Vec<String> = counts()
        .map(|(status, count)| {
            let (style, name) = (style(status), status.name());
            format!("{style}{count} {name}{style:#}")
        })
        .collect();
    writeln!(out, "{} of {total} items", words.join(", "))?;
    writeln!(out)
}

fn style(status: Status) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(Color::Ansi(colour)));
    match status {
        Status::Fail => colour(AnsiColor::Red).bold(),
        Status::Accepted => colour(AnsiColor::Yellow),
        Status::Part => colour(AnsiColor::Cyan),
        Status::Pass => colour(AnsiColor::Green),
        Status::NotAssessed => DIM,
    }
}
