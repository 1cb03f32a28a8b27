//! A baseline: findings that are known, so that only new ones fail.
//!
//! `bollwerk.baseline/v1` is a JSON file, sorted so that changes of it read well. Findings are
//! told apart by their fingerprint alone; the other fields are for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::{Finding, Subject, cloud};
use serde::{Deserialize, Serialize};

/// Name and version of the format.
const SCHEMA: &str = "bollwerk.baseline/v1";
/// Most entries taken from a file.
const ENTRIES_MAX: usize = 1_000_000;

/// Findings that are known, by fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

/// A known finding, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its fingerprint.
    pub fingerprint: String,
    /// The control.
    pub control: String,
    /// What it is about.
    pub subject: String,
    /// The field.
    pub path: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    findings: Vec<Entry>,
}

/// What a baseline says of a run.
#[derive(Default)]
pub struct Comparison {
    /// Findings that it does not know.
    pub new: Vec<Finding>,
    /// Findings that it knows.
    pub known: Vec<Finding>,
    /// Its entries that were not found any more.
    pub resolved: Vec<Entry>,
}

impl Baseline {
    /// A baseline of these findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let entry = |finding: &Finding| {
            let fingerprint = finding.fingerprint.as_str().to_owned();
            let subject = match &finding.subject {
                Subject::Object { kind, namespace, name, .. } => {
                    let namespace = namespace.as_ref().map(|name| format!("{name}/"));
                    format!("{kind} {}{name}", namespace.unwrap_or_default())
                }
                Subject::File(name) => name.clone(),
                Subject::CloudResource { kind, name } => {
                    format!("{kind} {}", cloud::short_name(name))
                }
            };
            let (control, path) = (finding.control.to_owned(), finding.path.to_string());
            (fingerprint.clone(), Entry { fingerprint, control, subject, path })
        };
        Self { entries: findings.into_iter().map(entry).collect() }
    }

    /// Writes the file.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut findings: Vec<Entry> = self.entries.values().cloned().collect();
        let order =
            |entry: &Entry| (entry.subject.clone(), entry.control.clone(), entry.path.clone());
        findings.sort_by_cached_key(order);
        serde_json::to_writer_pretty(&mut *out, &File { schema: SCHEMA.to_owned(), findings })?;
        out.write_all(b"\n")
    }

    /// Reads a file; the error says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| format!("is no baseline (write one with `baseline save`): {error}"))?;
        if file.schema != SCHEMA {
            return Err(format!("has the format `{}`; this build reads {SCHEMA}", file.schema));
        }
        if file.findings.len() > ENTRIES_MAX {
            return Err(format!("holds more than {ENTRIES_MAX} findings"));
        }
        if let Some(entry) = file.findings.iter().find(|e| !e.fingerprint.starts_with("f1:")) {
            return Err(format!("has a fingerprint of another version: `{}`", entry.fingerprint));
        }
        let entries = file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry));
        Ok(Self { entries: entries.collect() })
    }

    /// Divides findings into known and new, and tells what is resolved. `hidden` findings are
    /// still there, but excepted: they are not resolved.
    pub fn compare<'h>(
        &self,
        findings: Vec<Finding>,
        hidden: impl IntoIterator<Item = &'h Finding>,
    ) -> Comparison {
        let mut left = self.entries.clone();
        for finding in hidden {
            left.remove(finding.fingerprint.as_str());
        }
        let (known, new): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| self.entries.contains_key(finding.fingerprint.as_str()));
        for finding in &known {
            left.remove(finding.fingerprint.as_str());
        }
        Comparison { new, known, resolved: left.into_values().collect() }
    }
}
