//! Judges one object of a snapshot.

use std::sync::Arc;

use model::cloud::{self, AgentPool, ManagedCluster, Problem};
use model::shape::{Mismatch, mismatches};
use model::{
    Finding, Fingerprint, Gap, GapKind, ItemNames, Object, ObjectId, Path, Snapshot, Subject,
    WorldId, components,
};

use crate::control::{Draft, Parts, Standing};
use crate::joins::Joins;
use crate::worlds::Worlds;
use crate::{Control, Options, Report, exception, pod_security};

/// What is said of one object. Locations are not known here: whoever has the text adds them.
#[derive(Default)]
pub struct Judgement {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What could not be decided, with the path it concerns.
    pub gaps: Vec<(Path, Gap)>,
    /// Whether the object makes pods.
    pub is_workload: bool,
    names: ItemNames,
    joins: Option<Joins>,
}

/// Judges the objects of one snapshot. What needs all roles and bindings of a world is built once
/// and shared: keep one for a whole run, and lend it to every thread.
pub struct Judge<'a> {
    snapshot: &'a Snapshot,
    options: &'a Options,
    worlds: Arc<Worlds>,
}

/// Judges one object with the given controls, and with the Pod Security Standards where they are
/// in force.
pub fn judge<'c>(
    snapshot: &Snapshot,
    id: ObjectId,
    controls: impl IntoIterator<Item = &'c Control>,
    options: &Options,
) -> Judgement {
    Judge::new(snapshot, options).judge(id, controls)
}

/// The same for an object that need not be in the snapshot, as if it stood in this world of it:
/// one that is about to be created, or one read from a file's tree.
pub fn judge_object<'c>(
    snapshot: &Snapshot,
    world: WorldId,
    object: &Object<'_>,
    controls: impl IntoIterator<Item = &'c Control>,
    options: &Options,
) -> Judgement {
    Judge::new(snapshot, options).judge_object(world, object, controls)
}

impl<'a> Judge<'a> {
    /// A judge of the snapshot's objects.
    pub fn new(snapshot: &'a Snapshot, options: &'a Options) -> Self {
        Self::sharing(snapshot, options, Arc::default())
    }

    /// A judge that asks worlds that were read before, of this snapshot: whoever changes the
    /// roles, bindings or network of the snapshot has to begin with new ones.
    pub fn sharing(snapshot: &'a Snapshot, options: &'a Options, worlds: Arc<Worlds>) -> Self {
        Self { snapshot, options, worlds }
    }

    /// Judges one object, as [`judge`] does.
    pub fn judge<'c>(
        &self,
        id: ObjectId,
        controls: impl IntoIterator<Item = &'c Control>,
    ) -> Judgement {
        self.judge_object(self.snapshot.world(id), &self.snapshot.object(id), controls)
    }

    /// Judges one object, as [`judge_object`] does.
    pub fn judge_object<'c>(
        &self,
        world: WorldId,
        object: &Object<'_>,
        controls: impl IntoIterator<Item = &'c Control>,
    ) -> Judgement {
        judge_in(self, world, object, controls)
    }
}

fn judge_in<'c>(
    Judge { snapshot, options, worlds }: &Judge<'_>,
    world: WorldId,
    object: &Object<'_>,
    controls: impl IntoIterator<Item = &'c Control>,
) -> Judgement {
    let (pods, is_whole) = object.pods_within_limits();
    let mismatches = mismatches(object, &pods);
    let mut judgement = Judgement { is_workload: !pods.is_empty(), ..Judgement::default() };
    let standing = Standing { snapshot, world, object };
    let standards = pod_security::judge(standing, &pods, options);
    for (rule, draft) in standards.drafts {
        judgement.add(snapshot, object, (rule.name, rule.name), draft, &mismatches);
    }
    for (at, kind, reason) in standards.gap.into_iter().chain(pod_security::namespace_gaps(object))
    {
        judgement.gap(object, at, kind, reason);
    }
    let mut report = Report::new(snapshot, world, options, worlds);
    let components = components(object, &pods);
    let parts = Parts { pods: &pods, components: &components };
    for control in controls {
        report.run(control, object, parts);
        for draft in report.take() {
            if !judgement.join(control, &draft) {
                let names = (control.name, control.id);
                judgement.add(snapshot, object, names, draft, &mismatches);
            }
        }
    }
    for (at, reason) in report.take_unknown() {
        judgement.gap(object, at, GapKind::Ambiguous, reason);
    }
    judgement.findings.retain(|finding| options.selects(finding));
    for (at, reason) in exception::misspelt(object) {
        judgement.gap(object, at, GapKind::InvalidValue, reason);
    }
    if !is_whole {
        let reason = "it is too large or too deep to be searched for pods as a whole";
        judgement.gap(object, Path::root(), GapKind::Limit, reason.to_owned());
    }
    for problem in cloud_problems(object) {
        judgement.gap(object, problem.path, problem.kind, problem.reason);
    }
    for Mismatch { path, expected, found } in mismatches {
        let reason = format!(
            "`{path}` is a {found} where Kubernetes has a {expected}: the API server refuses \
             this object, and what depends on the field was not judged"
        );
        judgement.gap(object, path, GapKind::WrongType, reason);
    }
    judgement
}

impl Judgement {
    /// One field, one finding: where a Pod Security check in force refuses what the control
    /// refuses, the check's finding stands and names the control.
    fn join(&mut self, control: &Control, draft: &Draft) -> bool {
        // Only the standards' findings can be joined, and all of them are there by now.
        let joins = self.joins.get_or_insert_with(|| Joins::new(&self.findings));
        let Some(position) = joins.find(control.name, &draft.at) else { return false };
        let finding = &mut self.findings[position];
        finding.severity = finding.severity.max(draft.severity);
        if !finding.also.contains(&control.name) {
            finding.also.push(control.name);
        }
        if draft.fix.as_ref().is_some_and(|fix| !fix.edits.is_empty()) {
            finding.fix.clone_from(&draft.fix);
        }
        true
    }

    fn add(
        &mut self,
        snapshot: &Snapshot,
        object: &Object<'_>,
        (name, id): (&'static str, &'static str),
        draft: Draft,
        mismatches: &[Mismatch],
    ) {
        // What depends on a field of the wrong type is not known: its gap says so.
        if is_unknown(&draft.at, mismatches) {
            return;
        }
        let Draft { at, severity, message, fix } = draft;
        let identity = object.identity();
        let cluster = snapshot.cluster.as_deref();
        self.findings.push(Finding {
            control: name,
            id,
            severity,
            subject: Subject::of_object(object),
            object: None,
            fingerprint: Fingerprint::new(
                name,
                cluster,
                identity,
                &at,
                object.root,
                &mut self.names,
            ),
            path: at,
            message,
            fix,
            also: Vec::new(),
            owner: owner(object),
            location: None,
            frame: None,
        });
    }

    /// Something about `path` of the object is not known.
    fn gap(&mut self, object: &Object<'_>, path: Path, kind: GapKind, reason: String) {
        let subject = object.identity().to_string();
        self.gaps.push((path, Gap { kind, subject, location: None, reason }));
    }
}

/// Settings of a managed cluster or an agent pool that are written and not known.
fn cloud_problems(object: &Object<'_>) -> Vec<Problem> {
    let of_cluster = ManagedCluster::of(object).map(|cluster| cluster.problems());
    let of_pool = || AgentPool::of(object).map(|pool| pool.problems());
    of_cluster.or_else(of_pool).unwrap_or_default()
}

/// Whether two paths end in one field name.
fn is_same_name(one: &Path, other: &Path) -> bool {
    one.last_key().is_some() && one.last_key() == other.last_key()
}

/// Whether the answer at `at` hangs on a field whose value cannot be read: the field itself, one
/// above it, or the field of the same name at the pod or at another container of the object,
/// since what is effective is decided by both.
fn is_unknown(at: &Path, mismatches: &[Mismatch]) -> bool {
    mismatches
        .iter()
        .any(|mismatch| at.starts_with(&mismatch.path) || is_same_name(at, &mismatch.path))
}

/// Labels and annotations in which teams say who answers for an object.
const OWNER_KEYS: &[&str] = &["bollwerk.io/owner", "owner", "team"];

/// Who answers for an object, by its annotations and labels; for a resource of the cloud, by its
/// tags.
pub fn owner(object: &Object<'_>) -> Option<String> {
    let tags = object.root.get("tags").filter(|_| cloud::is_resource(object));
    let tag = |key: &str| tags.and_then(|tags| tags.str(key));
    OWNER_KEYS
        .iter()
        .find_map(|key| object.annotation(key).or_else(|| object.label(key)).or_else(|| tag(key)))
        .map(str::to_owned)
}
