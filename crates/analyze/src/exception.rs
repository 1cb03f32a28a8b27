//! Exceptions: findings that somebody answers for, within a scope, until a day.
//!
//! A central one stands in the configuration file and works for manifests that cannot be changed
//! (an upstream chart); an embedded one is an annotation of the object itself:
//!
//! ```yaml
//! metadata:
//!   annotations:
//!     allow.bollwerk.io/privileged-container: "until=2027-03-31 owner=platform loads the driver"
//! ```
//!
//! What an exception hides is told in the report. One that has expired hides nothing any more;
//! one that hides nothing, or would hide too much, is told too.

mod config;
mod scope;

use model::{Finding, Fingerprint, Fix, Location, Node, Object, Path, Snapshot, Subject};

pub use config::{EXCEPTION_KEYS, read};
pub use scope::Scope;

use crate::control_name;
use crate::remark::{self, RemarkKind};

/// Prefix of the annotations that are exceptions.
pub const ANNOTATION_PREFIX: &str = "allow.bollwerk.io/";

/// One exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The control it is about: a name or an id.
    pub control: String,
    /// What it covers.
    pub scope: Scope,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub until: Option<jiff::civil::Date>,
    /// Where it is written.
    pub place: Place,
}

/// Where an exception is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the configuration file.
    Central(Location),
    /// In an annotation of the object it is about.
    Embedded,
}

/// What exceptions did to the findings of a run.
#[derive(Default)]
pub struct Outcome {
    /// Findings that are left.
    pub kept: Vec<Finding>,
    /// Findings that are hidden, each with the exception that does it.
    pub hidden: Vec<(Finding, Exception)>,
    /// Central exceptions that need attention.
    pub remarks: Vec<Remark>,
}

/// Something to tell about an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What is wrong with it.
    pub kind: RemarkKind,
    /// The exception.
    pub exception: Exception,
}

/// Divides findings into those that are excepted and those that are not. `embedded` says whether
/// annotations of the judged objects count: where their author is not trusted, they must not.
pub fn apply(
    findings: Vec<Finding>,
    central: &[Exception],
    embedded: bool,
    snapshot: &Snapshot,
) -> Outcome {
    let today = jiff::tz::Offset::UTC.to_datetime(snapshot.taken_at).date();
    let mut used = vec![false; central.len()];
    let mut outcome = Outcome::default();
    for finding in findings {
        let object = finding.object.map(|id| snapshot.object(id));
        let of_file = central.iter().enumerate().find(|(_, exception)| {
            exception.holds(today) && exception.covers(&finding, object.as_ref())
        });
        let found = of_file.map(|(number, exception)| {
            used[number] = true;
            exception.clone()
        });
        let own = || annotation(&finding, object.as_ref()?, today);
        let found = found.or_else(|| if embedded { own() } else { None });
        match found {
            Some(exception) => outcome.hidden.push((finding, exception)),
            None => outcome.kept.push(finding),
        }
    }
    for (exception, used) in central.iter().zip(used) {
        let kind = if !exception.holds(today) {
            RemarkKind::Expired
        } else if exception.scope.is_everything() {
            RemarkKind::TooWide
        } else if !used {
            RemarkKind::Unused
        } else {
            continue;
        };
        outcome.remarks.push(Remark { kind, exception: exception.clone() });
    }
    outcome
}

impl Remark {
    /// The remark as a finding about the configuration file.
    pub fn finding(&self) -> Option<Finding> {
        let rule = remark::RULES.iter().find(|rule| rule.kind == self.kind)?;
        let Place::Central(location) = &self.exception.place else { return None };
        let Exception { control, reason, until, .. } = &self.exception;
        let until = until.map(|day| format!(", until {day}")).unwrap_or_default();
        let message = format!("{}: `{control}` ({reason}{until})", rule.title.to_lowercase());
        let subject = Subject::File(location.file.clone());
        let name = format!("{control} {:?}", self.exception.scope);
        Some(Finding {
            control: rule.name,
            id: rule.name,
            severity: rule.severity,
            fingerprint: Fingerprint::of_parts(&[rule.name, &name]),
            subject,
            object: None,
            path: Path::root(),
            message,
            fix: Some(Fix::advice(rule.advice)),
            also: Vec::new(),
            owner: self.exception.owner.clone(),
            location: Some(location.clone()),
            frame: None,
        })
    }
}

impl Exception {
    fn holds(&self, today: jiff::civil::Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    fn covers(&self, finding: &Finding, object: Option<&Object<'_>>) -> bool {
        is_about(&self.control, finding) && self.scope.covers(finding, object)
    }
}

/// Whether a name means the control of a finding, or one it also stands for.
fn is_about(control: &str, finding: &Finding) -> bool {
    control == finding.control || control == finding.id || finding.also.contains(&control)
}

/// The annotation of an object that excepts a finding.
fn annotation(
    finding: &Finding,
    object: &Object<'_>,
    today: jiff::civil::Date,
) -> Option<Exception> {
    let annotations = object.root.field("metadata.annotations")?;
    // By the names that mean the finding, not through all annotations for each of its object's.
    let names = [finding.control, finding.id].into_iter().chain(finding.also.iter().copied());
    names
        .filter_map(|control| {
            let text = annotations.str(&format!("{ANNOTATION_PREFIX}{control}"))?;
            config::annotation(control, text)
        })
        .find(|exception| exception.holds(today) && exception.scope.covers(finding, Some(object)))
}

/// Annotations that want to be exceptions and are none, with what is wrong with each.
pub(crate) fn misspelt(object: &Object<'_>) -> Vec<(Path, String)> {
    let annotations = object.root.field("metadata.annotations");
    let exceptions = annotations.into_iter().flat_map(Node::entries).filter_map(|(key, value)| {
        Some((key, key.strip_prefix(ANNOTATION_PREFIX)?, value.as_str().unwrap_or_default()))
    });
    exceptions
        .filter_map(|(key, control, text)| {
            let wrong = match control_name::parse(control) {
                Err(error) => error,
                Ok(_) if config::annotation(control, text).is_some() => return None,
                Ok(_) => {
                    "write `until=2027-03-31 owner=NAME REASON`; a reason is needed".to_owned()
                }
            };
            let at = Path::root().field("metadata.annotations").key(key);
            Some((at, format!("an exception that excepts nothing: {wrong}")))
        })
        .collect()
}

#[cfg(test)]
mod tests;
