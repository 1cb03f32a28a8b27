//! What differs from an older state: on the terminal, and the words all formats share.

use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Style};
use model::change::{Change, ChangeKind, SettingChange};

use crate::style::{BOLD, DIM};
use crate::width::cells;
use crate::wording::harmless;

/// Most objects told.
const OBJECTS_MAX: usize = 60;
/// Widest column of names.
const NAME_CELLS_MAX: usize = 44;

pub(crate) fn render(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return writeln!(out, "{DIM}No object differs.{DIM:#}\n");
    }
    writeln!(out, "{BOLD}Objects{BOLD:#}")?;
    for change in changes.iter().take(OBJECTS_MAX) {
        one(change, out)?;
    }
    let more = changes.len().saturating_sub(OBJECTS_MAX);
    if more > 0 {
        writeln!(out, "  {DIM}… and {more} more; `--format json` lists all{DIM:#}")?;
    }
    writeln!(out)
}

fn one(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(Color::Ansi(colour)));
    let style = match change.kind {
        ChangeKind::Added => colour(AnsiColor::Green),
        ChangeKind::Removed => colour(AnsiColor::Red),
        ChangeKind::Changed => colour(AnsiColor::Yellow),
    };
    let sign = sign(change.kind);
    let (object, file) = (harmless(&change.object), harmless(&change.file));
    writeln!(out, "  {style}{sign} {object}{style:#}  {DIM}{file}{DIM:#}")?;
    let names = change.settings.iter().map(|setting| cells(&setting.name));
    let width = names.max().unwrap_or(0).min(NAME_CELLS_MAX);
    for SettingChange { name, old, new } in &change.settings {
        let name = harmless(name);
        let space = width.saturating_sub(cells(&name));
        let [old, new] = [value(old.as_deref()), value(new.as_deref())].map(harmless);
        writeln!(out, "      {name}{:space$}  {DIM}{old} →{DIM:#} {new}", "")?;
    }
    if change.more > 0 {
        writeln!(out, "      {DIM}… and {} more{DIM:#}", change.more)?;
    }
    Ok(())
}

/// The sign of what happened to an object, as `diff` programs write it.
pub(crate) fn sign(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "+",
        ChangeKind::Removed => "-",
        ChangeKind::Changed => "~",
    }
}

/// A setting's value, or the words for none.
pub(crate) fn value(value: Option<&str>) -> &str {
    match value {
        Some("") => "(none)",
        Some(text) => text,
        None => "(not set)",
    }
}

/// What differs in an object, one text for each setting, and one for what is not listed.
pub(crate) fn differences(change: &Change) -> Vec<String> {
    let difference = |setting: &SettingChange| {
        let [old, new] = [value(setting.old.as_deref()), value(setting.new.as_deref())];
        format!("{}: {old} → {new}", setting.name)
    };
    let mut texts: Vec<String> = change.settings.iter().map(difference).collect();
    if change.more > 0 {
        texts.push(format!("and {} more", change.more));
    }
    texts
}
