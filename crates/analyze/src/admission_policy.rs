//! Admission policies, asked about objects.
//!
//! Every policy that a binding puts into force is asked about each object as if it were created
//! now. What a policy refuses is a finding; a policy whose answer is an error, or hangs on what
//! is not known (who asks, parameters, the labels of a namespace, credentials), is a gap: the API
//! server would refuse, and we do not know.

mod parameters;

use std::collections::BTreeMap;

use engine::admission_policy::{
    Action, Binding, Certainty, Finding as Refusal, Parameters, Policies, Policy, Resource, Review,
    Said,
};
use model::{
    Finding, Fingerprint, Fix, Gap, GapKind, Object, ObjectId, Path, Severity, Snapshot, Subject,
    WorldId,
};

use crate::Options;
use crate::judge::owner;

pub use parameters::{Index, Places};

/// The name of the findings.
pub const NAME: &str = "admission-policy-violated";
/// One line.
pub const TITLE: &str = "Object is refused by an admission policy";
/// How bad a violation is where the policy does not say.
pub const SEVERITY: Severity = Severity::Medium;
/// What to do.
pub const ADVICE: &str = "change the object so that the policy's expression holds, or the policy";
/// The annotation in which a policy says how bad a violation is.
pub const SEVERITY_ANNOTATION: &str = "bollwerk.io/severity";

const GROUP: &str = "admissionregistration.k8s.io";
/// Reasons of gaps of one object that are told; the others only differ by policy.
const GAPS_PER_OBJECT_MAX: usize = 5;

/// What policies say of a snapshot.
#[derive(Default)]
pub struct Judged {
    /// What they refuse.
    pub findings: Vec<Finding>,
    /// What they could not say, by object and path.
    pub gaps: Vec<(ObjectId, Path, Gap)>,
    /// What is wrong with the policies that lie beside the snapshot.
    pub beside: Vec<Gap>,
}

/// Policies in force, compiled, and how bad each says a violation is.
#[derive(Debug, Default)]
pub struct Bound {
    policies: Policies,
    severities: BTreeMap<String, Severity>,
}

impl Bound {
    /// The policies of some worlds, taken together, that bindings of theirs put into force, and a
    /// gap for each expression that does not compile.
    pub fn read(snapshot: &Snapshot, worlds: &[WorldId]) -> (Self, Vec<(ObjectId, Path, Gap)>) {
        let mut gaps = Vec::new();
        let mut severities = BTreeMap::new();
        let mut policies = Vec::new();
        let of_kind = |kind: &'static str| {
            worlds.iter().flat_map(move |world| snapshot.of_kind(*world, (GROUP, kind)))
        };
        for (id, object) in of_kind("ValidatingAdmissionPolicy") {
            let Some(policy) = Policy::read(&object) else { continue };
            for fault in policy.faults() {
                let reason = format!("the expression does not compile: {}", fault.problem);
                gaps.push((id, fault.path.clone(), gap(&object, GapKind::InvalidValue, reason)));
            }
            let severity = object.annotation(SEVERITY_ANNOTATION).and_then(|it| it.parse().ok());
            severities.insert(policy.name.clone(), severity.unwrap_or(SEVERITY));
            policies.push(policy);
        }
        let bindings = of_kind("ValidatingAdmissionPolicyBinding");
        let bindings = bindings.filter_map(|(_, object)| Binding::read(&object)).collect();
        (Self { policies: Policies::new(policies, bindings), severities }, gaps)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The policies.
    pub fn policies(&self) -> &[Policy] {
        self.policies.policies()
    }

    /// `apiVersion` and kind of the parameters that policies read.
    pub fn parameter_kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        let kinds = self.policies().iter().filter_map(|policy| policy.parameters.as_ref());
        kinds.map(|(api_version, kind)| (&**api_version, &**kind))
    }

    /// What they say of a request.
    pub fn judge<'p, 'r>(
        &'p self,
        review: &'r Review<'r>,
        parameters: &dyn Parameters<'r>,
    ) -> Said<'p>
    where
        'p: 'r,
    {
        self.policies.judge(review, parameters)
    }

    /// A violation as a finding.
    pub fn finding(
        &self,
        cluster: Option<&str>,
        object: &Object<'_>,
        refusal: &Refusal<'_>,
    ) -> Finding {
        let Refusal { policy, binding, validation, message, actions, .. } = refusal;
        let severity = self.severities.get(*policy).copied().unwrap_or(SEVERITY);
        let denies = actions.contains(&Action::Deny);
        let severity = if denies { severity } else { severity.min(Severity::Low) };
        let expression = self
            .policies()
            .iter()
            .filter(|known| known.name == *policy)
            .find_map(|known| known.expression((*validation)?))
            .unwrap_or_default();
        let identity = object.identity();
        let binding = binding.unwrap_or_default();
        let parts = [
            NAME,
            cluster.unwrap_or_default(),
            identity.group,
            identity.kind,
            identity.namespace.unwrap_or_default(),
            identity.name,
            policy,
            binding,
            expression,
        ];
        let does = if denies { "refuses" } else { "objects to" };
        Finding {
            control: NAME,
            id: NAME,
            severity,
            subject: Subject::of_object(object),
            object: None,
            path: Path::root(),
            fingerprint: Fingerprint::of_parts(&parts),
            message: format!("admission policy `{policy}` {does} {identity}: {message}"),
            fix: Some(Fix::advice(format!("make this hold: `{}`", expression.trim()))),
            also: Vec::new(),
            owner: owner(object),
            cluster: None,
            location: None,
            frame: None,
        }
    }
}

/// Why a policy has no answer, if it has none: as a gap says it.
pub fn not_evaluated(refusal: &Refusal<'_>) -> Option<String> {
    let Refusal { policy, message, is_error, certainty, .. } = refusal;
    let first = message.lines().next().unwrap_or_default();
    (*is_error || *certainty == Certainty::Unknown)
        .then(|| format!("admission policy `{policy}` has no answer, and so refuses: {first}"))
}

/// Asks policies about the objects of a snapshot: those of each world about its own objects, and
/// those that lie `beside` it, with their parameters, about all.
pub fn judge(snapshot: &Snapshot, beside: Option<&Snapshot>, options: &Options) -> Judged {
    let mut judged = Judged::default();
    let beside = beside.map(|beside| (beside, worlds(beside)));
    let beside = beside.map(|(beside, all)| {
        let (bound, gaps) = Bound::read(beside, &all);
        judged.beside.extend(gaps.into_iter().map(|(.., gap)| gap));
        (beside, all, bound)
    });
    for world in worlds(snapshot) {
        let (own, gaps) = Bound::read(snapshot, &[world]);
        judged.gaps.extend(gaps);
        let own = (snapshot, vec![world], own);
        let all = [Some(&own), beside.as_ref()].into_iter().flatten();
        for (home, homes, bound) in all.filter(|(.., bound)| !bound.is_empty()) {
            let near = Index::of_worlds(snapshot, &[world], bound);
            let far = Index::of_worlds(home, homes, bound);
            let parameters = Places(vec![(snapshot, &near), (*home, &far)]);
            World { snapshot, number: world, bound, parameters }.judge(&mut judged);
        }
    }
    judged.findings.retain(|finding| options.selects(finding));
    judged
}

/// All worlds of a snapshot.
pub fn worlds(snapshot: &Snapshot) -> Vec<WorldId> {
    (0..snapshot.worlds.len().max(1) as u32).map(WorldId).collect()
}

/// A world and the policies it is asked about with.
struct World<'a> {
    snapshot: &'a Snapshot,
    number: WorldId,
    bound: &'a Bound,
    parameters: Places<'a>,
}

fn gap(object: &Object<'_>, kind: GapKind, reason: String) -> Gap {
    Gap { kind, subject: object.identity().to_string(), location: None, reason }
}

impl World<'_> {
    fn judge(&self, judged: &mut Judged) {
        for id in self.snapshot.ids().filter(|id| self.snapshot.world(*id) == self.number) {
            self.judge_object(id, judged);
        }
    }

    fn judge_object(&self, id: ObjectId, judged: &mut Judged) {
        let object = self.snapshot.object(id);
        let plural = plural(object.kind);
        let resource = Resource::of(object.api_version, object.kind, &plural);
        let namespace = object.namespace.unwrap_or_default();
        let mut review = Review::create(object.root, resource, object.name, namespace);
        review.namespace_object =
            self.snapshot.namespaces(self.number, namespace).next().map(|found| found.root);
        review.is_as_written = !self.snapshot.is_live;
        let mut gaps: Vec<String> = Vec::new();
        for refusal in self.bound.judge(&review, &self.parameters).findings {
            if let Some(reason) = not_evaluated(&refusal) {
                if !gaps.contains(&reason) && gaps.len() < GAPS_PER_OBJECT_MAX {
                    gaps.push(reason);
                }
            } else {
                let cluster = self.snapshot.cluster_of(self.number);
                let finding = self.bound.finding(cluster, &object, &refusal);
                let cluster = self.snapshot.own_cluster_of(self.number).map(str::to_owned);
                judged.findings.push(Finding { object: Some(id), cluster, ..finding });
            }
        }
        judged.gaps.extend(
            gaps.into_iter()
                .map(|reason| (id, Path::root(), gap(&object, GapKind::NotEvaluated, reason))),
        );
    }
}

/// The resource of a kind: as `meta.UnsafeGuessKindToResource` of apimachinery guesses it, but for
/// a `y` after a vowel, which stays in the names people give (`gateways`).
pub fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.as_bytes() {
        _ if lower == "endpoints" => lower,
        [.., b's'] => format!("{lower}es"),
        [.., b'a' | b'e' | b'i' | b'o' | b'u', b'y'] => format!("{lower}s"),
        [.., b'y'] => format!("{}ies", lower.trim_end_matches('y')),
        _ => format!("{lower}s"),
    }
}
