//! What all policies together decide of a request (`dispatcher.go`).

use model::Node;

use super::binding::{Action, Binding};
use super::evaluate::{Annotation, Certainty, Decision, Verdict};
use super::matching::Matched;
use super::policy::{FailurePolicy, Policy};
use super::review::Review;

/// Where parameters are found.
pub trait Parameters<'a> {
    /// The objects of a kind that a binding refers to, for a request in this namespace. An error
    /// when it is not known which there are.
    fn find(
        &self,
        kind: (&str, &str),
        reference: &super::ParameterReference,
        namespace: &str,
    ) -> Result<Vec<Node<'a>>, String>;
}

/// Policies and what binds them, compiled once.
#[derive(Debug, Default)]
pub struct Policies {
    all: Vec<Policy>,
    bindings: Vec<Binding>,
    /// The bindings of each policy, by their place.
    bound: Vec<Vec<usize>>,
}

/// What a bound policy says against a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'p> {
    /// The policy.
    pub policy: &'p str,
    /// The binding; none when the policy itself cannot be applied.
    pub binding: Option<&'p str>,
    /// The validation's place, if it is one's.
    pub validation: Option<usize>,
    /// What follows.
    pub actions: Vec<Action>,
    /// Why.
    pub message: String,
    /// The reason of the status; empty for an error.
    pub reason: String,
    /// Whether the expression has no value, rather than the value false.
    pub is_error: bool,
    /// Whether the API server would say the same.
    pub certainty: Certainty,
}

impl Finding<'_> {
    /// The message of the refusal, as the API server words it.
    pub fn refusal(&self) -> String {
        let Self { policy, message, .. } = self;
        let binding = self.binding.map(|name| format!(" with binding '{name}'"));
        let binding = binding.unwrap_or_default();
        format!("ValidatingAdmissionPolicy '{policy}'{binding} denied request: {message}")
    }
}

impl Policies {
    /// Takes policies and bindings in.
    pub fn new(policies: Vec<Policy>, bindings: Vec<Binding>) -> Self {
        let of = |policy: &Policy| {
            let places = bindings.iter().enumerate();
            places.filter(|(_, it)| it.policy == policy.name).map(|(place, _)| place).collect()
        };
        let bound = policies.iter().map(of).collect();
        Self { all: policies, bindings, bound }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The policies.
    pub fn policies(&self) -> &[Policy] {
        &self.all
    }

    /// Everything policies in force say against a request.
    pub fn judge<'p, 'r>(
        &'p self,
        review: &'r Review<'r>,
        parameters: &dyn Parameters<'r>,
    ) -> Vec<Finding<'p>>
    where
        'p: 'r,
    {
        let mut findings = Vec::new();
        for (policy, bound) in self.all.iter().zip(&self.bound) {
            if bound.is_empty() {
                continue;
            }
            match policy.constraints.matches(review) {
                Matched::No => continue,
                Matched::Yes => {}
                Matched::Unknown(reason) => {
                    findings.push(unknown(policy, None, reason));
                    continue;
                }
            }
            for place in bound {
                if let Some(binding) = self.bindings.get(*place) {
                    judge_bound(policy, binding, review, parameters, &mut findings);
                }
            }
        }
        findings
    }
}

fn judge_bound<'p, 'r>(
    policy: &'p Policy,
    binding: &'p Binding,
    review: &'r Review<'r>,
    parameters: &dyn Parameters<'r>,
    findings: &mut Vec<Finding<'p>>,
) where
    'p: 'r,
{
    let matched = binding.constraints.as_ref().map_or(Matched::Yes, |it| it.matches(review));
    match matched {
        Matched::No => return,
        Matched::Yes => {}
        Matched::Unknown(reason) => {
            findings.push(unknown(policy, Some(binding), reason));
            return;
        }
    }
    let params = match params(policy, binding, review, parameters) {
        Ok(params) => params,
        Err((message, Certainty::Unknown)) => {
            findings.push(unknown(policy, Some(binding), message));
            return;
        }
        Err((message, Certainty::Known)) => {
            if policy.failure_policy == FailurePolicy::Fail {
                let message = format!("failed to configure binding: {message}");
                findings.push(refused(policy, Some(binding), message, Certainty::Known));
            }
            return;
        }
    };
    for params in params {
        let outcome = policy.evaluate(review, params);
        for decision in outcome.decisions.into_iter().filter(|it| it.is_denied) {
            findings.push(found(policy, binding, decision));
        }
        for annotation in outcome.annotations {
            if let Annotation::Error(_, message) = annotation {
                findings.push(refused(policy, Some(binding), message, Certainty::Known));
            }
        }
    }
}

fn params<'r>(
    policy: &Policy,
    binding: &Binding,
    review: &Review<'r>,
    parameters: &dyn Parameters<'r>,
) -> Result<Vec<Option<Node<'r>>>, (String, Certainty)> {
    let (Some((api_version, kind)), Some(reference)) = (&policy.parameters, &binding.parameters)
    else {
        return Ok(vec![None]);
    };
    let found = parameters.find((api_version, kind), reference, review.namespace);
    let found = found.map_err(|reason| (reason, Certainty::Unknown))?;
    if found.is_empty() && reference.denies_without {
        let reason = "no params found for policy binding with `Deny` parameterNotFoundAction";
        return Err((reason.to_owned(), Certainty::Known));
    }
    Ok(found.into_iter().map(Some).collect())
}

fn found<'p>(policy: &'p Policy, binding: &'p Binding, decision: Decision) -> Finding<'p> {
    Finding {
        policy: &policy.name,
        binding: Some(&binding.name),
        validation: decision.validation,
        actions: binding.actions.clone(),
        message: decision.message,
        reason: decision.reason,
        is_error: decision.verdict == Verdict::Error,
        certainty: decision.certainty,
    }
}

fn refused<'p>(
    policy: &'p Policy,
    binding: Option<&'p Binding>,
    message: String,
    certainty: Certainty,
) -> Finding<'p> {
    Finding {
        policy: &policy.name,
        binding: binding.map(|binding| &*binding.name),
        validation: None,
        actions: vec![Action::Deny],
        message,
        reason: String::new(),
        is_error: true,
        certainty,
    }
}

fn unknown<'p>(policy: &'p Policy, binding: Option<&'p Binding>, reason: String) -> Finding<'p> {
    refused(policy, binding, reason, Certainty::Unknown)
}
