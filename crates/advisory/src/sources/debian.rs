//! Debian's security tracker: its JSON export, package → vulnerability → release → state.
//!
//! The states are those of the tracker's `bin/tracker_service.py` and `lib/python/sectracker`:
//! `resolved` with the version that fixed it (`0`: never was vulnerable there), `open`,
//! `undetermined`; `nodsa` with its reason says why no advisory comes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use package::Ecosystem;
use serde::Deserialize;
use serde_json::json;

use super::SourceError;
use crate::osv::{Affected, Event, Name, Range, RangeKind, Record};
use crate::{Date, Status};

/// Package → vulnerability → what is known.
type Tracker<'a> = BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, Vulnerability<'a>>>;

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow, default)]
    description: Cow<'a, str>,
    #[serde(borrow, default)]
    releases: BTreeMap<Cow<'a, str>, State<'a>>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow, default)]
    status: Cow<'a, str>,
    #[serde(default)]
    fixed_version: Option<String>,
    #[serde(borrow, default)]
    urgency: Cow<'a, str>,
    #[serde(default)]
    nodsa: Option<String>,
    #[serde(default)]
    nodsa_reason: Option<String>,
}

/// Reads the export. A record is a vulnerability with all its packages and releases; `state` is
/// the day of the export, which dates every statement. Releases without a number (`sid`) are
/// passed over: no image can say that it is one.
pub fn records(text: &str, state: Date) -> Result<Vec<Record<'_>>, SourceError> {
    let tracker: Tracker<'_> =
        serde_json::from_str(text).map_err(|error| SourceError::Json("Debian", error))?;
    let mut records: BTreeMap<Cow<'_, str>, Record<'_>> = BTreeMap::new();
    for (package, vulnerabilities) in tracker {
        for (id, vulnerability) in vulnerabilities {
            let record = records.entry(id.clone()).or_insert_with(|| Record {
                aliases: vec![id.clone()],
                id,
                modified: state.to_string().into(),
                summary: vulnerability.description,
                ..Record::default()
            });
            for (release, state) in vulnerability.releases {
                let Some(ecosystem) = Ecosystem::of_debian(&release) else { continue };
                record.affected.push(affected(package.clone(), &ecosystem, &state));
            }
        }
    }
    Ok(records.into_values().collect())
}

fn affected<'a>(package: Cow<'a, str>, ecosystem: &Ecosystem, state: &State<'_>) -> Affected<'a> {
    let start = Event { introduced: Some("0".into()), ..Event::default() };
    let mut events = vec![start];
    let status = match (state.status.as_ref(), state.fixed_version.as_deref()) {
        ("resolved", Some("0")) => Status::NotAffected,
        ("resolved", Some(fixed)) => {
            events.push(Event { fixed: Some(fixed.to_owned().into()), ..Event::default() });
            Status::Fixed
        }
        ("undetermined", _) => Status::UnderInvestigation,
        _ => unfixed(state),
    };
    Affected {
        package: Name { ecosystem: ecosystem.to_string().into(), name: package },
        ranges: vec![Range { kind: RangeKind::Ecosystem, events }],
        database_specific: json!({ "urgency": state.urgency }),
        status: Some(status),
        ..Affected::default()
    }
}

/// Why there is no fix.
fn unfixed(state: &State<'_>) -> Status {
    match (state.urgency.as_ref(), state.nodsa_reason.as_deref(), &state.nodsa) {
        ("end-of-life", ..) => Status::EndOfLife,
        ("unimportant", ..) | (_, Some("ignored"), _) => Status::WillNotFix,
        (_, Some("postponed"), _) | (_, _, Some(_)) => Status::FixDeferred,
        _ => Status::Affected,
    }
}
