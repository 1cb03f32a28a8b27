//! What differs from an older state, on the page.

use std::io::{self, Write};

use model::change::Change;

use super::{LISTED_MAX, left_out};
use crate::Report;
use crate::change::{sign, value};
use crate::json;
use crate::markup::text;
use crate::wording::counted;

/// Objects that are shown without being asked for.
const OPEN_MAX: usize = 30;

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(changes) = report.changes else { return Ok(()) };
    writeln!(
        out,
        "<section id=\"changes\" class=\"changes\" aria-labelledby=\"changes-title\" \
         tabindex=\"-1\">\n<h2 id=\"changes-title\">Objects that differ</h2>"
    )?;
    if changes.is_empty() {
        return writeln!(out, "<p class=\"dim\">None.</p></section>");
    }
    let (first, others) = changes.split_at(changes.len().min(OPEN_MAX));
    list(first, out)?;
    if !others.is_empty() {
        let more = counted(others.len() as u64, "more object");
        writeln!(out, "<details><summary>{more}</summary>")?;
        list(&others[..others.len().min(LISTED_MAX)], out)?;
        writeln!(out, "{}</details>", left_out(others.len(), LISTED_MAX, "object"))?;
    }
    writeln!(out, "</section>")
}

fn list(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<ul>")?;
    changes.iter().try_for_each(|change| one(change, out))?;
    writeln!(out, "</ul>")
}

fn one(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let (kind, sign) = (change.kind.name(), sign(change.kind));
    let [object, file] = [&change.object, json::file_name(&change.file)].map(text);
    writeln!(
        out,
        "<li class=\"{kind}\"><span class=\"sign\"><b aria-hidden=\"true\">{sign}</b> {kind}\
         </span> <bdi>{object}</bdi> <bdi class=\"dim\">{file}</bdi>"
    )?;
    if change.settings.is_empty() && change.more == 0 {
        return Ok(());
    }
    writeln!(out, "<table><tbody>")?;
    for setting in &change.settings {
        let [name, old, new] =
            [&setting.name, value(setting.old.as_deref()), value(setting.new.as_deref())].map(text);
        writeln!(
            out,
            "<tr><th scope=\"row\"><bdi>{name}</bdi><td><del><bdi>{old}</bdi></del> \
             <span aria-hidden=\"true\">→</span> <ins><bdi>{new}</bdi></ins>"
        )?;
    }
    if change.more > 0 {
        writeln!(out, "<tr><td colspan=\"2\" class=\"dim\">and {} more", change.more)?;
    }
    writeln!(out, "</tbody></table>")
}
