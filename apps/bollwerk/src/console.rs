//! What answers on standard output share.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();

/// Writes a document, indented.
pub(crate) fn print_json(value: &Value) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(anstream::stdout());
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
