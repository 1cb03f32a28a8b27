//! Alpine's secdb: of each branch and repository, package → version → what that version fixed.
//!
//! The version `0` says that a package never was affected (the README of
//! `alpine/infra/alpine-secdb`). Wolfi and Chainguard publish the same form.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::SourceError;
use crate::osv::{Affected, Event, Name, Range, RangeKind, Record};
use crate::{Date, Status};

#[derive(Deserialize)]
struct Branch<'a> {
    #[serde(borrow, default)]
    packages: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    pkg: Package<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    secfixes: BTreeMap<String, Option<Vec<String>>>,
}

/// Reads one file. `ecosystem` is what its packages belong to (`Alpine:v3.20`), `state` the day of
/// the file. A record is a vulnerability; records of several files may have the same name.
pub fn records<'a>(
    text: &'a str,
    ecosystem: &str,
    state: Date,
) -> Result<Vec<Record<'a>>, SourceError> {
    let branch: Branch<'a> =
        serde_json::from_str(text).map_err(|error| SourceError::Json("Alpine", error))?;
    let mut records: BTreeMap<String, Record<'a>> = BTreeMap::new();
    for Item { pkg: package } in branch.packages {
        for (version, names) in package.secfixes {
            for written in names.unwrap_or_default() {
                // More than one name in a line is names of one fix: `CVE-2016-10013 XSA-204`.
                for name in names_of(&written) {
                    let record = records.entry(name.to_owned()).or_insert_with(|| Record {
                        id: name.to_owned().into(),
                        aliases: vec![name.to_owned().into()],
                        modified: state.to_string().into(),
                        ..Record::default()
                    });
                    record.affected.push(affected(package.name.clone(), ecosystem, &version));
                }
            }
        }
    }
    Ok(records.into_values().collect())
}

/// The ecosystem a file says it is of: `Alpine:v3.20`, `Wolfi`; none where it does not say.
pub fn ecosystem(text: &str) -> Result<Option<String>, SourceError> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Head {
        distroversion: String,
        urlprefix: String,
        apkurl: String,
    }
    let head: Head =
        serde_json::from_str(text).map_err(|error| SourceError::Json("Alpine", error))?;
    let places = [head.urlprefix.as_str(), head.apkurl.as_str()];
    let is_of = |word: &str| places.iter().any(|place| place.to_ascii_lowercase().contains(word));
    Ok(match head.distroversion.as_str() {
        _ if is_of("wolfi") => Some("Wolfi".to_owned()),
        _ if is_of("chainguard") || is_of("cgr.dev") => Some("Chainguard".to_owned()),
        "" => None,
        version => Some(format!("Alpine:{version}")),
    })
}

/// The CVE ids of a line; the first word where there is none.
fn names_of(written: &str) -> Vec<&str> {
    let words = || written.split_whitespace();
    let cves: Vec<&str> = words().filter(|word| word.starts_with("CVE-")).collect();
    if cves.is_empty() { words().take(1).collect() } else { cves }
}

fn affected<'a>(package: Cow<'a, str>, ecosystem: &str, version: &str) -> Affected<'a> {
    let start = Event { introduced: Some("0".into()), ..Event::default() };
    let mut events = vec![start];
    let status = if version == "0" {
        Status::NotAffected
    } else {
        events.push(Event { fixed: Some(version.to_owned().into()), ..Event::default() });
        Status::Fixed
    };
    Affected {
        package: Name { ecosystem: ecosystem.to_owned().into(), name: package },
        ranges: vec![Range { kind: RangeKind::Ecosystem, events }],
        status: Some(status),
        ..Affected::default()
    }
}
