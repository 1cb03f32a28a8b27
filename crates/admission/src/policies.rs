//! Admission policies that the cluster itself does not run, asked about a review as the API server
//! would ask them.

use std::cell::OnceCell;

use analyze::admission_policy::{Bound, Places, not_evaluated};
use engine::admission_policy as policy;
use engine::admission_policy::{
    Action as Effect, Authorize, ByRoles, Certainty, FailurePolicy, Kind, Requester, Resource,
};
use engine::rbac::{Assumptions, Authorizer, Seen, Switch};
use model::{Finding, Gap, GapKind, Node, Object, Redactions};

use crate::decide::{Decision, Judged, Nodes, Told};
use crate::policy::{Action, Unavailable};
use crate::review::{Operation, Review};

/// Policies, and where their parameters are.
pub struct Policies<'a> {
    /// The policies and what binds them.
    pub bound: &'a Bound,
    /// Their parameters.
    pub parameters: Places<'a>,
}

/// What nodes may do follows from what runs on them, which roles do not say.
const NODE_PREFIX: &str = "system:node:";

/// Answers `authorizer` from the roles of the snapshot, which are read when it is first asked.
struct Roles<'a> {
    judged: &'a Judged<'a>,
    requester: &'a Requester,
    read: OnceCell<Authorizer>,
}

impl Authorize for Roles<'_> {
    fn decide(
        &self,
        verb: &str,
        question: policy::Question<'_>,
    ) -> Result<policy::Permission, policy::EvaluationError> {
        if self.requester.name.starts_with(NODE_PREFIX) {
            return Err(policy::EvaluationError::withheld("what nodes may do is not known here"));
        }
        let assumptions = Assumptions {
            seen: Seen::Everything,
            node_authorizer: Switch::Off,
            ..Assumptions::default()
        };
        let Judged { snapshot, world, .. } = self.judged;
        let read = || Authorizer::of(snapshot, *world, assumptions);
        ByRoles::new(self.read.get_or_init(read), self.requester).decide(verb, question)
    }
}

/// Asks the policies: what they refuse, warn of and write down, and what they could not say.
pub(crate) fn ask(
    judged: &Judged<'_>,
    review: &Review<'_>,
    nodes: &Nodes<'_>,
    gate: Unavailable,
    decision: &mut Decision,
) {
    let Some(policies) = &judged.policies else { return };
    let requester = review.requester();
    let roles = Roles { judged, requester: &requester, read: OnceCell::new() };
    let (object, old_object) = (nodes.new_object(), nodes.old_object());
    let none = Redactions::default();
    let Some(root) = object.or(old_object) else { return };
    let kind = Kind { group: review.group, version: review.version, name: review.kind };
    let (group, version, name) = review.resource;
    let resource = Resource { group, version, name, part: review.subresource, kind };
    let namespace = review.namespace.unwrap_or_default();
    let asked = policy::Review {
        object,
        old_object,
        namespace_object: judged
            .snapshot
            .namespaces(judged.world, namespace)
            .next()
            .map(|found| found.root),
        operation: match review.operation {
            Operation::Create => policy::Operation::Create,
            Operation::Update => policy::Operation::Update,
            Operation::Delete => policy::Operation::Delete,
            Operation::Connect => policy::Operation::Connect,
        },
        resource,
        name: review.name,
        namespace,
        is_as_written: false,
        requester: Some(&requester),
        is_dry_run: review.is_dry_run,
        options: review.options.map(|options| Node::tree(options, &none)),
        authorizer: Some(&roles),
    };
    let said = policies.bound.judge(&asked, &policies.parameters);
    let api_version = review.api_version();
    let version = judged.snapshot.version;
    let object = Object::named(root, &api_version, review.kind, review.namespace, version);
    if decision.subject.is_empty() {
        decision.subject = object.identity().to_string();
    }
    for refusal in &said.findings {
        let cluster = judged.snapshot.cluster.as_deref();
        let finding = policies.bound.finding(cluster, &object, refusal);
        tell(judged, &object, (refusal, finding), gate, decision);
    }
    if gate == Unavailable::Allow {
        let annotations = said.annotations.into_iter();
        decision
            .annotations
            .extend(annotations.map(|(policy, key, value)| (format!("{policy}/{key}"), value)));
    }
}

/// Puts a violation where its binding, or a rule that names it, says.
fn tell(
    judged: &Judged<'_>,
    object: &Object<'_>,
    (refusal, mut finding): (&policy::Finding<'_>, Finding),
    gate: Unavailable,
    decision: &mut Decision,
) {
    let (namespace, policy) = (crate::decide::namespace(object), judged.policy);
    let rule = policy.rule_naming(&finding, object.kind, namespace);
    let (unavailable, action) = match rule {
        Some(rule) => (rule.unavailable, Some(rule.action)),
        None => (Unavailable::Allow, None),
    };
    if unavailable != gate || crate::decide::is_excepted(judged, object, &finding) {
        return;
    }
    let place = match (rule, refusal.binding) {
        (Some(rule), _) => rule.place.clone(),
        (None, Some(binding)) => format!("binding `{binding}` of policy `{}`", refusal.policy),
        (None, None) => format!("policy `{}`", refusal.policy),
    };
    if let Some(reason) = not_evaluated(refusal) {
        // Where the policy lets its own errors pass, what is not known is told and no more.
        let is_unknown = refusal.certainty == Certainty::Unknown;
        if is_unknown && refusal.failure_policy == FailurePolicy::Ignore {
            let subject = object.identity().to_string();
            let kind = GapKind::NotEvaluated;
            decision.undecided.push(Gap { kind, subject, location: None, reason });
            decision.is_warned_undecided |= policy.undecided >= Action::Warn;
            return;
        }
        finding.message = reason;
    }
    let told = Told { finding, value: None, place, is_old: false };
    let bound = |effect| refusal.actions.contains(&effect);
    let action = action.unwrap_or_else(|| {
        if bound(Effect::Deny) {
            Action::Enforce
        } else if bound(Effect::Warn) {
            Action::Warn
        } else {
            Action::Audit
        }
    });
    match action {
        Action::Enforce if !decision.is_exempt => decision.refused.push(told),
        Action::Enforce | Action::Warn => decision.warned.push(told),
        Action::Audit => decision.audited.push(told),
        Action::Off => {}
    }
}
