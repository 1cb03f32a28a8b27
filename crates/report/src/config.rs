//! The `report` section of the configuration file.

use model::Severity;
use model::config::{ConfigError, Key, KeyKind, Section};

use crate::Policy;

/// Its keys.
pub const KEYS: &[Key] = &[
    Key {
        name: "failOn",
        kind: KeyKind::Text,
        doc: "The least severity that makes a run fail: critical, high, medium, low, info, none.",
    },
    Key {
        name: "acceptGaps",
        kind: KeyKind::Texts,
        doc: "Kinds of gaps that do not make a run end with code 3.",
    },
];

/// Takes over the section's values.
pub fn configure(section: Section<'_>, policy: &mut Policy) -> Result<(), ConfigError> {
    if let Some(fail_on) = section.parse("failOn", parse_fail_on)? {
        policy.fail_on = fail_on;
    }
    if let Some(kinds) = section.parse_all("acceptGaps", str::parse)? {
        policy.accepted_gaps = kinds;
    }
    Ok(())
}

/// A severity, or `none`: nothing makes a run fail.
pub fn parse_fail_on(text: &str) -> Result<Option<Severity>, String> {
    if text == "none" { Ok(None) } else { text.parse().map(Some) }
}
