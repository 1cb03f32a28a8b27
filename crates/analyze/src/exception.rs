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
//! or a comment in its text, which speaks of what begins on its line or, alone on a line, on the
//! next:
//!
//! ```yaml
//! securityContext:
//!   privileged: true # bollwerk:allow privileged-container owner=platform loads the driver
//! ```
//!
//! What an exception hides is told in the report. One that has expired hides nothing any more;
//! one that hides nothing, or would hide too much, is told too.

mod config;
mod scope;

use std::collections::HashMap;

use model::{
    Finding, Fingerprint, Fix, Gap, GapKind, Location, Node, Note, Object, ObjectId, Path,
    Snapshot, Subject,
};

pub use config::{EXCEPTION_KEYS, read};
pub use scope::{Scope, matches};

use crate::remark::{self, RemarkKind};
use crate::{Options, control_name};

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
    Annotation(ObjectId),
    /// In a comment of the object's text.
    Comment(ObjectId, Location),
}

impl Place {
    /// The object it travels with; none for a central one.
    pub fn object(&self) -> Option<ObjectId> {
        match self {
            Self::Central(_) => None,
            Self::Annotation(id) | Self::Comment(id, _) => Some(*id),
        }
    }
}

/// What exceptions did to the findings of a run.
#[derive(Default)]
pub struct Outcome {
    /// Findings that are left.
    pub kept: Vec<Finding>,
    /// Findings that are hidden, each with the exception that does it.
    pub hidden: Vec<(Finding, Exception)>,
    /// Exceptions that need attention.
    pub remarks: Vec<Remark>,
    /// Comments that want to be exceptions and are none.
    pub gaps: Vec<Gap>,
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
/// annotations and comments of the judged objects count: where their author is not trusted, they
/// must not.
pub fn apply(
    findings: Vec<Finding>,
    central: &[Exception],
    embedded: bool,
    snapshot: &Snapshot,
    options: &Options,
) -> Outcome {
    let today = jiff::tz::Offset::UTC.to_datetime(snapshot.taken_at).date();
    let mut outcome = Outcome::default();
    let mut all = central.to_vec();
    if embedded {
        all.extend(written(snapshot, &mut outcome.gaps));
    }
    // By object and name: an object may have thousands of findings and of annotations.
    let mut own: HashMap<(ObjectId, &str), Vec<usize>> = HashMap::new();
    for (number, exception) in all.iter().enumerate() {
        if let Some(object) = exception.place.object() {
            own.entry((object, &exception.control)).or_default().push(number);
        }
    }
    let mut used = vec![false; all.len()];
    for finding in findings {
        let object = finding.object.map(|id| snapshot.object(id));
        let names = names(&finding).filter_map(|name| own.get(&(finding.object?, name)));
        let found = (0..central.len()).chain(names.flatten().copied()).find(|number| {
            all[*number].holds(today) && all[*number].covers(&finding, object.as_ref())
        });
        match found {
            Some(number) => {
                used[number] = true;
                outcome.hidden.push((finding, all[number].clone()));
            }
            None => outcome.kept.push(finding),
        }
    }
    for (exception, used) in all.into_iter().zip(used) {
        let is_wide = exception.scope.is_everything() && exception.place.object().is_none();
        let kind = if !exception.holds(today) {
            RemarkKind::Expired
        } else if is_wide {
            RemarkKind::TooWide
        } else if !used && options.asks(&exception.control) {
            RemarkKind::Unused
        } else {
            continue;
        };
        outcome.remarks.push(Remark { kind, exception });
    }
    outcome
}

/// The exceptions in the annotations of an object that is in no snapshot.
pub fn annotated(object: &Object<'_>) -> Vec<Exception> {
    // They hold for this object alone, whatever its number would be.
    let place = || Place::Annotation(ObjectId(u32::MAX));
    annotations(object)
        .filter(|(_, control, _)| control_name::parse(control).is_ok())
        .filter_map(|(_, control, text)| config::embedded(control, text, place()))
        .collect()
}

/// The exceptions that stand in objects.
fn written(snapshot: &Snapshot, gaps: &mut Vec<Gap>) -> Vec<Exception> {
    let mut all = Vec::new();
    for id in snapshot.ids() {
        let object = snapshot.object(id);
        for (_, control, text) in annotations(&object) {
            if control_name::parse(control).is_ok() {
                all.extend(config::embedded(control, text, Place::Annotation(id)));
            }
        }
        for note in snapshot.notes(id) {
            match comment(id, note) {
                Ok(exception) => all.push(exception),
                Err(reason) => gaps.push(Gap {
                    kind: GapKind::InvalidValue,
                    subject: object.identity().to_string(),
                    location: Some(note.location.clone()),
                    reason: format!("an exception that excepts nothing: {reason}"),
                }),
            }
        }
    }
    all
}

fn comment(id: ObjectId, note: &Note) -> Result<Exception, String> {
    let (control, rest) = note.text.split_once(char::is_whitespace).unwrap_or((&note.text, ""));
    control_name::parse(control)?;
    let place = Place::Comment(id, note.location.clone());
    let mut exception = config::embedded(control, rest, place).ok_or(HOW_TO_WRITE)?;
    exception.scope.field = Some(note.path.clone());
    Ok(exception)
}

const HOW_TO_WRITE: &str = "write `until=2027-03-31 owner=NAME REASON`; a reason is needed";

impl Remark {
    /// The remark as a finding about the configuration file or the object.
    pub fn finding(&self, snapshot: &Snapshot) -> Option<Finding> {
        let rule = remark::RULES.iter().find(|rule| rule.kind == self.kind)?;
        let Exception { control, reason, until, scope, place, owner } = &self.exception;
        let until = until.map(|day| format!(", until {day}")).unwrap_or_default();
        let message = format!("{}: `{control}` ({reason}{until})", rule.title.to_lowercase());
        let subject = match place {
            Place::Central(location) => Subject::File(location.file.clone()),
            Place::Annotation(id) | Place::Comment(id, _) => {
                Subject::of_object(&snapshot.object(*id))
            }
        };
        let path = match place {
            Place::Annotation(_) => {
                let key = format!("{ANNOTATION_PREFIX}{control}");
                Path::root().field("metadata.annotations").key(&key)
            }
            Place::Central(_) | Place::Comment(..) => scope.field.clone().unwrap_or_default(),
        };
        let location = match place {
            Place::Central(location) | Place::Comment(_, location) => Some(location.clone()),
            Place::Annotation(_) => None,
        };
        let object = place.object();
        let fingerprint = match object {
            Some(id) => {
                let object = snapshot.object(id);
                let identity = object.identity().to_string();
                Fingerprint::of_parts(&[rule.name, control, &identity, &path.to_string()])
            }
            None => Fingerprint::of_parts(&[rule.name, &format!("{control} {scope:?}")]),
        };
        Some(Finding {
            control: rule.name,
            id: rule.name,
            severity: rule.severity,
            fingerprint,
            subject,
            object,
            path,
            message,
            fix: Some(Fix::advice(rule.advice)),
            also: Vec::new(),
            owner: owner.clone(),
            cluster: None,
            location,
            frame: None,
        })
    }
}

impl Exception {
    /// Whether it has not expired.
    pub fn holds(&self, today: jiff::civil::Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// Whether it is about this finding, in this object.
    pub fn covers(&self, finding: &Finding, object: Option<&Object<'_>>) -> bool {
        names(finding).any(|name| name == self.control) && self.scope.covers(finding, object)
    }
}

/// The names that mean the control of a finding, or one it also stands for.
fn names(finding: &Finding) -> impl Iterator<Item = &'static str> + '_ {
    [finding.control, finding.id].into_iter().chain(finding.also.iter().copied())
}

/// Annotations that are or want to be exceptions: key, control and text.
fn annotations<'a>(object: &Object<'a>) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let annotations = object.root.field("metadata.annotations");
    annotations.into_iter().flat_map(Node::entries).filter_map(|(key, value)| {
        Some((key, key.strip_prefix(ANNOTATION_PREFIX)?, value.as_str().unwrap_or_default()))
    })
}

/// Annotations that want to be exceptions and are none, with what is wrong with each.
pub(crate) fn misspelt(object: &Object<'_>) -> Vec<(Path, String)> {
    let wrong = |(key, control, text): (&str, &str, &str)| {
        let wrong = match control_name::parse(control) {
            Err(error) => error,
            Ok(_) if config::is_exception(text) => return None,
            Ok(_) => HOW_TO_WRITE.to_owned(),
        };
        let at = Path::root().field("metadata.annotations").key(key);
        Some((at, format!("an exception that excepts nothing: {wrong}")))
    };
    annotations(object).filter_map(wrong).collect()
}

#[cfg(test)]
mod tests;
