//! EPSS: how likely a vulnerability is to be used within 30 days (FIRST's daily CSV).

use super::SourceError;
use crate::{Date, Exploitation, Identifier};

/// What the file says: its day and each vulnerability.
#[derive(Debug, Default)]
pub struct Scores<'a> {
    /// The day the scores were made, where the file says so.
    pub date: Option<Date>,
    /// Each vulnerability and its scores.
    pub scores: Vec<(Identifier<'a>, Exploitation)>,
    /// Lines that could not be read.
    pub unreadable: usize,
}

/// Reads the CSV: a comment with `score_date:`, the heading `cve,epss,percentile`, rows.
pub fn scores(text: &str) -> Result<Scores<'_>, SourceError> {
    let mut found = Scores::default();
    let mut has_heading = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix('#') {
            let date = comment.split(',').find_map(|part| part.trim().strip_prefix("score_date:"));
            found.date = date.and_then(Date::parse).or(found.date);
            continue;
        }
        if !has_heading {
            if line != "cve,epss,percentile" {
                let told =
                    format!("the heading is `{}`", line.chars().take(80).collect::<String>());
                return Err(SourceError::Table("FIRST", told));
            }
            has_heading = true;
            continue;
        }
        let mut cells = line.split(',');
        let row = (cells.next(), cells.next().and_then(share), cells.next().and_then(share));
        let (Some(name), Some(epss), Some(percentile)) = row else {
            found.unreadable += 1;
            continue;
        };
        let told = Exploitation {
            epss: Some(epss),
            percentile: Some(percentile),
            ..Exploitation::default()
        };
        found.scores.push((Identifier::parse(name), told));
    }
    Ok(found)
}

/// A share in ten-thousandths, of a number from 0 to 1.
fn share(text: &str) -> Option<u16> {
    let share: f64 = text.trim().parse().ok()?;
    #[expect(clippy::cast_sign_loss, reason = "between 0 and 10000")]
    (0.0..=1.0).contains(&share).then_some((share * 10_000.0).round() as u16)
}
