//! Judges one object of a snapshot.

use model::shape::{Mismatch, mismatches};
use model::{Finding, Fingerprint, Gap, GapKind, Object, ObjectId, Path, Snapshot, Subject};

use crate::control::Draft;
use crate::{Control, Options, Report};

/// What is said of one object. Locations are not known here: whoever has the text adds them.
#[derive(Default)]
pub struct Judgement {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What could not be decided, with the path it concerns.
    pub gaps: Vec<(Path, Gap)>,
}

/// Judges one object with the given controls.
pub fn judge<'c>(
    snapshot: &Snapshot,
    id: ObjectId,
    controls: impl IntoIterator<Item = &'c Control>,
    options: &Options,
) -> Judgement {
    let object = snapshot.object(id);
    let pods = object.pods();
    let mismatches = mismatches(&object);
    let mut judgement = Judgement::default();
    let mut report = Report::new(snapshot, snapshot.world(id), options);
    for control in controls {
        report.run(control, &object, &pods);
        for draft in report.take() {
            // What depends on a field of the wrong type is not known: the gap below says so.
            if !is_unknown(&draft.at, &mismatches) {
                judgement.findings.push(finding(snapshot, &object, control, draft));
            }
        }
    }
    let subject = object.identity().to_string();
    judgement.gaps.extend(mismatches.into_iter().map(|mismatch| gap(&subject, mismatch)));
    judgement
}

/// Whether the answer at `at` hangs on a field whose value cannot be read: the field itself, one
/// above it, or the field of the same name at the pod or at another container of the object,
/// since what is effective is decided by both.
fn is_unknown(at: &Path, mismatches: &[Mismatch]) -> bool {
    mismatches.iter().any(|mismatch| {
        at.starts_with(&mismatch.path)
            || (at.last_key().is_some() && at.last_key() == mismatch.path.last_key())
    })
}

fn gap(subject: &str, mismatch: Mismatch) -> (Path, Gap) {
    let Mismatch { path, expected, found } = mismatch;
    let reason = format!(
        "`{path}` is a {found} where Kubernetes has a {expected}: the API server refuses this \
         object, and what depends on the field was not judged"
    );
    let gap = Gap { kind: GapKind::WrongType, subject: subject.into(), location: None, reason };
    (path, gap)
}

fn finding(snapshot: &Snapshot, object: &Object<'_>, control: &Control, draft: Draft) -> Finding {
    let Draft { at, severity, message, fix } = draft;
    let identity = object.identity();
    let cluster = snapshot.cluster.as_deref();
    Finding {
        control: control.name,
        id: control.id,
        severity,
        subject: subject(object),
        fingerprint: Fingerprint::new(control.name, cluster, identity, &at, object.root),
        path: at,
        message,
        fix,
        also: Vec::new(),
        owner: owner(object),
        location: None,
        frame: None,
    }
}

fn subject(object: &Object<'_>) -> Subject {
    Subject::Object {
        api_version: object.api_version.to_owned(),
        kind: object.kind.to_owned(),
        namespace: object.namespace.map(str::to_owned),
        name: object.name.to_owned(),
    }
}

/// Labels and annotations in which teams say who answers for an object.
const OWNER_KEYS: &[&str] = &["bollwerk.io/owner", "owner", "team"];

fn owner(object: &Object<'_>) -> Option<String> {
    OWNER_KEYS
        .iter()
        .find_map(|key| object.annotation(key).or_else(|| object.label(key)))
        .map(str::to_owned)
}
