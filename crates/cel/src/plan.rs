//! From a checked expression to a program: names are places, functions are chosen, constants
//! folded as cel-go folds them (`interpreter/planner.go`, `interpreter/decorators.go`), since what
//! is folded costs nothing.

use regex::Regex;

use crate::check::{Checked, Reference};
use crate::cost::Rule;
use crate::error::Error;
use crate::evaluate::constant_call;
use crate::function::Function;
use crate::limit::REGEX_BYTES_MAX;
use crate::problem::Fault;
use crate::syntax::{Call, Comprehension, Expression, Kind, Literal, operator};
use crate::value::Constant;

/// One step of a program.
#[derive(Debug)]
pub(crate) enum Step {
    Constant(Constant),
    Attribute(Box<Attribute>),
    And(Vec<Step>),
    Or(Vec<Step>),
    Equal {
        sides: Box<(Step, Step)>,
        is_negated: bool,
    },
    Call(Box<Invocation>),
    /// Whether a value is in a constant list of texts, numbers and bools.
    InSet(Box<(Step, Set)>),
    List(Vec<(Step, bool)>),
    Map(Vec<(Step, Step, bool)>),
    Fold(Box<Fold>),
    /// `or` and `orValue`.
    OrElse {
        sides: Box<(Step, Step)>,
        is_value: bool,
    },
    /// `accumulator + [item]` as the step of a fold: in place.
    Append {
        place: usize,
        items: Box<Step>,
        rule: Rule,
    },
    /// `cel.@mapInsert(accumulator, key, value)` as the step of a fold: in place.
    Insert {
        place: usize,
        entry: Box<(Option<Step>, Step)>,
    },
}

/// A constant set, sorted: looking a value up costs nothing upstream, so it must be cheap.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) texts: Vec<Box<str>>,
    pub(crate) numbers: Vec<i128>,
    pub(crate) others: Vec<f64>,
    pub(crate) bools: [bool; 2],
}

impl Set {
    fn new(items: Vec<Constant>) -> Self {
        let mut set =
            Self { texts: Vec::new(), numbers: Vec::new(), others: Vec::new(), bools: [false; 2] };
        for item in items {
            match item {
                Constant::String(text) => set.texts.push(text),
                Constant::Int(int) => set.numbers.push(i128::from(int)),
                Constant::Uint(uint) => set.numbers.push(i128::from(uint)),
                Constant::Double(double) => match whole(double) {
                    Some(number) => set.numbers.push(number),
                    None => set.others.push(double),
                },
                Constant::Bool(bool) => set.bools[usize::from(bool)] = true,
                _ => {}
            }
        }
        set.texts.sort_unstable();
        set.numbers.sort_unstable();
        set.others.sort_unstable_by(f64::total_cmp);
        set
    }
}

/// The integer a double is, if it is one of 64 bits.
pub(crate) fn whole(double: f64) -> Option<i128> {
    let is_whole = double.fract() == 0.0 && double.abs() < 1.844_674_407_370_955_2e19;
    is_whole.then_some(double as i128)
}

/// A variable, or any value, and the fields and items taken from it.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) root: Root,
    pub(crate) qualifiers: Vec<Qualifier>,
}

#[derive(Debug)]
pub(crate) enum Root {
    Variable(usize),
    Local(usize),
    Step(Step),
    Conditional(Box<(Step, Step, Step)>),
}

#[derive(Debug)]
pub(crate) struct Qualifier {
    pub(crate) key: Key,
    pub(crate) is_optional: bool,
    /// Only whether it is there: the last one of `has()`.
    pub(crate) is_test: bool,
}

#[derive(Debug)]
pub(crate) enum Key {
    Field(Box<str>),
    Constant(Constant),
    Step(Step),
}

/// A call of a function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) function: Function,
    pub(crate) name: Box<str>,
    /// The overload, if only one fits.
    pub(crate) overload: Option<&'static str>,
    pub(crate) rule: Rule,
    pub(crate) arguments: Vec<Step>,
    /// Whether the arguments after an error are not evaluated.
    pub(crate) stops: bool,
    /// A constant pattern, compiled.
    pub(crate) regex: Option<Regex>,
}

#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) range: Step,
    pub(crate) initial: Step,
    pub(crate) condition: Step,
    pub(crate) step: Step,
    pub(crate) result: Step,
    /// Places of the accumulator, the item, the value.
    pub(crate) places: [usize; 3],
    pub(crate) has_value: bool,
}

/// Plans a whole expression.
pub(crate) fn plan(checked: &Checked) -> Result<Step, Fault> {
    Planner { checked }.step(&checked.root)
}

/// Compiles a pattern within the limit of its size.
pub(crate) fn regex(pattern: &str) -> Result<Regex, String> {
    let compiled = regex::RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build();
    compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("error parsing regexp: larger than {limit} bytes when compiled")
        }
        _ => format!("error parsing regexp: `{pattern}`"),
    })
}

struct Planner<'a> {
    checked: &'a Checked,
}

fn failed(at: &Expression, reason: &str) -> Fault {
    Fault::new(at.offset, format!("program instantiation failed: {reason}"))
}

impl Planner<'_> {
    fn step(&self, expression: &Expression) -> Result<Step, Fault> {
        match &expression.kind {
            Kind::Literal(literal) => Ok(Step::Constant(constant(literal))),
            Kind::Identifier(_) => self.name(expression),
            Kind::Select(select) => {
                if self.checked.reference(expression).is_some() {
                    return self.name(expression);
                }
                let operand = self.step(&select.operand)?;
                let key = Key::Field(select.field.clone());
                Ok(qualified(operand, key, false, select.is_test))
            }
            Kind::Call(call) => self.call(expression, call),
            Kind::List(elements) => {
                let mut steps = Vec::with_capacity(elements.len());
                for element in elements {
                    steps.push((self.step(&element.value)?, element.is_optional));
                }
                Ok(folded_list(steps))
            }
            Kind::Map(entries) => {
                let mut steps = Vec::with_capacity(entries.len());
                for entry in entries {
                    let (key, value) = (self.step(&entry.key)?, self.step(&entry.value)?);
                    steps.push((key, value, entry.is_optional));
                }
                Ok(folded_map(steps))
            }
            Kind::Message(name) => Err(failed(expression, &format!("no message type {name}"))),
            Kind::Comprehension(fold) => self.fold(expression, fold),
        }
    }

    fn name(&self, expression: &Expression) -> Result<Step, Fault> {
        let root = match self.checked.reference(expression) {
            Some(Reference::Variable(number)) => Root::Variable(*number),
            Some(Reference::Local(place)) => Root::Local(*place),
            Some(Reference::Type(name)) => {
                return Ok(Step::Constant(Constant::Type((*name).into())));
            }
            _ => return Err(failed(expression, "a name was not resolved")),
        };
        Ok(Step::Attribute(Box::new(Attribute { root, qualifiers: Vec::new() })))
    }

    fn call(&self, expression: &Expression, call: &Call) -> Result<Step, Fault> {
        let (name, overload, is_qualified) = match self.checked.reference(expression) {
            Some(Reference::Function { name, overload, is_qualified }) => {
                (&**name, *overload, *is_qualified)
            }
            _ => (&*call.function, None, false),
        };
        let target = call.target.iter().filter(|_| !is_qualified);
        let mut arguments = Vec::with_capacity(call.arguments.len() + 1);
        for argument in target.chain(&call.arguments) {
            arguments.push(self.step(argument)?);
        }
        operation(expression, name, overload, arguments)
    }

    fn fold(&self, expression: &Expression, fold: &Comprehension) -> Result<Step, Fault> {
        let Some(Reference::Fold(places)) = self.checked.reference(expression) else {
            return Err(failed(expression, "a comprehension was not resolved"));
        };
        let initial = self.step(&fold.initial)?;
        let step = in_place(self.step(&fold.step)?, places[0]);
        Ok(Step::Fold(Box::new(Fold {
            range: self.step(&fold.range)?,
            initial,
            condition: self.step(&fold.condition)?,
            step,
            result: self.step(&fold.result)?,
            places: *places,
            has_value: fold.value.is_some(),
        })))
    }
}

fn operation(
    at: &Expression,
    name: &str,
    overload: Option<&'static str>,
    arguments: Vec<Step>,
) -> Result<Step, Fault> {
    match name {
        operator::AND => return Ok(Step::And(arguments)),
        operator::OR => return Ok(Step::Or(arguments)),
        operator::CONDITIONAL => return three(arguments).map_or_else(|| Err(arity(at)), Ok),
        _ => {}
    }
    if matches!(
        name,
        operator::EQUALS
            | operator::NOT_EQUALS
            | operator::INDEX
            | operator::OPTIONAL_INDEX
            | operator::OPTIONAL_SELECT
            | "or"
            | "orValue"
    ) {
        let (one, two) = two(arguments).ok_or_else(|| arity(at))?;
        return pair(at, name, one, two);
    }
    let function =
        Function::named(name).ok_or_else(|| failed(at, &format!("no such overload: {name}")))?;
    let rule = Rule::of(function, name, overload);
    invocation(
        at,
        Invocation {
            function,
            name: name.into(),
            overload,
            rule,
            stops: stops(function, overload, arguments.len()),
            arguments,
            regex: None,
        },
    )
}

fn pair(at: &Expression, name: &str, one: Step, two: Step) -> Result<Step, Fault> {
    Ok(match name {
        operator::EQUALS | operator::NOT_EQUALS => {
            let is_negated = name == operator::NOT_EQUALS;
            Step::Equal { sides: Box::new((one, two)), is_negated }
        }
        "or" | "orValue" => {
            Step::OrElse { sides: Box::new((one, two)), is_value: name == "orValue" }
        }
        _ => {
            let key = match two {
                Step::Constant(Constant::String(text)) => Key::Field(text),
                Step::Constant(constant) if is_key(&constant) => Key::Constant(constant),
                Step::Constant(_) => return Err(failed(at, "invalid qualifier type")),
                step => Key::Step(step),
            };
            qualified(one, key, name != operator::INDEX, false)
        }
    })
}

fn invocation(at: &Expression, mut call: Invocation) -> Result<Step, Fault> {
    let pattern = match call.arguments.get(1) {
        Some(Step::Constant(Constant::String(pattern))) => Some(pattern),
        _ => None,
    };
    let takes_pattern =
        matches!(call.function, Function::Matches | Function::Find | Function::FindAll);
    if let Some(pattern) = pattern.filter(|_| takes_pattern) {
        call.regex = Some(regex(pattern).map_err(|reason| failed(at, &reason))?);
        call.stops = true;
    }
    if let [Step::Constant(argument)] = &call.arguments[..]
        && call.function.is_conversion()
    {
        let folded = constant_call(&call, argument);
        let folded = folded.map_err(|error: Error| failed(at, &error.to_string()))?;
        return Ok(Step::Constant(folded));
    }
    if call.rule == Rule::InList
        && let [_, Step::Constant(Constant::List(items))] = &call.arguments[..]
    {
        if items.is_empty() {
            return Ok(Step::Constant(Constant::Bool(false)));
        }
        if items.iter().all(is_key)
            && let Some(Step::Constant(Constant::List(items))) = call.arguments.pop()
            && let Some(value) = call.arguments.pop()
        {
            return Ok(Step::InSet(Box::new((value, Set::new(items)))));
        }
    }
    Ok(Step::Call(Box::new(call)))
}

fn arity(at: &Expression) -> Fault {
    failed(at, "no such overload")
}

fn two(arguments: Vec<Step>) -> Option<(Step, Step)> {
    let [one, two]: [Step; 2] = arguments.try_into().ok()?;
    Some((one, two))
}

fn three(arguments: Vec<Step>) -> Option<Step> {
    let [condition, yes, no]: [Step; 3] = arguments.try_into().ok()?;
    let root = Root::Conditional(Box::new((condition, yes, no)));
    Some(Step::Attribute(Box::new(Attribute { root, qualifiers: Vec::new() })))
}

/// Calls through one function of many overloads, and those of three arguments and more, end at
/// the first error.
fn stops(function: Function, overload: Option<&str>, count: usize) -> bool {
    count > 2 || function == Function::Format || overload.is_none() && !function.is_singleton()
}

fn is_key(constant: &Constant) -> bool {
    matches!(
        constant,
        Constant::Bool(_)
            | Constant::Int(_)
            | Constant::Uint(_)
            | Constant::Double(_)
            | Constant::String(_)
    )
}

pub(crate) fn constant(literal: &Literal) -> Constant {
    match literal {
        Literal::Null => Constant::Null,
        Literal::Bool(bool) => Constant::Bool(*bool),
        Literal::Int(int) => Constant::Int(*int),
        Literal::Uint(uint) => Constant::Uint(*uint),
        Literal::Double(double) => Constant::Double(*double),
        Literal::String(text) => Constant::String(text.clone()),
        Literal::Bytes(bytes) => Constant::Bytes(bytes.clone()),
    }
}

fn qualified(operand: Step, key: Key, is_optional: bool, is_test: bool) -> Step {
    let qualifier = Qualifier { key, is_optional, is_test };
    // What `has()` gives is no attribute to go on from.
    match operand {
        Step::Attribute(mut attribute)
            if !attribute.qualifiers.last().is_some_and(|last| last.is_test) =>
        {
            attribute.qualifiers.push(qualifier);
            Step::Attribute(attribute)
        }
        step => {
            let (root, qualifiers) = (Root::Step(step), vec![qualifier]);
            Step::Attribute(Box::new(Attribute { root, qualifiers }))
        }
    }
}

fn folded_list(steps: Vec<(Step, bool)>) -> Step {
    let is_constant = |(step, _): &(Step, bool)| matches!(step, Step::Constant(_));
    if steps.iter().any(|(_, is_optional)| *is_optional) || !steps.iter().all(is_constant) {
        return Step::List(steps);
    }
    let constants = steps.into_iter().filter_map(|(step, _)| match step {
        Step::Constant(constant) => Some(constant),
        _ => None,
    });
    Step::Constant(Constant::List(constants.collect()))
}

fn folded_map(steps: Vec<(Step, Step, bool)>) -> Step {
    let is_constant = |(key, value, is_optional): &(Step, Step, bool)| {
        let constant = |step: &Step| matches!(step, Step::Constant(_));
        let is_plain = matches!(key, Step::Constant(key) if is_key(key) || *key == Constant::Null);
        !is_optional && is_plain && constant(value)
    };
    if !steps.iter().all(is_constant) {
        return Step::Map(steps);
    }
    let constants = steps.into_iter().filter_map(|(key, value, _)| match (key, value) {
        (Step::Constant(key), Step::Constant(value)) => Some((key, value)),
        _ => None,
    });
    Step::Constant(Constant::Map(constants.collect()))
}

/// The step of a fold that adds to its accumulator, changed to one that does so in place: adding
/// to a copy would be quadratic.
fn in_place(step: Step, place: usize) -> Step {
    match step {
        Step::Attribute(attribute) => match *attribute {
            Attribute { root: Root::Conditional(branches), qualifiers }
                if qualifiers.is_empty() =>
            {
                let (condition, yes, no) = *branches;
                let branches = Box::new((condition, in_place(yes, place), no));
                let root = Root::Conditional(branches);
                Step::Attribute(Box::new(Attribute { root, qualifiers }))
            }
            other => Step::Attribute(Box::new(other)),
        },
        Step::Call(mut call) if is_local(call.arguments.first(), place) => {
            let count = call.arguments.len();
            match (call.function, count) {
                (Function::Add, 2) if is_list(call.arguments.get(1)) => {
                    let items = Box::new(call.arguments.remove(1));
                    Step::Append { place, items, rule: call.rule }
                }
                (Function::MapInsert, 2 | 3) => {
                    let value = call.arguments.remove(count - 1);
                    let key = (count == 3).then(|| call.arguments.remove(1));
                    Step::Insert { place, entry: Box::new((key, value)) }
                }
                _ => Step::Call(call),
            }
        }
        other => other,
    }
}

fn is_local(step: Option<&Step>, place: usize) -> bool {
    let Some(Step::Attribute(attribute)) = step else { return false };
    matches!(attribute.root, Root::Local(found) if found == place)
        && attribute.qualifiers.is_empty()
}

fn is_list(step: Option<&Step>) -> bool {
    matches!(step, Some(Step::List(_) | Step::Constant(Constant::List(_))))
}
