//! A policy, read and compiled.

use cel::{Environment, Problem, Program, Type};
use model::{Node, Object, Path};

use super::environment::{VARIABLES, declared, environment};
use super::matching::{Constraints, Matched, Rule};
use super::review::Review;

/// What an error means for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePolicy {
    /// It is refused.
    Fail,
    /// It goes on as if the policy were not there.
    Ignore,
}

/// A `ValidatingAdmissionPolicy` whose expressions are compiled.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What its errors mean.
    pub failure_policy: FailurePolicy,
    /// `apiVersion` and `kind` of its parameters, if it has any.
    pub parameters: Option<(String, String)>,
    pub(crate) constraints: Constraints,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) validations: Vec<Validation>,
    pub(crate) annotations: Vec<AuditAnnotation>,
    faults: Vec<Fault>,
}

/// An expression of a policy that does not compile: the API server says so in its status and
/// follows the failure policy for every request.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Where the expression stands in the policy.
    pub path: Path,
    /// What is wrong with it and where in it.
    pub problem: Problem,
}

/// An expression and its program, or why it has none, in the API server's words.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) source: String,
    pub(crate) program: Result<Program, String>,
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) compiled: Compiled,
}

#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: Box<str>,
    pub(crate) compiled: Compiled,
}

#[derive(Debug)]
pub(crate) struct Validation {
    pub(crate) compiled: Compiled,
    pub(crate) message: String,
    pub(crate) message_expression: Option<Compiled>,
    pub(crate) reason: String,
}

#[derive(Debug)]
pub(crate) struct AuditAnnotation {
    pub(crate) key: String,
    pub(crate) compiled: Compiled,
}

impl Policy {
    /// Reads a policy; None when the object is none. A policy whose parts cannot be read still
    /// counts: what is missing in it is an expression that does not compile.
    pub fn read(object: &Object<'_>) -> Option<Self> {
        if !object.is("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") {
            return None;
        }
        Some(Self::of(object.name, object.root.get("spec")))
    }

    /// The policy of a name and a `spec`, wherever these stand.
    pub fn of(name: &str, spec: Option<Node<'_>>) -> Self {
        let text = |key| spec.and_then(|spec| spec.str(key));
        let parameters = spec.and_then(|spec| spec.get("paramKind")).map(|kind| {
            let text = |key| kind.str(key).unwrap_or_default().to_owned();
            (text("apiVersion"), text("kind"))
        });
        let failure_policy = match text("failurePolicy") {
            Some("Ignore") => FailurePolicy::Ignore,
            _ => FailurePolicy::Fail,
        };
        let has_params = parameters.is_some();
        let mut compiler = Compiler {
            full: environment(has_params, true),
            plain: environment(has_params, false),
            faults: Vec::new(),
        };
        let variables = compiler.variables(spec);
        let conditions = compiler.conditions(spec);
        let validations = compiler.validations(spec);
        let annotations = compiler.annotations(spec);
        let constraints = spec.and_then(|spec| spec.get("matchConstraints"));
        Self {
            name: name.to_owned(),
            failure_policy,
            parameters,
            constraints: Constraints::read(constraints),
            conditions,
            variables,
            validations,
            annotations,
            faults: compiler.faults,
        }
    }

    /// Whether the policy is about a request.
    pub fn matches(&self, review: &Review<'_>) -> Matched {
        self.constraints.matches(review)
    }

    /// The resources it is about.
    pub fn rules(&self) -> &[Rule] {
        &self.constraints.rules
    }

    /// Its expressions that do not compile.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How many expressions it has.
    pub fn expressions(&self) -> usize {
        let messages = self.validations.iter().filter(|it| it.message_expression.is_some()).count();
        self.conditions.len()
            + self.variables.len()
            + self.validations.len()
            + messages
            + self.annotations.len()
    }

    /// The expression of a validation, by its place.
    pub fn expression(&self, validation: usize) -> Option<&str> {
        self.validations.get(validation).map(|validation| &*validation.compiled.source)
    }
}

/// What an expression has to give.
enum Wanted {
    Bool,
    String,
    StringOrNull,
    Any,
}

impl Wanted {
    fn refuses(&self, kind: &Type) -> Option<String> {
        let only = |name: &str| Some(format!("must evaluate to {name} but got {kind}"));
        match (self, kind) {
            (Self::Any, _)
            | (Self::Bool, Type::Bool)
            | (Self::String, Type::String)
            | (Self::StringOrNull, Type::String | Type::Null) => None,
            (Self::Bool, _) => only("bool"),
            (Self::String, _) => only("string"),
            (Self::StringOrNull, _) => only("one of [string null_type]"),
        }
    }
}

struct Compiler {
    full: Environment,
    /// Without `authorizer`: for messages.
    plain: Environment,
    faults: Vec<Fault>,
}

impl Compiler {
    fn compile(&mut self, source: &str, path: Path, wanted: &Wanted, is_message: bool) -> Compiled {
        let environment = if is_message { &self.plain } else { &self.full };
        let program = match Program::compile(environment, source) {
            Err(problems) => {
                let shown: Vec<String> =
                    problems.iter().map(|problem| shown(problem, source)).collect();
                self.faults.extend(
                    problems.into_iter().map(|problem| Fault { path: path.clone(), problem }),
                );
                Err(format!("compilation failed: {}", shown.join("\n")))
            }
            Ok(program) => match wanted.refuses(program.result()) {
                None => Ok(program),
                Some(reason) => {
                    let problem = Problem { line: 1, column: 1, reason: reason.clone() };
                    self.faults.push(Fault { path, problem });
                    Err(reason)
                }
            },
        };
        Compiled { source: source.to_owned(), program }
    }

    fn variables(&mut self, spec: Option<Node<'_>>) -> Vec<Variable> {
        let mut variables = Vec::new();
        for (path, item) in items(spec, "variables") {
            let name = item.str("name").unwrap_or_default();
            let source = item.str("expression").unwrap_or_default();
            let compiled = self.compile(source, path.field("expression"), &Wanted::Any, false);
            let kind = compiled.program.as_ref().map_or(Type::Dyn, |it| declared(it.result()));
            self.full.field(VARIABLES, name, kind.clone());
            self.plain.field(VARIABLES, name, kind);
            variables.push(Variable { name: name.into(), compiled });
        }
        variables
    }

    fn conditions(&mut self, spec: Option<Node<'_>>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (path, item) in items(spec, "matchConditions") {
            let source = item.str("expression").unwrap_or_default();
            let compiled = self.compile(source, path.field("expression"), &Wanted::Bool, false);
            conditions.push(Condition { compiled });
        }
        conditions
    }

    fn validations(&mut self, spec: Option<Node<'_>>) -> Vec<Validation> {
        let mut validations = Vec::new();
        for (path, item) in items(spec, "validations") {
            let text = |key| item.str(key).unwrap_or_default();
            let at = path.clone().field("expression");
            let compiled = self.compile(text("expression"), at, &Wanted::Bool, false);
            let message_expression = Some(text("messageExpression")).filter(|it| !it.is_empty());
            let message_expression = message_expression.map(|source| {
                self.compile(source, path.field("messageExpression"), &Wanted::String, true)
            });
            let reason = Some(text("reason")).filter(|reason| !reason.is_empty());
            validations.push(Validation {
                compiled,
                message: text("message").to_owned(),
                message_expression,
                reason: reason.unwrap_or("Invalid").to_owned(),
            });
        }
        validations
    }

    fn annotations(&mut self, spec: Option<Node<'_>>) -> Vec<AuditAnnotation> {
        let mut annotations = Vec::new();
        for (path, item) in items(spec, "auditAnnotations") {
            let source = item.str("valueExpression").unwrap_or_default();
            let at = path.field("valueExpression");
            let compiled = self.compile(source, at, &Wanted::StringOrNull, false);
            let key = item.str("key").unwrap_or_default().to_owned();
            annotations.push(AuditAnnotation { key, compiled });
        }
        annotations
    }
}

fn items<'a>(spec: Option<Node<'a>>, list: &str) -> Vec<(Path, Node<'a>)> {
    let items = spec.into_iter().flat_map(|spec| spec.list(list));
    let at = |index| Path::root().field("spec").field(list).index(index);
    items.enumerate().map(|(index, item)| (at(index), item)).collect()
}

/// A problem as cel-go prints it: the line and a mark below the column.
fn shown(problem: &Problem, source: &str) -> String {
    let Problem { line, column, reason } = problem;
    let text = source.lines().nth(*line as usize - 1).unwrap_or_default();
    let dots = ".".repeat(*column as usize - 1);
    format!("ERROR: <input>:{line}:{column}: {reason}\n | {text}\n | {dots}^")
}
