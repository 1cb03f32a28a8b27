//! What one policy decides of one request (`validator.go`, `matcher.go`, `activation.go`).

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use cel::{Activation, Cause, Error, Opaque, Question, Value};
use model::Node;

use super::environment::{
    AUTHORIZER, NAMESPACE_OBJECT, OBJECT, OLD_OBJECT, PARAMS, REQUEST, REQUEST_RESOURCE,
};
use super::object::Part;
use super::policy::{Compiled, FailurePolicy, Policy, Validation};
use super::review::{Kind, Review};
use super::written::Type;

/// What all validations of a policy may cost on one request (`RuntimeCELCostBudget`).
const BUDGET: u64 = 10_000_000;
/// What its match conditions may cost (`RuntimeCELCostBudgetMatchConditions`).
const CONDITIONS_BUDGET: u64 = 2_500_000;
/// The longest message an expression may give, in bytes
/// (`MaxEvaluatedMessageExpressionSizeBytes`).
const MESSAGE_BYTES_MAX: usize = 5 * 1024;

/// Whether an answer is what the API server would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It is.
    Known,
    /// A value was needed that is not known here; the answer is the safe one.
    Unknown,
}

/// What a validation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Admit,
    /// It does not hold.
    Deny,
    /// It has no value.
    Error,
}

/// What a policy decides by one of its validations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The validation's place; none for an error of the policy as a whole.
    pub validation: Option<usize>,
    /// What it says.
    pub verdict: Verdict,
    /// Whether the request is refused by it: an error is by the failure policy.
    pub is_denied: bool,
    /// Why, in the policy's words or the API server's.
    pub message: String,
    /// The reason of the status.
    pub reason: String,
    /// Whether the API server would say the same.
    pub certainty: Certainty,
}

/// What goes into the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Annotation {
    /// A value under a key.
    Value(String, String),
    /// It has no value, and the failure policy is to fail.
    Error(String, String),
}

/// What a policy decides of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What each validation says; nothing when the match conditions do not hold.
    pub decisions: Vec<Decision>,
    /// What goes into the audit log.
    pub annotations: Vec<Annotation>,
}

impl Policy {
    /// What the policy decides of a request with these parameters, whether or not it is bound or
    /// matches.
    pub fn evaluate<'a>(&'a self, review: &'a Review<'a>, params: Option<Node<'a>>) -> Outcome {
        match self.conditions_hold(review, params) {
            Ok(true) => {}
            Ok(false) => return Outcome::default(),
            Err((message, certainty)) => {
                let decision = self.failed(None, message, certainty);
                return Outcome { decisions: vec![decision], ..Outcome::default() };
            }
        }
        let group = Group::new(self, review, params, true);
        let mut budget = BUDGET;
        let mut values = Vec::with_capacity(self.validations.len());
        for validation in &self.validations {
            let Ok(value) = group.evaluate(&validation.compiled, &mut budget) else {
                let decision = self.failed(None, OutOfBudget.to_string(), Certainty::Known);
                return Outcome { decisions: vec![decision], ..Outcome::default() };
            };
            values.push(value);
        }
        let messages = Group::new(self, review, params, false);
        let decisions = self.validations.iter().zip(values).enumerate();
        let decisions = decisions.map(|(index, (validation, value))| {
            self.decision(index, validation, value, &messages, &mut budget)
        });
        let decisions = decisions.collect();
        Outcome { decisions, annotations: self.audit(review, params) }
    }

    fn failed(&self, validation: Option<usize>, message: String, certainty: Certainty) -> Decision {
        // What is not known here denies, whatever the policy says of errors.
        let is_denied =
            self.failure_policy == FailurePolicy::Fail || certainty == Certainty::Unknown;
        let reason = String::new();
        let verdict = Verdict::Error;
        Decision { validation, verdict, is_denied, message, reason, certainty }
    }

    fn decision<'a>(
        &self,
        index: usize,
        validation: &'a Validation,
        value: Result<Value<'a, Part<'a>>, (String, Certainty)>,
        messages: &Group<'a>,
        budget: &mut u64,
    ) -> Decision {
        let value = match value {
            Ok(value) => value,
            Err((message, certainty)) => return self.failed(Some(index), message, certainty),
        };
        let mut decision = Decision {
            validation: Some(index),
            verdict: Verdict::Admit,
            is_denied: false,
            message: String::new(),
            reason: String::new(),
            certainty: Certainty::Known,
        };
        if matches!(value, Value::Bool(true)) {
            return decision;
        }
        let Ok(message) = message(validation, messages, budget) else {
            let message = format!("failed messageExpression: {OutOfBudget}");
            return self.failed(Some(index), message, Certainty::Known);
        };
        decision.verdict = Verdict::Deny;
        decision.is_denied = true;
        decision.message = message;
        decision.reason.clone_from(&validation.reason);
        decision
    }

    /// Whether all match conditions hold. One that does not ends it, whatever the others are.
    fn conditions_hold<'a>(
        &'a self,
        review: &'a Review<'a>,
        params: Option<Node<'a>>,
    ) -> Result<bool, (String, Certainty)> {
        if self.conditions.is_empty() {
            return Ok(true);
        }
        let mut group = Group::new(self, review, params, true);
        group.hides_namespace = true;
        let mut budget = CONDITIONS_BUDGET;
        let mut errors: Vec<String> = Vec::new();
        let mut certainty = Certainty::Known;
        let mut holds = true;
        for condition in &self.conditions {
            match group.evaluate(&condition.compiled, &mut budget) {
                Ok(Ok(Value::Bool(false))) => holds = false,
                Ok(Ok(_)) => {}
                Ok(Err((message, unknown))) => {
                    if unknown == Certainty::Unknown {
                        certainty = unknown;
                    }
                    if !errors.contains(&message) {
                        errors.push(message);
                    }
                }
                Err(OutOfBudget) => {
                    errors = vec![OutOfBudget.to_string()];
                    holds = true;
                    break;
                }
            }
        }
        if !holds {
            return Ok(false);
        }
        match (&errors[..], self.failure_policy, certainty) {
            ([], ..) => Ok(true),
            (_, FailurePolicy::Ignore, Certainty::Known) => Ok(false),
            ([one], ..) => Err((one.clone(), certainty)),
            (all, ..) => Err((format!("[{}]", all.join(", ")), certainty)),
        }
    }

    fn audit<'a>(&'a self, review: &'a Review<'a>, params: Option<Node<'a>>) -> Vec<Annotation> {
        let group = Group::new(self, review, params, false);
        let mut budget = BUDGET;
        let mut annotations = Vec::new();
        for annotation in &self.annotations {
            let key = annotation.key.clone();
            match group.evaluate(&annotation.compiled, &mut budget) {
                Ok(Ok(Value::String(text))) if !text.trim().is_empty() => {
                    annotations.push(Annotation::Value(key, text.trim().to_owned()));
                }
                Ok(Err((error, _))) if self.failure_policy == FailurePolicy::Fail => {
                    annotations.push(Annotation::Error(key, error));
                }
                Ok(_) => {}
                Err(OutOfBudget) => {
                    annotations.push(Annotation::Error(key, OutOfBudget.to_string()));
                    break;
                }
            }
        }
        annotations
    }
}

/// The message of a validation that does not hold: what its expression gives, else its text, else
/// the expression itself.
fn message<'a>(
    validation: &'a Validation,
    group: &Group<'a>,
    budget: &mut u64,
) -> Result<String, OutOfBudget> {
    if let Some(compiled) = &validation.message_expression
        && let Ok(Value::String(text)) = group.evaluate(compiled, budget)?
    {
        let text = text.trim();
        if !text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n') {
            return Ok(text.to_owned());
        }
    }
    if !validation.message.is_empty() {
        let text = validation.message.trim();
        if !text.is_empty() {
            return Ok(text.to_owned());
        }
    }
    Ok(format!("failed expression: {}", validation.compiled.source.trim()))
}

#[derive(Debug)]
struct OutOfBudget;

impl std::fmt::Display for OutOfBudget {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(
            "validation failed due to running out of cost budget, no further validation rules \
             will be run",
        )
    }
}

/// Why there is no answer where nobody answers for permissions.
const NO_AUTHORIZER: &str = "who may do what is not known here";

/// Why there is no answer where the object's Namespace was not seen.
const NO_NAMESPACE: &str = "the object's Namespace is not known here";

type Outcomes<'a> = Result<Value<'a, Part<'a>>, Error>;

/// Expressions evaluated together: each variable of the policy at most once, when it is asked for.
struct Group<'a> {
    policy: &'a Policy,
    review: &'a Review<'a>,
    params: Option<Node<'a>>,
    hides_namespace: bool,
    has_authorizer: bool,
    variables: Vec<OnceCell<Outcomes<'a>>>,
    /// What the variables asked for by one expression cost.
    spent: Cell<u64>,
}

impl<'a> Group<'a> {
    fn new(
        policy: &'a Policy,
        review: &'a Review<'a>,
        params: Option<Node<'a>>,
        has_authorizer: bool,
    ) -> Self {
        Self {
            policy,
            review,
            params,
            hides_namespace: false,
            has_authorizer,
            variables: policy.variables.iter().map(|_| OnceCell::new()).collect(),
            spent: Cell::new(0),
        }
    }

    fn evaluate(
        &self,
        compiled: &'a Compiled,
        budget: &mut u64,
    ) -> Result<Result<Value<'a, Part<'a>>, (String, Certainty)>, OutOfBudget> {
        let program = match &compiled.program {
            Ok(program) => program,
            Err(reason) => {
                let message = format!("compilation error: {reason}");
                return Ok(Err((message, Certainty::Known)));
            }
        };
        self.spent.set(0);
        let (value, cost) = program.evaluate(self);
        *budget = budget.checked_sub(self.spent.get()).ok_or(OutOfBudget)?;
        *budget = budget.checked_sub(cost).ok_or(OutOfBudget)?;
        Ok(value.map_err(|error| {
            let certainty = match error.cause() {
                Cause::Withheld => Certainty::Unknown,
                _ => Certainty::Known,
            };
            let source = &compiled.source;
            (format!("expression '{source}' resulted in error: {error}"), certainty)
        }))
    }

    fn variable_value(&self, place: usize) -> Outcomes<'a> {
        let Some(variable) = self.policy.variables.get(place) else {
            return Err(Error::new("no such variable"));
        };
        let name = &variable.name;
        match &variable.compiled.program {
            Err(reason) => {
                Err(Error::new(format!("composited variable {name:?} fails to compile: {reason}")))
            }
            Ok(program) => {
                let (value, cost) = program.evaluate(self);
                self.spent.set(self.spent.get().saturating_add(cost));
                value.map_err(|error| {
                    let message =
                        format!("composited variable {name:?} fails to evaluate: {error}");
                    error.within(message)
                })
            }
        }
    }
}

fn node(node: Option<Node<'_>>) -> Outcomes<'_> {
    node.map_or(Ok(Value::Null), |node| Value::of(Part::Node(node)))
}

fn object<'a>(review: &Review<'a>, object: Option<Node<'a>>) -> Outcomes<'a> {
    if !review.is_as_written {
        return node(object);
    }
    let Kind { group, name, .. } = review.resource.kind;
    let of = Type::of_kind(group, name);
    object.map_or(Ok(Value::Null), |object| Value::of(Part::Written(Some(object), of)))
}

impl<'a> Activation<'a, Part<'a>> for Group<'a> {
    fn variable(&self, number: usize) -> Outcomes<'a> {
        match number {
            OBJECT => object(self.review, self.review.object),
            OLD_OBJECT => object(self.review, self.review.old_object),
            NAMESPACE_OBJECT if self.hides_namespace || self.review.namespace.is_empty() => {
                Ok(Value::Null)
            }
            // A Namespace is in none, though its request names one: itself.
            NAMESPACE_OBJECT if self.review.resource.is("", "namespaces") => Ok(Value::Null),
            NAMESPACE_OBJECT if self.review.namespace_object.is_none() => {
                Err(Error::withheld(NO_NAMESPACE))
            }
            NAMESPACE_OBJECT => node(self.review.namespace_object),
            REQUEST => Value::of(Part::Request(self.review)),
            PARAMS => node(self.params),
            AUTHORIZER | REQUEST_RESOURCE
                if self.has_authorizer && self.review.authorizer.is_none() =>
            {
                Err(Error::withheld(NO_AUTHORIZER))
            }
            AUTHORIZER if self.has_authorizer => Ok(Value::Opaque(Rc::new(Opaque::authorizer()))),
            REQUEST_RESOURCE if self.has_authorizer => Ok(self.review.resource_check()),
            AUTHORIZER => Err(Error::new("no such attribute(s): authorizer")),
            REQUEST_RESOURCE => Err(Error::new("no such attribute(s): authorizer.requestResource")),
            _ => Ok(Value::Lazy),
        }
    }

    fn lazy(&self, name: &str) -> Option<Outcomes<'a>> {
        // A later variable of a name hides an earlier one.
        let place = self.policy.variables.iter().rposition(|variable| *variable.name == *name)?;
        let cell = self.variables.get(place)?;
        if let Some(known) = cell.get() {
            return Some(known.clone());
        }
        let value = self.variable_value(place);
        // It was not set above, and a variable only sees those before it.
        let _ = cell.set(value.clone());
        Some(value)
    }

    fn decide(&self, verb: &str, question: Question<'_>) -> Result<cel::Decision, Error> {
        let authorizer = self.review.authorizer.ok_or_else(|| Error::withheld(NO_AUTHORIZER))?;
        authorizer.decide(verb, question)
    }
}
