//! One review, judged.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use analyze::exception::{self, Exception};
use analyze::{Control, Judge, Judgement, Options, Worlds};
use jiff::civil::Date;
use model::{
    DigestKey, Finding, Fingerprint, Fix, Gap, Node, Object, Path, Redactions, Segment, Severity,
    Snapshot, Subject, Value, WorldId,
};

use crate::images::{self, KnownImages};
use crate::policies::{self, Policies};
use crate::policy::{Action, Policy, Unavailable};
use crate::review::{Operation, Review};
use crate::{escalation, network};

/// All that a review is judged with.
pub struct Judged<'a> {
    /// The cluster as it is.
    pub snapshot: &'a Snapshot,
    /// Which of its worlds the cluster is.
    pub world: WorldId,
    /// What is read of the world once, until its roles or network change.
    pub worlds: &'a Arc<Worlds>,
    /// How it is judged.
    pub options: &'a Options,
    /// What is asked.
    pub controls: &'a [&'static Control],
    /// What findings do.
    pub policy: &'a Policy,
    /// Findings that somebody answers for.
    pub exceptions: &'a [Exception],
    /// The day, for exceptions that end.
    pub today: Date,
    /// Key of the digests of credentials.
    pub key: &'a DigestKey,
    /// Admission policies that the cluster does not run itself.
    pub policies: Option<Policies<'a>>,
    /// What is known of images, where somebody keeps it.
    pub known_images: Option<KnownImages<'a>>,
}

/// A finding and what it does.
#[derive(Clone, Debug)]
pub struct Told {
    /// What is wrong.
    pub finding: Finding,
    /// The value of its field, if it is a short one and no credential.
    pub value: Option<String>,
    /// The line of the configuration that decided.
    pub place: String,
    /// Whether the object has it today already.
    pub is_old: bool,
}

/// What is to be answered.
#[derive(Default)]
pub struct Decision {
    /// Why the object is refused; empty if it is not.
    pub refused: Vec<Told>,
    /// What whoever asked is told.
    pub warned: Vec<Told>,
    /// What stands in the audit log alone.
    pub audited: Vec<Told>,
    /// What could not be judged.
    pub undecided: Vec<Gap>,
    /// Whether the object is refused for what could not be judged.
    pub is_refused_undecided: bool,
    /// Whether those are told to whoever asked.
    pub is_warned_undecided: bool,
    /// Whether nothing is refused in its namespace.
    pub is_exempt: bool,
    /// The object, for people.
    pub subject: String,
    /// What admission policies write into the audit log, by policy and key.
    pub annotations: Vec<(String, String)>,
}

impl Decision {
    /// Whether the object goes in.
    pub fn is_allowed(&self) -> bool {
        self.refused.is_empty() && !self.is_refused_undecided
    }
}

/// Subresources of pods that change what runs.
const JUDGED_SUBRESOURCES: &[&str] = &["", "ephemeralcontainers", "resize"];

/// Judges a review by the rules of one of the two webhooks. An update is judged by what it adds:
/// what the object has today warns and never refuses. Admission policies are asked as the API
/// server asks them, of whatever they are about.
pub fn decide(judged: &Judged<'_>, review: &Review<'_>, gate: Unavailable) -> Decision {
    let nodes = Nodes::of(judged, review);
    let mut decision = by_controls(judged, review, &nodes, gate);
    by_change(judged, review, gate, &mut decision);
    policies::ask(judged, review, &nodes, gate, &mut decision);
    let order = |told: &Told| (std::cmp::Reverse(told.finding.severity), told.finding.control);
    for list in [&mut decision.refused, &mut decision.warned, &mut decision.audited] {
        list.sort_by_key(order);
    }
    decision
}

/// The objects of a review without what is or may be a credential, which is looked for once.
pub(crate) struct Nodes<'r> {
    judged: &'r Judged<'r>,
    review: &'r Review<'r>,
    new: OnceCell<Redactions>,
    old: OnceCell<Redactions>,
}

impl<'r> Nodes<'r> {
    fn of(judged: &'r Judged<'r>, review: &'r Review<'r>) -> Self {
        Self { judged, review, new: OnceCell::new(), old: OnceCell::new() }
    }

    /// The object as it would be.
    pub(crate) fn new_object(&self) -> Option<Node<'_>> {
        self.review.object.map(|node| self.without_credentials(node, &self.new))
    }

    /// The object as it is.
    pub(crate) fn old_object(&self) -> Option<Node<'_>> {
        self.review.old_object.map(|node| self.without_credentials(node, &self.old))
    }

    fn without_credentials<'n>(
        &'n self,
        node: yaml::Node<'n>,
        found: &'n OnceCell<Redactions>,
    ) -> Node<'n> {
        let find = || Redactions::find_in(node, self.review.kind, self.judged.key);
        Node::tree(node, found.get_or_init(find))
    }
}

fn by_controls(
    judged: &Judged<'_>,
    review: &Review<'_>,
    nodes: &Nodes<'_>,
    gate: Unavailable,
) -> Decision {
    let name = review.namespace.unwrap_or_default();
    let is_exempt = judged.policy.is_exempt(name);
    let mut decision = Decision { is_exempt, ..Decision::default() };
    let is_judged = matches!(review.operation, Operation::Create | Operation::Update)
        && JUDGED_SUBRESOURCES.contains(&review.subresource)
        && !changes_nothing_judged(review);
    if !is_judged {
        return decision;
    }
    let Some(node) = nodes.new_object() else { return decision };
    let api_version = review.api_version();
    let object = object(judged, review, &api_version, node);
    decision.subject = object.identity().to_string();
    let judge = Judge::sharing(judged.snapshot, judged.options, Arc::clone(judged.worlds));
    let controls = judged.controls.iter().copied();
    let judgement = judge.judge_object(judged.world, &object, controls);
    if judgement.findings.is_empty() && judgement.gaps.is_empty() {
        return decision;
    }
    let old = before(judged, review, &api_version, nodes, &judge);
    sort(judged, &object, judgement, &old, gate, &mut decision);
    decision
}

/// What the change does to the cluster as a whole, and with images of which something is known.
fn by_change(judged: &Judged<'_>, review: &Review<'_>, gate: Unavailable, decision: &mut Decision) {
    let Some(node) = review.object.or(review.old_object) else { return };
    let is_whole = review.subresource.is_empty() && review.operation != Operation::Connect;
    if !is_whole {
        return;
    }
    let api_version = review.api_version();
    let redactions = Redactions::default();
    let object = object(judged, review, &api_version, Node::tree(node, &redactions));
    let (mut findings, mut gaps) = network::judge(judged, review, &object);
    let (found, gap) = escalation::judge(judged, review, &object);
    findings.extend(found);
    gaps.extend(gap);
    let mut old: HashSet<Fingerprint> = HashSet::new();
    if review.operation != Operation::Delete && !changes_nothing_judged(review) {
        let (found, unknown) = images::judge(judged, &object);
        findings.extend(found);
        gaps.extend(unknown);
        old = images_before(judged, review, &api_version);
    }
    if findings.is_empty() && gaps.is_empty() {
        return;
    }
    decision.subject = object.identity().to_string();
    let mut judgement = Judgement::default();
    judgement.findings = findings;
    judgement.gaps = gaps.into_iter().map(|gap| (Path::root(), gap)).collect();
    sort(judged, &object, judgement, &old, gate, decision);
}

fn images_before(
    judged: &Judged<'_>,
    review: &Review<'_>,
    api_version: &str,
) -> HashSet<Fingerprint> {
    let Some(node) = review.old_object.filter(|_| review.operation == Operation::Update) else {
        return HashSet::new();
    };
    let redactions = Redactions::default();
    let object = object(judged, review, api_version, Node::tree(node, &redactions));
    images::judge(judged, &object).0.into_iter().map(|finding| finding.fingerprint).collect()
}

/// A finding of what only admission asks.
pub(crate) fn finding(
    judged: &Judged<'_>,
    object: &Object<'_>,
    (name, severity): (&'static str, Severity),
    path: Path,
    message: String,
    fix: Option<Fix>,
) -> Finding {
    let cluster = judged.snapshot.cluster.as_deref();
    let identity = object.identity();
    let parts = [
        name,
        cluster.unwrap_or_default(),
        identity.group,
        identity.kind,
        identity.namespace.unwrap_or_default(),
        identity.name,
        &message,
    ];
    Finding {
        control: name,
        id: name,
        severity,
        subject: Subject::of_object(object),
        object: None,
        fingerprint: Fingerprint::of_parts(&parts),
        path,
        message,
        fix,
        also: Vec::new(),
        owner: None,
        cluster: None,
        location: None,
        frame: None,
    }
}

/// What the object has today, by fingerprint.
fn before(
    judged: &Judged<'_>,
    review: &Review<'_>,
    api_version: &str,
    nodes: &Nodes<'_>,
    judge: &Judge<'_>,
) -> HashSet<Fingerprint> {
    let old = (review.operation == Operation::Update).then(|| nodes.old_object()).flatten();
    let Some(node) = old else { return HashSet::new() };
    let object = object(judged, review, api_version, node);
    let judgement = judge.judge_object(judged.world, &object, judged.controls.iter().copied());
    judgement.findings.into_iter().map(|finding| finding.fingerprint).collect()
}

fn object<'a>(
    judged: &Judged<'_>,
    review: &'a Review<'_>,
    api_version: &'a str,
    root: Node<'a>,
) -> Object<'a> {
    let version = judged.snapshot.version;
    Object::named(root, api_version, review.kind, review.namespace, version)
}

/// The namespace an object is in; that of a Namespace is itself.
pub(crate) fn namespace<'a>(object: &Object<'a>) -> Option<&'a str> {
    if object.is("", "Namespace") { Some(object.name) } else { object.namespace }
}

/// Whether an update leaves all as it is but metadata and status. A Namespace's labels say how
/// its pods are judged: its metadata counts.
fn changes_nothing_judged(review: &Review<'_>) -> bool {
    let (Operation::Update, Some(new), Some(old)) =
        (review.operation, review.object, review.old_object)
    else {
        return false;
    };
    let judged = |node: yaml::Node<'_>| {
        let counts = |key: &str| !matches!(key, "metadata" | "status");
        node.entries().filter(|(key, ..)| counts(key)).count()
    };
    let same = |(key, _, value): (&str, _, yaml::Node<'_>)| {
        matches!(key, "metadata" | "status")
            || old.get(key).is_some_and(|old| old.written() == value.written())
    };
    review.kind != "Namespace" && judged(new) == judged(old) && new.entries().all(same)
}

fn sort(
    judged: &Judged<'_>,
    object: &Object<'_>,
    judgement: Judgement,
    old: &HashSet<Fingerprint>,
    gate: Unavailable,
    decision: &mut Decision,
) {
    let (policy, namespace) = (judged.policy, namespace(object));
    for finding in judgement.findings {
        let (action, unavailable, place) = policy.action(&finding, object.kind, namespace);
        if unavailable != gate || action == Action::Off || is_excepted(judged, object, &finding) {
            continue;
        }
        let is_old = old.contains(&finding.fingerprint);
        // The API server refuses pods for the standards and no templates: they warn.
        let is_template = finding.control.starts_with("pod-security/") && !object.is("", "Pod");
        let is_lenient = decision.is_exempt || is_old || is_template;
        let value = value(object.root, &finding.path);
        let told = Told { finding, value, place: place.to_owned(), is_old };
        match action {
            Action::Enforce if !is_lenient => decision.refused.push(told),
            Action::Enforce | Action::Warn => decision.warned.push(told),
            _ => decision.audited.push(told),
        }
    }
    // One of the two webhooks speaks of what could not be judged.
    let closed = policy.undecided == Action::Enforce && policy.has_closed_rules();
    if closed == (gate == Unavailable::Deny) && policy.undecided != Action::Off {
        decision.undecided.extend(judgement.gaps.into_iter().map(|(_, gap)| gap));
        let is_any = !decision.undecided.is_empty();
        decision.is_refused_undecided =
            is_any && policy.undecided == Action::Enforce && !decision.is_exempt;
        decision.is_warned_undecided = is_any && policy.undecided >= Action::Warn;
    }
}

/// Whether somebody answers for a finding: in the configuration, or in an annotation where the
/// configuration trusts those.
pub(crate) fn is_excepted(judged: &Judged<'_>, object: &Object<'_>, finding: &Finding) -> bool {
    let holds = |exception: &Exception| {
        exception.holds(judged.today) && exception.covers(finding, Some(object))
    };
    if judged.exceptions.iter().any(holds) {
        return true;
    }
    judged.policy.trusts(finding, namespace(object))
        && exception::annotated(object).iter().any(holds)
}

/// Bytes of a value that is told, at the most.
const VALUE_BYTES_MAX: usize = 80;

/// The value at a path, as people write it.
fn value(root: Node<'_>, path: &Path) -> Option<String> {
    let mut node = root;
    for segment in path.segments() {
        node = match segment {
            Segment::Key(key) => node.get(key)?,
            Segment::Index(index) => node.item(*index as usize)?,
        };
    }
    match node.value() {
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::String(text) if text.len() <= VALUE_BYTES_MAX => Some(format!("{text:?}")),
        _ => None,
    }
}
