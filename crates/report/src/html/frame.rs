//! Source lines for the page's script.

use model::{Frame, Location};
use serde::Serialize;

use crate::wording::harmless;

/// Number of the first line, the columns to mark in the last one, and the lines.
#[derive(Serialize)]
pub(super) struct Lines(u32, u32, u32, String);

impl Lines {
    pub(super) fn new(location: &Location, frame: &Frame) -> Self {
        let line = |text: &str| harmless(&text.trim_end().replace('\t', " "));
        let texts: Vec<String> = frame.lines.iter().map(|it| line(&it.text)).collect();
        let last = texts.last().map_or(0, |text| text.chars().count() as u32);
        let column = |column: u32| column.saturating_sub(1 + frame.columns_before).min(last);
        let start = column(location.column);
        let is_one_line = location.end_line == location.line;
        let end = if is_one_line { column(location.end_column).max(start) } else { last };
        Self(frame.lines.first().map_or(1, |line| line.number), start, end, texts.join("\n"))
    }
}
