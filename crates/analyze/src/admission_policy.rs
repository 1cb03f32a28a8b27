//! admission policies of the input, asked about the objects of the input.
//!
//! Every policy that a binding of its world puts into force is asked about each object as if it
//! were created now. What a policy refuses is a finding; a policy whose answer is an error, or
//! hangs on what the input does not hold (who asks, parameters, the labels of a namespace,
//! credentials), is a gap: the API server would refuse, and we do not know.

use std::collections::{BTreeMap, BTreeSet};

use engine::admission_policy::{
    Action, Binding, Certainty, Finding as Refusal, ParameterReference, Parameters, Policies,
    Policy, Requester, Resource, Review,
};
use model::{
    Finding, Fingerprint, Fix, Gap, GapKind, Node, Object, ObjectId, Path, Severity, Snapshot,
    Subject, WorldId,
};

use crate::Options;
use crate::judge::owner;

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
}

/// Asks the policies of each world about its objects.
pub fn judge(snapshot: &Snapshot, options: &Options) -> Judged {
    let mut judged = Judged::default();
    for world in 0..snapshot.worlds.len().max(1) as u32 {
        judge_world(snapshot, WorldId(world), &mut judged);
    }
    judged.findings.retain(|finding| options.selects(finding));
    judged
}

/// The policies of a world, and how bad each says a violation is.
struct World<'a> {
    snapshot: &'a Snapshot,
    number: WorldId,
    policies: Policies,
    severities: BTreeMap<String, Severity>,
    /// Objects of the kinds that are parameters, by API version, kind and namespace.
    parameters: BTreeMap<(&'a str, &'a str, &'a str), Vec<ObjectId>>,
}

fn judge_world(snapshot: &Snapshot, world: WorldId, judged: &mut Judged) {
    let mut severities = BTreeMap::new();
    let mut policies = Vec::new();
    for (id, object) in snapshot.of_kind(world, (GROUP, "ValidatingAdmissionPolicy")) {
        let Some(policy) = Policy::read(&object) else { continue };
        for fault in policy.faults() {
            let reason = format!("the expression does not compile: {}", fault.problem);
            let gap = gap(&object, GapKind::InvalidValue, reason);
            judged.gaps.push((id, fault.path.clone(), gap));
        }
        let severity = object.annotation(SEVERITY_ANNOTATION).and_then(|it| it.parse().ok());
        severities.insert(policy.name.clone(), severity.unwrap_or(SEVERITY));
        policies.push(policy);
    }
    if policies.is_empty() {
        return;
    }
    let bindings = snapshot.of_kind(world, (GROUP, "ValidatingAdmissionPolicyBinding"));
    let bindings = bindings.filter_map(|(_, object)| Binding::read(&object)).collect();
    let policies = Policies::new(policies, bindings);
    let parameters = parameters(snapshot, world, policies.policies());
    let world = World { snapshot, number: world, policies, severities, parameters };
    for id in snapshot.ids().filter(|id| snapshot.world(*id) == world.number) {
        world.judge(id, judged);
    }
}

fn parameters<'a>(
    snapshot: &'a Snapshot,
    world: WorldId,
    policies: &[Policy],
) -> BTreeMap<(&'a str, &'a str, &'a str), Vec<ObjectId>> {
    let kinds: BTreeSet<(&str, &str)> = policies
        .iter()
        .filter_map(|policy| policy.parameters.as_ref())
        .map(|(api_version, kind)| (&**api_version, &**kind))
        .collect();
    let mut found: BTreeMap<_, Vec<ObjectId>> = BTreeMap::new();
    for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
        let object = snapshot.object(id);
        if kinds.contains(&(object.api_version, object.kind)) {
            let namespace = object.namespace.unwrap_or_default();
            found.entry((object.api_version, object.kind, namespace)).or_default().push(id);
        }
    }
    found
}

fn gap(object: &Object<'_>, kind: GapKind, reason: String) -> Gap {
    Gap { kind, subject: object.identity().to_string(), location: None, reason }
}

impl World<'_> {
    fn judge(&self, id: ObjectId, judged: &mut Judged) {
        let object = self.snapshot.object(id);
        // Upstream never asks policies about policies.
        if object.group() == GROUP && object.kind.starts_with("ValidatingAdmissionPolicy") {
            return;
        }
        let plural = plural(object.kind);
        let (group, version) = match object.api_version.split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", object.api_version),
        };
        let resource = Resource { group, version, name: &plural, part: "", kind: object.kind };
        let namespace = object.namespace.unwrap_or_default();
        let nobody = Requester::default();
        let mut review = Review::create(object.root, resource, object.name, namespace, &nobody);
        review.namespace_object =
            self.snapshot.namespaces(self.number, namespace).next().map(|found| found.root);
        let mut gaps: Vec<String> = Vec::new();
        for refusal in self.policies.judge(&review, self) {
            if refusal.is_error || refusal.certainty == Certainty::Unknown {
                let reason = not_evaluated(&refusal);
                if !gaps.contains(&reason) && gaps.len() < GAPS_PER_OBJECT_MAX {
                    gaps.push(reason);
                }
            } else {
                judged.findings.push(self.finding(id, &object, &refusal));
            }
        }
        judged.gaps.extend(
            gaps.into_iter()
                .map(|reason| (id, Path::root(), gap(&object, GapKind::NotEvaluated, reason))),
        );
    }

    fn finding(&self, id: ObjectId, object: &Object<'_>, refusal: &Refusal<'_>) -> Finding {
        let Refusal { policy, binding, validation, message, actions, .. } = refusal;
        let severity = self.severities.get(*policy).copied().unwrap_or(SEVERITY);
        let denies = actions.contains(&Action::Deny);
        let severity = if denies { severity } else { severity.min(Severity::Low) };
        let policies = self.policies.policies().iter();
        let expression = policies
            .filter(|known| known.name == *policy)
            .find_map(|known| known.expression((*validation)?))
            .unwrap_or_default();
        let identity = object.identity();
        let binding = binding.unwrap_or_default();
        let parts = [
            NAME,
            self.snapshot.cluster.as_deref().unwrap_or_default(),
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
            object: Some(id),
            path: Path::root(),
            fingerprint: Fingerprint::of_parts(&parts),
            message: format!("admission policy `{policy}` {does} {identity}: {message}"),
            fix: Some(Fix::advice(format!("make this hold: `{}`", expression.trim()))),
            also: Vec::new(),
            owner: owner(object),
            location: None,
            frame: None,
        }
    }
}

fn not_evaluated(refusal: &Refusal<'_>) -> String {
    let Refusal { policy, message, .. } = refusal;
    let first = message.lines().next().unwrap_or_default();
    format!("admission policy `{policy}` has no answer, and so refuses: {first}")
}

impl<'a> Parameters<'a> for World<'a> {
    fn find(
        &self,
        (api_version, kind): (&str, &str),
        reference: &ParameterReference,
        namespace: &str,
    ) -> Result<Vec<Node<'a>>, String> {
        let wanted = Some(&*reference.namespace).filter(|it| !it.is_empty()).unwrap_or(namespace);
        let places = if wanted.is_empty() { vec![""] } else { vec![wanted, ""] };
        let ids = places.iter().filter_map(|place| {
            // The range of one key: the map's keys live longer than what is looked for.
            let key: (&str, &str, &str) = (api_version, kind, place);
            self.parameters.range::<(&str, &str, &str), _>(key..=key).next()
        });
        let found: Vec<Node<'a>> = ids
            .flat_map(|(_, ids)| ids)
            .map(|id| self.snapshot.object(*id))
            .filter(|object| reference.selects(object))
            .map(|object| object.root)
            .collect();
        if found.is_empty() {
            return Err(format!("its parameters, of kind {kind}, are not in the input"));
        }
        Ok(found)
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
