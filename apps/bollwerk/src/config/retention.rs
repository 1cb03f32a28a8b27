//! `retention:`, how long the server keeps what is no more.

use model::config::{ConfigError, Key, KeyKind, Section};

use super::images::number;

/// Days that something is kept at the most: a hundred years.
const DAYS_MAX: u32 = 36_500;

/// Rows of what is only added to, at the least and at the most.
const ROWS: (u64, u64) = (1_000, 1_000_000_000);

/// Keys of the section.
pub const KEYS: &[Key] = &[
    Key {
        name: "fixedDays",
        kind: KeyKind::Text,
        doc: "Days that a finding is kept after it was fixed, with its history; 180 by default.",
    },
    Key {
        name: "historyDays",
        kind: KeyKind::Text,
        doc: "Days that it is kept what happened to a finding; 365 by default.",
    },
    Key {
        name: "historyRows",
        kind: KeyKind::Text,
        doc: "The most events of findings that are kept; 10000000 by default.",
    },
    Key {
        name: "trendDays",
        kind: KeyKind::Text,
        doc: "Days that trends go back; 730 by default.",
    },
    Key {
        name: "decisionDays",
        kind: KeyKind::Text,
        doc: "Days that it is kept what the webhook refused and warned of; 30 by default.",
    },
    Key {
        name: "decisionRows",
        kind: KeyKind::Text,
        doc: "The most answers of the webhook that are kept; 1000000 by default.",
    },
    Key {
        name: "actionDays",
        kind: KeyKind::Text,
        doc: "Days that it is kept what people did with bollwerk itself; 365 by default.",
    },
    Key {
        name: "actionRows",
        kind: KeyKind::Text,
        doc: "The most such actions that are kept; 1000000 by default.",
    },
    Key {
        name: "imageDays",
        kind: KeyKind::Text,
        doc: "Days since its scan that an image is kept that does not run; 30 by default.",
    },
];

/// How long what is no more is kept: 1 day at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days since a finding was fixed.
    pub fixed_days: u32,
    /// Days since an event of a finding.
    pub history_days: u32,
    /// The most of these events.
    pub history_rows: u64,
    /// Days of trends.
    pub trend_days: u32,
    /// Days since an answer of the webhook.
    pub decision_days: u32,
    /// The most of these answers.
    pub decision_rows: u64,
    /// Days since an action of a person.
    pub action_days: u32,
    /// The most of these actions.
    pub action_rows: u64,
    /// Days since the scan of an image that does not run.
    pub image_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            fixed_days: 180,
            history_days: 365,
            history_rows: 10_000_000,
            trend_days: 730,
            decision_days: 30,
            decision_rows: 1_000_000,
            action_days: 365,
            action_rows: 1_000_000,
            image_days: 30,
        }
    }
}

impl Retention {
    /// Takes over what the section says.
    pub fn configure(&mut self, section: Section<'_>) -> Result<(), ConfigError> {
        let days = [
            ("fixedDays", &mut self.fixed_days),
            ("historyDays", &mut self.history_days),
            ("trendDays", &mut self.trend_days),
            ("decisionDays", &mut self.decision_days),
            ("actionDays", &mut self.action_days),
            ("imageDays", &mut self.image_days),
        ];
        for (key, setting) in days {
            if let Some(days) = section.parse(key, |text| number(text, 1, DAYS_MAX))? {
                *setting = days;
            }
        }
        let rows = [
            ("historyRows", &mut self.history_rows),
            ("decisionRows", &mut self.decision_rows),
            ("actionRows", &mut self.action_rows),
        ];
        for (key, setting) in rows {
            if let Some(rows) = section.parse(key, |text| number(text, ROWS.0, ROWS.1))? {
                *setting = rows;
            }
        }
        Ok(())
    }
}
