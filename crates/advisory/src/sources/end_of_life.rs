//! endoflife.date: until when each release of a product gets fixes (`/api/⟨product⟩.json`).

use serde::Deserialize;
use serde_json::Value;

use super::SourceError;
use crate::Date;

/// One release of a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cycle {
    /// The release: `12`, `3.20`.
    pub cycle: String,
    /// When it stops, or has stopped, to get security fixes.
    pub end: End,
    /// When what can be bought or is done by volunteers (LTS, ESM) stops.
    pub extended_end: End,
}

/// When something ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// On this day.
    On(Date),
    /// It has, nobody says when.
    Past,
    /// It has not, and no day is set.
    Open,
    /// Nothing is said.
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    cycle: Value,
    #[serde(default)]
    eol: Value,
    #[serde(default)]
    extended_support: Value,
}

/// Reads the releases of one product, in the order of the file.
pub fn cycles(text: &str) -> Result<Vec<Cycle>, SourceError> {
    let rows: Vec<Row> =
        serde_json::from_str(text).map_err(|error| SourceError::Json("endoflife.date", error))?;
    let cycle = |row: &Row| Cycle {
        // Some files write a number.
        cycle: row.cycle.as_str().map_or_else(|| row.cycle.to_string(), str::to_owned),
        end: end(&row.eol),
        extended_end: end(&row.extended_support),
    };
    Ok(rows.iter().map(cycle).collect())
}

fn end(value: &Value) -> End {
    match value {
        Value::Bool(true) => End::Past,
        Value::Bool(false) => End::Open,
        Value::String(text) => Date::parse(text).map_or(End::Unknown, End::On),
        _ => End::Unknown,
    }
}
