//! How many findings were open, day by day, as a chart.

use std::fmt::Write as _;

use serde::Serialize;
use utoipa::ToSchema;

/// Measures in CSS pixels.
const WIDTH: u64 = 640;
const HEIGHT: u64 = 150;
const LEFT: u64 = 44;
const BOTTOM: u64 = 22;
const TOP: u64 = 10;

/// One day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Day {
    /// `2027-03-31`.
    date: String,
    /// Findings that appeared or came back.
    opened: u64,
    /// Findings that were fixed.
    fixed: u64,
    /// Findings that were open at its end.
    open: u64,
}

impl Day {
    pub(crate) fn of(day: &store::Day) -> Self {
        Self { date: day.date.to_string(), opened: day.opened, fixed: day.fixed, open: day.open }
    }
}

/// The chart: open findings as a line, what appeared and was fixed as bars below.
pub(crate) fn chart(days: &[Day]) -> String {
    let most = days.iter().map(|it| it.open.max(it.opened).max(it.fixed)).max().unwrap_or(0).max(1);
    let step = (WIDTH - LEFT) / (days.len() as u64).max(1);
    let x = |at: usize| LEFT + at as u64 * step;
    let y = |count: u64| TOP + (HEIGHT - TOP - BOTTOM) * (most - count.min(most)) / most;
    let floor = HEIGHT - BOTTOM;
    let (first, last) = (days.first(), days.last());
    let words = match (first, last) {
        (Some(first), Some(last)) => format!(
            "Open findings: {} on {}, {} on {}.",
            first.open, first.date, last.open, last.date
        ),
        _ => "No days yet.".to_owned(),
    };
    let mut out = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"100%\" role=\"img\" \
         aria-label=\"{words}\">"
    );
    for count in [0, most / 2, most] {
        let at = y(count);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at}\" y2=\"{at}\"/>\
             <text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 6,
            at + 4,
            crate::interface::filters::group(count),
        );
    }
    let width = (step / 3).max(2);
    for (at, day) in days.iter().enumerate() {
        for (shift, class, count) in [(0, "opened", day.opened), (width, "fixed", day.fixed)] {
            if count > 0 {
                let top = y(count).min(floor - 1);
                let _ = write!(
                    out,
                    "<rect class=\"{class}\" x=\"{}\" y=\"{top}\" width=\"{width}\" \
                     height=\"{}\"><title>{}: {count} {class}</title></rect>",
                    x(at) + shift,
                    floor - top,
                    day.date,
                );
            }
        }
    }
    let points: Vec<String> = days
        .iter()
        .enumerate()
        .map(|(at, day)| format!("{},{}", x(at) + width, y(day.open)))
        .collect();
    if points.len() > 1 {
        let _ = write!(out, "<polyline class=\"line\" points=\"{}\"/>", points.join(" "));
    }
    for (at, day) in [(0, first), (days.len().saturating_sub(1), last)] {
        if let Some(day) = day {
            let anchor = if at == 0 { "start" } else { "end" };
            let at = if at == 0 { x(0) } else { WIDTH };
            let _ = write!(
                out,
                "<text class=\"axis\" x=\"{at}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                HEIGHT - 6,
                day.date,
            );
        }
    }
    out + "</svg>"
}
