//! What all policies together decide of a request (`dispatcher.go`).

use model::Node;

use super::binding::{Action, Binding};
use super::evaluate::{Annotation, Certainty, Decision, Verdict};
use super::matching::Matched;
use super::policy::{FailurePolicy, Policy};
use super::review::{Resource, Review};

/// Where parameters are found.
pub trait Parameters<'a> {
    /// The objects of a kind that a binding refers to, for a request in this namespace.
    fn find(
        &self,
        kind: (&str, &str),
        reference: &super::ParameterReference,
        namespace: &str,
    ) -> Result<Vec<Node<'a>>, NoParameters>;
}

/// Why there are no parameters to go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoParameters {
    /// It is not known which there are; why.
    Unknown(String),
    /// The binding cannot be used for the request, in the API server's words.
    Unusable(&'static str),
}

impl NoParameters {
    /// A binding without a namespace for parameters that stand in one, and a request that is in
    /// none.
    pub const NO_NAMESPACE: Self = Self::Unusable(
        "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
    );
    /// A binding that names a namespace for parameters that stand in none.
    pub const NO_SCOPE: Self =
        Self::Unusable("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
}

/// What policies in force say of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said<'p> {
    /// What is said against it.
    pub findings: Vec<Finding<'p>>,
    /// What policies write into the audit log: the policy, the key, the value.
    pub annotations: Vec<(&'p str, String, String)>,
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
    /// What the policy says of errors.
    pub failure_policy: FailurePolicy,
}

impl Finding<'_> {
    /// The message of the refusal, as the API server words it.
    pub fn refusal(&self) -> String {
        let Self { policy, message, .. } = self;
        let binding = self.binding.map(|name| format!(" with binding '{name}'"));
        let binding = binding.unwrap_or_default();
        format!("ValidatingAdmissionPolicy '{policy}'{binding} denied request: {message}")
    }

    /// The warning, as the API server words it.
    pub fn warning(&self) -> String {
        let Self { policy, message, .. } = self;
        let binding = self.binding.unwrap_or_default();
        format!(
            "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': \
             {message}"
        )
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

    /// Everything policies in force say of a request.
    pub fn judge<'p, 'r>(
        &'p self,
        review: &'r Review<'r>,
        parameters: &dyn Parameters<'r>,
    ) -> Said<'p>
    where
        'p: 'r,
    {
        let mut said = Said::default();
        if is_never_asked_about(&review.resource) {
            return said;
        }
        for (policy, bound) in self.all.iter().zip(&self.bound) {
            if bound.is_empty() {
                continue;
            }
            match policy.constraints.matches(review) {
                Matched::No => continue,
                Matched::Yes => {}
                Matched::Unknown(reason) => {
                    said.findings.push(unknown(policy, None, reason));
                    continue;
                }
            }
            for place in bound {
                if let Some(binding) = self.bindings.get(*place) {
                    judge_bound(policy, binding, review, parameters, &mut said);
                }
            }
        }
        said
    }
}

/// What no policy is asked about: policies, and reviews that are stored nowhere.
///
/// Source: `k8s.io/kubernetes/pkg/kubeapiserver/admission/exclusion/resources.go` and
/// `pkg/admission/plugin/policy/generic/plugin.go` of `k8s.io/apiserver`.
fn is_never_asked_about(resource: &Resource<'_>) -> bool {
    let endings: &[&str] = match resource.group {
        "admissionregistration.k8s.io" => &["admissionpolicies", "admissionpolicybindings"],
        "authentication.k8s.io" | "authorization.k8s.io" => &["reviews"],
        _ => &[],
    };
    endings.iter().any(|ending| resource.name.ends_with(ending))
}

fn judge_bound<'p, 'r>(
    policy: &'p Policy,
    binding: &'p Binding,
    review: &'r Review<'r>,
    parameters: &dyn Parameters<'r>,
    said: &mut Said<'p>,
) where
    'p: 'r,
{
    let matched = binding.constraints.as_ref().map_or(Matched::Yes, |it| it.matches(review));
    match matched {
        Matched::No => return,
        Matched::Yes => {}
        Matched::Unknown(reason) => {
            said.findings.push(unknown(policy, Some(binding), reason));
            return;
        }
    }
    let params = match params(policy, binding, review, parameters) {
        Ok(params) => params,
        Err((message, Certainty::Unknown)) => {
            said.findings.push(unknown(policy, Some(binding), message));
            return;
        }
        Err((message, Certainty::Known)) => {
            if policy.failure_policy == FailurePolicy::Fail {
                let message = format!("failed to configure binding: {message}");
                said.findings.push(refused(policy, Some(binding), message, Certainty::Known));
            }
            return;
        }
    };
    for params in params {
        let outcome = policy.evaluate(review, params);
        for decision in outcome.decisions.into_iter().filter(|it| it.is_denied) {
            said.findings.push(found(policy, binding, decision));
        }
        for annotation in outcome.annotations {
            match annotation {
                Annotation::Value(key, value) => said.annotations.push((&policy.name, key, value)),
                Annotation::Error(_, message) => {
                    said.findings.push(refused(policy, Some(binding), message, Certainty::Known));
                }
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
    let found = found.map_err(|error| match error {
        NoParameters::Unknown(reason) => (reason, Certainty::Unknown),
        NoParameters::Unusable(reason) => (reason.to_owned(), Certainty::Known),
    })?;
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
        failure_policy: policy.failure_policy,
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
        failure_policy: policy.failure_policy,
    }
}

fn unknown<'p>(policy: &'p Policy, binding: Option<&'p Binding>, reason: String) -> Finding<'p> {
    refused(policy, binding, reason, Certainty::Unknown)
}
