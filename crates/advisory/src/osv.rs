//! Advisories in the OSV format, schema 1.7.5 (<https://ossf.github.io/osv-schema/>), borrowed from
//! their text.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{Informational, Status};

/// Bytes of one record; the largest real ones have about two million.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Larger than a record may be.
    #[error("the record has {0} bytes, {RECORD_BYTES_MAX} are the limit")]
    TooLong(usize),
    /// Not JSON, or fields of the wrong type.
    #[error("the record is no OSV record: {0}")]
    Form(#[from] serde_json::Error),
}

/// One advisory. Fields we do not use are passed over.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Record<'a> {
    /// `PYSEC-2021-439`.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Cow<'a, str>,
    /// When it last changed.
    #[serde(borrow, deserialize_with = "text")]
    pub modified: Cow<'a, str>,
    /// When it was published.
    #[serde(borrow, deserialize_with = "text")]
    pub published: Cow<'a, str>,
    /// When it was taken back; empty when it was not.
    #[serde(borrow, deserialize_with = "text")]
    pub withdrawn: Cow<'a, str>,
    /// Other names of the same vulnerability. In a distribution's advisory: the vulnerabilities it
    /// speaks of, which are not the same as each other.
    #[serde(borrow, deserialize_with = "list")]
    pub aliases: Vec<Cow<'a, str>>,
    /// Names of vulnerabilities it has to do with.
    #[serde(borrow, deserialize_with = "list")]
    pub related: Vec<Cow<'a, str>>,
    /// Names of the vulnerabilities it passes on.
    #[serde(borrow, deserialize_with = "list")]
    pub upstream: Vec<Cow<'a, str>>,
    /// A line about it.
    #[serde(borrow, deserialize_with = "text")]
    pub summary: Cow<'a, str>,
    /// How bad it is.
    #[serde(borrow, deserialize_with = "list")]
    pub severity: Vec<Severity<'a>>,
    /// What it affects.
    #[serde(borrow, deserialize_with = "list")]
    pub affected: Vec<Affected<'a>>,
    /// What the source adds: `severity` in GitHub's records.
    #[serde(deserialize_with = "or_default")]
    pub database_specific: Value,
}

/// A CVSS vector, or a distribution's word.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Severity<'a> {
    /// `CVSS_V3`, `Ubuntu`.
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Cow<'a, str>,
    /// The vector, or the word.
    #[serde(borrow, deserialize_with = "text")]
    pub score: Cow<'a, str>,
}

/// One package an advisory affects.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Affected<'a> {
    /// Which package.
    #[serde(borrow)]
    pub package: Name<'a>,
    /// Which versions, from where to where.
    #[serde(borrow, deserialize_with = "list")]
    pub ranges: Vec<Range<'a>>,
    /// Which versions, one by one.
    #[serde(borrow, deserialize_with = "list")]
    pub versions: Vec<Cow<'a, str>>,
    /// How bad it is in this package.
    #[serde(borrow, deserialize_with = "list")]
    pub severity: Vec<Severity<'a>>,
    /// What the source adds: `informational` in RustSec's records.
    #[serde(deserialize_with = "or_default")]
    pub database_specific: Value,
    /// What the ecosystem adds: `urgency` of Debian.
    #[serde(deserialize_with = "or_default")]
    pub ecosystem_specific: Value,
    /// What the vendor says; OSV has no field for it, readers of other formats set it.
    #[serde(skip)]
    pub status: Option<Status>,
}

/// A package by ecosystem and name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Name<'a> {
    /// `Debian:12`.
    #[serde(borrow, deserialize_with = "text")]
    pub ecosystem: Cow<'a, str>,
    /// `openssl`.
    #[serde(borrow, deserialize_with = "text")]
    pub name: Cow<'a, str>,
}

/// A run of events.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Range<'a> {
    /// How its versions are compared.
    #[serde(rename = "type")]
    pub kind: RangeKind,
    /// What happens, at which version.
    #[serde(borrow, deserialize_with = "list")]
    pub events: Vec<Event<'a>>,
}

/// How the versions of a range are compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Deserialize)]
pub enum RangeKind {
    /// As the package's ecosystem does.
    #[default]
    #[serde(rename = "ECOSYSTEM")]
    Ecosystem,
    /// By Semantic Versioning 2.0.0.
    #[serde(rename = "SEMVER")]
    Semver,
    /// They are commits, which no installed package shows; and kinds that are not known yet.
    #[serde(rename = "GIT", other)]
    Git,
}

/// What happens at a version. A record has one field of the four in each event.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    /// Affected from here on; `0` is before every version.
    #[serde(borrow, deserialize_with = "maybe")]
    pub introduced: Option<Cow<'a, str>>,
    /// Not affected any more from here on.
    #[serde(borrow, deserialize_with = "maybe")]
    pub fixed: Option<Cow<'a, str>>,
    /// The last version that is affected.
    #[serde(borrow, deserialize_with = "maybe")]
    pub last_affected: Option<Cow<'a, str>>,
    /// The range says nothing from here on.
    #[serde(borrow, deserialize_with = "maybe")]
    pub limit: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    /// Reads one record.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RecordError> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(RecordError::TooLong(bytes.len()));
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}

impl Affected<'_> {
    /// What the vendor says: [`Affected::status`], else `database_specific.status`.
    pub fn stated(&self) -> Option<Status> {
        self.status.or_else(|| match self.database_specific["status"].as_str()? {
            "end-of-life" => Some(Status::EndOfLife),
            "unfixed" => Some(Status::Affected),
            _ => None,
        })
    }

    /// What the advisory is, if it tells of no vulnerability.
    pub fn informational(&self) -> Option<Informational> {
        let word = self.database_specific["informational"].as_str()?;
        // Kinds that are not known yet are notices.
        let known = Informational::ALL.into_iter().find(|kind| kind.name() == word);
        Some(known.unwrap_or(Informational::Notice))
    }
}

/// `null` is as good as nothing.
fn text<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Cow<'a, str>, D::Error> {
    Ok(maybe(from)?.unwrap_or_default())
}

fn maybe<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Borrowed<'a>>::deserialize(from)?.map(|text| text.0))
}

fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    or_default(from)
}

fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}
