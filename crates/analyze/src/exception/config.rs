//! Exceptions as they are written: in the configuration file and in annotations.

use jiff::civil::Date;
use model::Location;
use model::config::{ConfigError, Key, KeyKind, Section};

use super::{Exception, Place, Scope};
use crate::control_name;

/// Keys of one exception in the configuration file.
pub const EXCEPTION_KEYS: &[Key] = &[
    Key { name: "control", kind: KeyKind::Text, doc: "The control's name or id." },
    Key { name: "kind", kind: KeyKind::Text, doc: "Kind of the objects; `*` stands for anything." },
    Key { name: "namespace", kind: KeyKind::Text, doc: "Their namespace." },
    Key { name: "name", kind: KeyKind::Text, doc: "Their name." },
    Key { name: "container", kind: KeyKind::Text, doc: "The container." },
    Key { name: "labels", kind: KeyKind::Pairs, doc: "Labels of the object or of its pods." },
    Key { name: "path", kind: KeyKind::Text, doc: "The file, as the report shows it." },
    Key { name: "reason", kind: KeyKind::Text, doc: "Why it is accepted." },
    Key { name: "owner", kind: KeyKind::Text, doc: "Who answers for it." },
    Key { name: "until", kind: KeyKind::Text, doc: "The last day it holds: 2027-03-31." },
];

/// The exceptions of a list of sections; `file` is the configuration file's name.
pub fn read(sections: &[Section<'_>], file: &str) -> Result<Vec<Exception>, ConfigError> {
    sections.iter().map(|section| read_one(section, file)).collect()
}

fn read_one(section: &Section<'_>, file: &str) -> Result<Exception, ConfigError> {
    let text = |name| section.parse(name, |text| Ok(text.to_owned()));
    let control = section.parse("control", control_name::parse)?;
    let control =
        control.ok_or_else(|| section.error("an exception needs a `control`".to_owned()))?;
    let reason = text("reason")?.filter(|reason| !reason.trim().is_empty());
    let reason = reason.ok_or_else(|| section.error("an exception needs a `reason`".to_owned()))?;
    let position = section.position();
    Ok(Exception {
        control,
        scope: Scope {
            kind: text("kind")?,
            namespace: text("namespace")?,
            name: text("name")?,
            container: text("container")?,
            labels: section.pairs("labels"),
            path: text("path")?,
            field: None,
        },
        reason,
        owner: text("owner")?,
        until: section.parse("until", parse_date)?,
        place: Place::Central(Location {
            file: file.to_owned(),
            line: position.line,
            column: position.column,
            end_line: position.line,
            end_column: position.column,
        }),
    })
}

fn parse_date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no date; write it as 2027-03-31"))
}

/// The exception that travels with an object: words `until=`, `owner=` and `container=` in any
/// order, then the reason. None if it has no reason or a date that is none: it then excepts
/// nothing.
pub(super) fn embedded(control: &str, text: &str, place: Place) -> Option<Exception> {
    let words = words(text)?;
    Some(Exception {
        control: control.to_owned(),
        scope: Scope { container: words.container.map(str::to_owned), ..Scope::default() },
        reason: words.reason.to_owned(),
        owner: words.owner.map(str::to_owned),
        until: words.until,
        place,
    })
}

/// Whether a text says all that an exception needs.
pub(super) fn is_exception(text: &str) -> bool {
    words(text).is_some()
}

struct Words<'t> {
    until: Option<Date>,
    owner: Option<&'t str>,
    container: Option<&'t str>,
    reason: &'t str,
}

fn words(text: &str) -> Option<Words<'_>> {
    let mut words = Words { until: None, owner: None, container: None, reason: "" };
    let mut rest = text.trim();
    while let Some((word, value)) = rest.split_whitespace().next()?.split_once('=') {
        match word {
            "until" => words.until = Some(value.parse().ok()?),
            "owner" => words.owner = Some(value),
            "container" => words.container = Some(value),
            _ => break,
        }
        let length = word.len() + 1 + value.len();
        rest = rest[length..].trim_start();
    }
    words.reason = rest;
    (!rest.is_empty()).then_some(words)
}
