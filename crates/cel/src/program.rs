//! An expression, compiled.

use crate::check::check;
use crate::environment::Environment;
use crate::error::Error;
use crate::evaluate::{Activation, evaluate};
use crate::kind::Type;
use crate::limit::CALL_COST_MAX;
use crate::parse::parse;
use crate::plan::{Step, plan};
use crate::problem::{Fault, Problem};
use crate::validate::validate;
use crate::value::{Object, Value};

/// An expression, compiled: evaluated with variables as often as wanted.
#[derive(Debug)]
pub struct Program {
    step: Step,
    locals: usize,
    result: Type,
}

impl Program {
    /// Compiles an expression; all problems of the first kind that was found: syntax, types,
    /// literals.
    pub fn compile(environment: &Environment, source: &str) -> Result<Self, Vec<Problem>> {
        let located = |faults: Vec<Fault>| -> Vec<Problem> {
            faults.into_iter().map(|fault| fault.locate(source)).collect()
        };
        let (root, nodes) = parse(source).map_err(|fault| located(vec![fault]))?;
        let checked = check(environment, root, nodes).map_err(located)?;
        let faults = validate(&checked);
        if !faults.is_empty() {
            return Err(located(faults));
        }
        let result = checked.type_of(&checked.root).clone();
        let step = plan(&checked).map_err(|fault| located(vec![fault]))?;
        Ok(Self { step, locals: checked.locals, result })
    }

    /// The type of its values, as far as it is known.
    pub fn result(&self) -> &Type {
        &self.result
    }

    /// Evaluates: the value or the error, and what it cost. More than [`CALL_COST_MAX`] is an
    /// error.
    pub fn evaluate<'a, O: Object<'a>>(
        &'a self,
        activation: &dyn Activation<'a, O>,
    ) -> (Result<Value<'a, O>, Error>, u64) {
        evaluate(&self.step, self.locals, activation, CALL_COST_MAX)
    }
}
