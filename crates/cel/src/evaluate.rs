//! Evaluation of a program, with its cost counted as cel-go counts it.

mod fold;

use std::rc::Rc;

use crate::authorize::{Decision, Question};
use crate::call::call;
use crate::cost::{LIST, MAP, Rule, SELECT};
use crate::error::Error;
use crate::function::Function;
use crate::limit::{CALL_COST_MAX, RANGE_ITEMS_MAX};
use crate::map::Entries;
use crate::opaque::Opaque;
use crate::plan::{Attribute, Invocation, Key, Qualifier, Root, Set, Step, whole};
use crate::value::{Constant, List, Map, Object, Text, Value};

/// What a program is evaluated with.
pub trait Activation<'a, O: Object<'a>> {
    /// The value of a variable, by the number [`crate::Environment::variable`] gave it.
    fn variable(&self, number: usize) -> Result<Value<'a, O>, Error>;

    /// A field of a variable that is [`Value::Lazy`]; None when there is no such field.
    fn lazy(&self, name: &str) -> Option<Result<Value<'a, O>, Error>> {
        let _ = name;
        None
    }

    /// The authorizer's answer; an error where it is not known here.
    fn decide(&self, verb: &str, question: Question<'_>) -> Result<Decision, Error> {
        let _ = (verb, question);
        let error = "no authorizer".to_owned();
        Ok(Decision { is_allowed: false, reason: String::new(), error })
    }
}

/// Evaluates: the value or the error, and what it cost.
pub(crate) fn evaluate<'a, O: Object<'a>>(
    step: &'a Step,
    locals: usize,
    activation: &dyn Activation<'a, O>,
    budget: u64,
) -> (Result<Value<'a, O>, Error>, u64) {
    let slots = (0..locals).map(|_| Slot::Unset).collect();
    let mut evaluator = Evaluator { activation, slots, cost: 0, budget };
    let value = evaluator.step(step);
    (value, evaluator.cost)
}

/// A call on one constant, when a program is made.
pub(crate) fn constant_call(call: &Invocation, argument: &Constant) -> Result<Constant, Error> {
    let value: Value<'_, Nothing> = Value::constant(argument);
    let mut evaluator = Evaluator { activation: &Nothing, slots: Vec::new(), cost: 0, budget: 0 };
    Ok(match crate::call::call(&mut evaluator, call, &[value])? {
        Value::Bool(bool) => Constant::Bool(bool),
        Value::Int(int) => Constant::Int(int),
        Value::Uint(uint) => Constant::Uint(uint),
        Value::Double(double) => Constant::Double(double),
        Value::String(text) => Constant::String((*text).into()),
        Value::Bytes(bytes) => Constant::Bytes((*bytes).into()),
        Value::Timestamp(time) => Constant::Timestamp(time),
        Value::Duration(span) => Constant::Duration(span),
        Value::Type(name) => Constant::Type((*name).into()),
        // Only `dyn` gives anything else: its argument.
        _ => argument.clone(),
    })
}

/// No data and no variables.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl<'a> Object<'a> for Nothing {
    fn datum(self) -> crate::Datum<'a> {
        crate::Datum::Null
    }

    fn field(self, _: &str) -> Option<Self> {
        None
    }

    fn item(self, _: usize) -> Option<Self> {
        None
    }

    fn length(self) -> usize {
        0
    }

    fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        std::iter::empty()
    }

    fn items(self) -> impl Iterator<Item = Self> {
        std::iter::empty()
    }
}

impl<'a> Activation<'a, Nothing> for Nothing {
    fn variable(&self, _: usize) -> Result<Value<'a, Nothing>, Error> {
        Err(Error::new("no such attribute(s)"))
    }
}

enum Slot<'a, O> {
    Unset,
    /// Evaluated when it is first asked for.
    Pending(&'a Step),
    Set(Result<Value<'a, O>, Error>),
}

pub(crate) struct Evaluator<'a, 'v, O> {
    pub(crate) activation: &'v dyn Activation<'a, O>,
    slots: Vec<Slot<'a, O>>,
    cost: u64,
    budget: u64,
}

type Outcome<'a, O> = Result<Value<'a, O>, Error>;

impl<'a, O: Object<'a>> Evaluator<'a, '_, O> {
    fn charge(&mut self, cost: u64) -> Result<(), Error> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > self.budget { Err(Error::over_budget()) } else { Ok(()) }
    }

    fn step(&mut self, step: &'a Step) -> Outcome<'a, O> {
        match step {
            Step::Constant(constant) => Ok(Value::constant(constant)),
            Step::Attribute(attribute) => {
                let value = going(self.resolve(attribute))?;
                let is_test = attribute.qualifiers.last().is_some_and(|last| last.is_test);
                match (is_test, matches!(attribute.root, Root::Conditional(_))) {
                    (false, false) => self.charge(SELECT)?,
                    // `has()` gives back what reading its operand cost, and a conditional's was
                    // free.
                    (true, true) => self.cost = self.cost.saturating_sub(SELECT),
                    _ => {}
                }
                value
            }
            Step::And(terms) => self.logical(terms, false),
            Step::Or(terms) => self.logical(terms, true),
            Step::Equal { sides, is_negated } => self.equal(&sides.0, &sides.1, *is_negated),
            Step::Call(invocation) => self.invoke(invocation),
            Step::InSet(set) => {
                let value = self.step(&set.0)?;
                Ok(Value::Bool(is_in(&value, &set.1)))
            }
            Step::List(elements) => {
                let list = going(self.list(elements))?;
                self.charge(LIST)?;
                list
            }
            Step::Map(entries) => {
                let map = going(self.map(entries))?;
                self.charge(MAP)?;
                map
            }
            Step::Fold(fold) => self.fold(fold),
            Step::OrElse { sides, is_value } => match self.step(&sides.0)? {
                Value::Optional(Some(value)) if *is_value => Ok((*value).clone()),
                Value::Optional(Some(value)) => Ok(Value::Optional(Some(value))),
                Value::Optional(None) => self.step(&sides.1),
                _ => Err(Error::no_overload()),
            },
            Step::Append { place, items, rule } => self.append(*place, items, *rule),
            Step::Insert { place, entry } => self.insert(*place, entry.0.as_ref(), &entry.1),
        }
    }

    /// `&&` and `||`: `decisive` ends them, errors count only if nothing did.
    fn logical(&mut self, terms: &'a [Step], decisive: bool) -> Outcome<'a, O> {
        let mut first = None;
        for term in terms {
            match self.step(term) {
                Ok(Value::Bool(bool)) if bool == decisive => return Ok(Value::Bool(decisive)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    first.get_or_insert_with(Error::no_overload);
                }
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        first.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn equal(&mut self, one: &'a Step, two: &'a Step, is_negated: bool) -> Outcome<'a, O> {
        let (one, two) = (self.step(one), self.step(two));
        let (one, two) = (going(one)?, going(two)?);
        let cost = Rule::Equality.cost(&[one.as_ref().ok(), two.as_ref().ok()], None);
        self.charge(cost)?;
        let (one, two) = (one?, two?);
        // Values of Kubernetes' libraries cannot be compared with others, but for null.
        let differs = matches!(one, Value::Opaque(_))
            && !matches!(two, Value::Null)
            && one.type_name() != two.type_name();
        if differs && !is_negated {
            return Err(Error::no_overload());
        }
        Ok(Value::Bool(one.equals(&two) != is_negated))
    }

    fn invoke(&mut self, invocation: &'a Invocation) -> Outcome<'a, O> {
        let mut values = Vec::with_capacity(invocation.arguments.len());
        let mut first: Option<Error> = None;
        let mut outcomes: Vec<bool> = Vec::new();
        for argument in &invocation.arguments {
            match self.step(argument) {
                Ok(value) => {
                    values.push(value);
                    outcomes.push(true);
                }
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    let is_last = outcomes.len() + 1 == invocation.arguments.len();
                    first.get_or_insert(error);
                    outcomes.push(false);
                    if invocation.stops && !is_last {
                        break;
                    }
                }
            }
        }
        if invocation.function == Function::NotStrictlyFalse {
            self.charge(1)?;
            return Ok(Value::Bool(!matches!(values.first(), Some(Value::Bool(false)))));
        }
        if let (Function::Range, [Value::Int(length)]) = (invocation.function, &values[..])
            && (CALL_COST_MAX as i64..=RANGE_ITEMS_MAX).contains(length)
        {
            // It costs more than there is, once it is made: better not to make it.
            self.charge(*length as u64 + 1 + LIST)?;
        }
        let result = match first {
            Some(error) => Err(error),
            None => call(self, invocation, &values),
        };
        if outcomes.len() == invocation.arguments.len() {
            let mut known = values.iter();
            let arguments: Vec<Option<&Value<'a, O>>> = outcomes
                .iter()
                .map(|is_known| if *is_known { known.next() } else { None })
                .collect();
            if let Rule::SelfCompare(index) = invocation.rule {
                self_compared(arguments.get(index).copied().flatten())?;
            }
            self.charge(invocation.rule.cost(&arguments, result.as_ref().ok()))?;
        }
        result
    }

    fn list(&mut self, elements: &'a [(Step, bool)]) -> Outcome<'a, O> {
        let mut items = Vec::with_capacity(elements.len());
        for (element, is_optional) in elements {
            let value = self.step(element)?;
            if !is_optional {
                items.push(value);
                continue;
            }
            match value {
                Value::Optional(None) => {}
                Value::Optional(Some(value)) => items.push((*value).clone()),
                other => {
                    return Err(Error::new(format!(
                        "cannot initialize optional list element from non-optional value {}",
                        other.display()
                    )));
                }
            }
        }
        Ok(Value::list(items))
    }

    fn map(&mut self, parts: &'a [(Step, Step, bool)]) -> Outcome<'a, O> {
        let mut entries = Entries::default();
        for (key, value, is_optional) in parts {
            let key = self.step(key)?;
            let value = self.step(value)?;
            if !is_optional {
                entries.insert(key, value)?;
                continue;
            }
            match value {
                Value::Optional(None) => entries.remove(&key),
                Value::Optional(Some(value)) => {
                    entries.insert(key, (*value).clone())?;
                }
                other => {
                    return Err(Error::new(format!(
                        "cannot initialize optional entry '{}' from non-optional value {}",
                        key.display(),
                        other.display()
                    )));
                }
            }
        }
        Ok(Value::Map(Map::Built(Rc::new(entries))))
    }

    fn local(&mut self, place: usize) -> Outcome<'a, O> {
        if let Some(Slot::Pending(step)) = self.slots.get(place) {
            let value = self.step(step);
            self.set(place, value);
        }
        match self.slots.get(place) {
            Some(Slot::Set(value)) => value.clone(),
            _ => Err(Error::new("no such attribute(s)")),
        }
    }

    fn set(&mut self, place: usize, value: Outcome<'a, O>) {
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Slot::Set(value);
        }
    }

    /// The value of an attribute, without the cost of having read it.
    fn resolve(&mut self, attribute: &'a Attribute) -> Outcome<'a, O> {
        let value = match &attribute.root {
            Root::Variable(number) => self.activation.variable(*number)?,
            Root::Local(place) => self.local(*place)?,
            Root::Step(step) => self.step(step)?,
            Root::Conditional(branches) => {
                let (condition, yes, no) = &**branches;
                match self.step(condition)? {
                    Value::Bool(true) => self.branch(yes)?,
                    Value::Bool(false) => self.branch(no)?,
                    _ => return Err(Error::no_overload()),
                }
            }
        };
        if attribute.qualifiers.is_empty() {
            return Ok(value);
        }
        self.qualify_all(value, &attribute.qualifiers)
    }

    /// What is the branch of a conditional, or an index, is resolved without its own cost.
    fn branch(&mut self, step: &'a Step) -> Outcome<'a, O> {
        match step {
            Step::Attribute(attribute) => self.resolve(attribute),
            other => self.step(other),
        }
    }

    fn qualify_all(&mut self, root: Value<'a, O>, qualifiers: &'a [Qualifier]) -> Outcome<'a, O> {
        let (mut value, mut is_optional) = match root {
            Value::Optional(None) => return Ok(self.absent(qualifiers)),
            Value::Optional(Some(inner)) => ((*inner).clone(), true),
            other => (other, false),
        };
        for qualifier in qualifiers {
            is_optional |= qualifier.is_optional;
            if qualifier.is_test && !is_optional {
                let found = going(self.qualify(&value, qualifier, true))?;
                self.charge(SELECT)?;
                return Ok(Value::Bool(found?.is_some()));
            }
            let found = going(self.qualify(&value, qualifier, is_optional))?;
            match found {
                Ok(Some(found)) => {
                    self.charge(SELECT)?;
                    value = found;
                }
                Ok(None) => return Ok(self.absent(qualifiers)),
                Err(error) => {
                    if !is_optional {
                        self.charge(SELECT)?;
                    }
                    return Err(error);
                }
            }
        }
        let is_test = qualifiers.last().is_some_and(|last| last.is_test);
        Ok(match (is_optional, is_test) {
            (true, true) => Value::Bool(true),
            (true, false) => Value::some(value),
            _ => value,
        })
    }

    /// A chain with an optional in it that ends early.
    #[expect(clippy::unused_self, reason = "reads as the other outcomes do")]
    fn absent(&self, qualifiers: &[Qualifier]) -> Value<'a, O> {
        match qualifiers.last() {
            Some(last) if last.is_test => Value::Bool(false),
            _ => Value::Optional(None),
        }
    }

    /// A field or item. With `only_if_present` what is missing is None, else an error.
    fn qualify(
        &mut self,
        value: &Value<'a, O>,
        qualifier: &'a Qualifier,
        only_if_present: bool,
    ) -> Result<Option<Value<'a, O>>, Error> {
        let field = match &qualifier.key {
            Key::Field(name) => name,
            Key::Constant(constant) => {
                return self.index(value, &Value::constant(constant), only_if_present);
            }
            Key::Step(step) => {
                let key = self.branch(step)?;
                if !is_key(&key) {
                    let reason = format!("invalid qualifier type: {}", key.type_name());
                    return Err(Error::new(reason));
                }
                return self.index(value, &key, only_if_present);
            }
        };
        let found = match value {
            Value::Map(Map::Data(object)) if qualifier.is_test => {
                // That it is there is known even of what is withheld.
                return Ok(object.field(field).map(|_| Value::Null));
            }
            Value::Map(map) => map.field(field)?,
            Value::Lazy => self.activation.lazy(field).transpose()?,
            other => {
                let key = Value::String(Text::Borrowed(field));
                return self.index(other, &key, only_if_present);
            }
        };
        if found.is_none() && !only_if_present {
            return Err(Error::new(format!("no such key: {field}")));
        }
        Ok(found)
    }

    fn index(
        &self,
        value: &Value<'a, O>,
        key: &Value<'a, O>,
        only_if_present: bool,
    ) -> Result<Option<Value<'a, O>>, Error> {
        let (found, missing) = match value {
            Value::Map(map) => (map.find(key)?, "no such key"),
            Value::List(list) => (list_item(list, key)?, "index out of bounds"),
            Value::Lazy => match key {
                Value::String(name) => (self.activation.lazy(name).transpose()?, "no such key"),
                _ => (None, "no such key"),
            },
            _ => (None, "no such key"),
        };
        if found.is_none() && !only_if_present {
            return Err(Error::new(format!("{missing}: {}", key.display())));
        }
        Ok(found)
    }

    pub(crate) fn decide(&self, verb: &str, question: Question<'_>) -> Result<Value<'a, O>, Error> {
        Ok(Value::opaque(Opaque::Decision(self.activation.decide(verb, question)?)))
    }
}

/// Upstream's tracker takes what is sorted for a list and fails if it is none.
fn self_compared<'a, O: Object<'a>>(list: Option<&Value<'a, O>>) -> Result<(), Error> {
    match list {
        Some(Value::List(_)) => Ok(()),
        Some(Value::String(_)) => Err(Error::internal(
            "internal error: interface conversion: types.String is not traits.Lister: missing \
             method Contains",
        )),
        Some(_) => Err(Error::internal("internal error: interface conversion")),
        None => Err(Error::internal(
            "internal error: interface conversion: *types.Err is not traits.Lister: missing \
             method Add",
        )),
    }
}

/// An error of the budget ends everything; other errors are passed on as values.
fn going<T>(outcome: Result<T, Error>) -> Result<Result<T, Error>, Error> {
    match outcome {
        Err(error) if error.is_final() => Err(error),
        other => Ok(other),
    }
}

fn is_key<'a, O: Object<'a>>(value: &Value<'a, O>) -> bool {
    matches!(
        value,
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::String(_)
    )
}

fn list_item<'a, O: Object<'a>>(
    list: &List<'a, O>,
    key: &Value<'a, O>,
) -> Result<Option<Value<'a, O>>, Error> {
    let index = match key {
        Value::Int(index) => *index,
        Value::Uint(index) => i64::try_from(*index).unwrap_or(i64::MAX),
        Value::Double(double) if double.fract() == 0.0 && double.abs() < 9.2e18 => *double as i64,
        Value::Double(_) => {
            let reason = format!("unsupported index value {} in list", key.display());
            return Err(Error::new(reason));
        }
        other => {
            let reason = format!("unsupported index type '{}' in list", other.type_name());
            return Err(Error::new(reason));
        }
    };
    match usize::try_from(index) {
        Ok(index) => list.item(index).transpose(),
        Err(_) => Ok(None),
    }
}

fn is_in<'a, O: Object<'a>>(value: &Value<'a, O>, set: &Set) -> bool {
    let number = match value {
        Value::String(text) => {
            return set.texts.binary_search_by(|known| (**known).cmp(&**text)).is_ok();
        }
        Value::Bool(bool) => return set.bools[usize::from(*bool)],
        Value::Int(int) => i128::from(*int),
        Value::Uint(uint) => i128::from(*uint),
        Value::Double(double) => match whole(*double) {
            Some(number) => number,
            None => return set.others.iter().any(|known| known.total_cmp(double).is_eq()),
        },
        _ => return false,
    };
    set.numbers.binary_search(&number).is_ok()
}
