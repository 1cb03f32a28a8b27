//! Types: what each name means, which overloads a call may be, and what cannot hold
//! (cel-go's `checker/checker.go`).

use crate::environment::{Environment, Overload, functions, type_identifier};
use crate::kind::{Bindings, Type, renumber};
use crate::problem::Fault;
use crate::syntax::{Call, Comprehension, Expression, Kind, Literal, Select, operator};

/// What a node turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Reference {
    /// A variable of the environment, by its number.
    Variable(usize),
    /// A variable of a comprehension, by its place.
    Local(usize),
    /// The name of a type.
    Type(&'static str),
    /// A function: its name, its overload if only one fits, and whether the target was part of
    /// the name.
    Function { name: Box<str>, overload: Option<&'static str>, is_qualified: bool },
    /// A comprehension: the places of its accumulator, its item and its value.
    Fold([usize; 3]),
}

/// An expression whose names and types are known.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) root: Expression,
    pub(crate) types: Vec<Type>,
    pub(crate) references: Vec<Option<Reference>>,
    pub(crate) locals: usize,
}

impl Checked {
    pub(crate) fn type_of(&self, expression: &Expression) -> &Type {
        self.types.get(expression.id as usize).unwrap_or(&Type::Error)
    }

    pub(crate) fn reference(&self, expression: &Expression) -> Option<&Reference> {
        self.references.get(expression.id as usize)?.as_ref()
    }
}

/// Checks an expression; all faults, in the order they were found.
pub(crate) fn check(
    environment: &Environment,
    root: Expression,
    nodes: u32,
) -> Result<Checked, Vec<Fault>> {
    let nodes = nodes as usize;
    let mut checker = Checker {
        environment,
        bindings: Bindings::default(),
        types: vec![Type::Error; nodes],
        references: vec![None; nodes],
        scopes: Vec::new(),
        locals: 0,
        faults: Vec::new(),
    };
    checker.check(&root);
    let Checker { bindings, mut types, references, locals, faults, .. } = checker;
    if !faults.is_empty() {
        return Err(faults);
    }
    for kind in &mut types {
        *kind = bindings.substitute(kind, true);
    }
    Ok(Checked { root, types, references, locals })
}

struct Local {
    name: Box<str>,
    kind: Type,
    place: usize,
}

struct Checker<'a> {
    environment: &'a Environment,
    bindings: Bindings,
    types: Vec<Type>,
    references: Vec<Option<Reference>>,
    scopes: Vec<Local>,
    locals: usize,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, at: &Expression, reason: impl Into<String>) {
        self.faults.push(Fault::new(at.offset, reason));
    }

    fn set(&mut self, expression: &Expression, kind: Type) -> Type {
        if let Some(place) = self.types.get_mut(expression.id as usize) {
            *place = kind.clone();
        }
        kind
    }

    fn refer(&mut self, expression: &Expression, reference: Reference) {
        if let Some(place) = self.references.get_mut(expression.id as usize) {
            *place = Some(reference);
        }
    }

    fn known(&self, kind: &Type) -> Type {
        self.bindings.substitute(kind, false)
    }

    fn check(&mut self, expression: &Expression) -> Type {
        let kind = match &expression.kind {
            Kind::Literal(literal) => literal_type(literal),
            Kind::Identifier(name) => self.identifier(expression, name),
            Kind::Select(select) => self.select(expression, select),
            Kind::Call(call) => self.call(expression, call),
            Kind::List(elements) => {
                let mut joined = None;
                for element in elements {
                    let mut kind = self.check(&element.value);
                    if element.is_optional {
                        kind = self.unwrapped(&element.value, &kind);
                    }
                    joined = Some(self.join(joined, kind));
                }
                Type::list(joined.unwrap_or_else(|| self.bindings.variable()))
            }
            Kind::Map(entries) => {
                let (mut keys, mut values) = (None, None);
                for entry in entries {
                    let kind = self.check(&entry.key);
                    keys = Some(self.join(keys, kind));
                    let mut kind = self.check(&entry.value);
                    if entry.is_optional {
                        kind = self.unwrapped(&entry.value, &kind);
                    }
                    values = Some(self.join(values, kind));
                }
                let keys = keys.unwrap_or_else(|| self.bindings.variable());
                Type::map(keys, values.unwrap_or_else(|| self.bindings.variable()))
            }
            Kind::Message(name) => self.undeclared(expression, name),
            Kind::Comprehension(fold) => self.comprehension(expression, fold),
        };
        self.set(expression, kind)
    }

    fn undeclared(&mut self, at: &Expression, name: &str) -> Type {
        self.fault(at, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn identifier(&mut self, expression: &Expression, name: &str) -> Type {
        let local = self.scopes.iter().rev().find(|local| *local.name == *name);
        if let Some(local) = local {
            let (kind, place) = (local.kind.clone(), local.place);
            self.refer(expression, Reference::Local(place));
            return kind;
        }
        match self.global(expression, name.trim_start_matches('.')) {
            Some(kind) => kind,
            None => self.undeclared(expression, name),
        }
    }

    /// A variable or a type, whatever comprehensions declare.
    fn global(&mut self, expression: &Expression, name: &str) -> Option<Type> {
        if let Some((number, kind)) = self.environment.find_variable(name) {
            let kind = kind.clone();
            self.refer(expression, Reference::Variable(number));
            return Some(kind);
        }
        let (name, kind) = type_identifier(name)?;
        self.refer(expression, Reference::Type(name));
        Some(Type::Type(kind.into()))
    }

    fn select(&mut self, expression: &Expression, select: &Select) -> Type {
        if !select.is_test
            && let Some(name) = dotted(expression)
            && !self.is_local(&name)
            && let Some(kind) = self.global(expression, name.trim_start_matches('.'))
        {
            return kind;
        }
        let kind = self.field(expression, &select.operand, &select.field, false);
        if select.is_test { Type::Bool } else { self.known(&kind) }
    }

    fn is_local(&self, dotted: &str) -> bool {
        let first = dotted.split('.').next().unwrap_or_default();
        self.scopes.iter().any(|local| *local.name == *first)
    }

    fn field(&mut self, at: &Expression, operand: &Expression, name: &str, optional: bool) -> Type {
        let operand = self.check(operand);
        let operand = self.known(&operand);
        let inner = operand.unwrap_optional();
        let is_optional = optional || inner.is_some();
        let kind = match inner.unwrap_or(&operand) {
            Type::Map(pair) => pair.1.clone(),
            Type::Object(object) => {
                let fields = self.environment.fields(object);
                match fields.map(|fields| fields.get(name).cloned()) {
                    Some(Some(kind)) => kind,
                    Some(None) => {
                        self.fault(at, format!("undefined field '{name}'"));
                        Type::Error
                    }
                    None => {
                        self.fault(at, format!("unexpected failed resolution of '{object}'"));
                        Type::Error
                    }
                }
            }
            Type::Parameter(parameter) => {
                self.bindings.is_assignable(&Type::Dyn, &Type::Parameter(*parameter));
                Type::Dyn
            }
            Type::Dyn | Type::Error => Type::Dyn,
            other => {
                self.fault(at, format!("type '{other}' does not support field selection"));
                Type::Dyn
            }
        };
        if is_optional { Type::Optional(kind.into()) } else { kind }
    }

    fn call(&mut self, expression: &Expression, call: &Call) -> Type {
        if &*call.function == operator::OPTIONAL_SELECT {
            return self.optional_select(expression, call);
        }
        let mut arguments: Vec<Type> = Vec::with_capacity(call.arguments.len() + 1);
        for argument in &call.arguments {
            arguments.push(self.check(argument));
        }
        let Some(target) = &call.target else {
            return match functions().get(&*call.function) {
                Some(overloads) => {
                    self.resolve(expression, call, &call.function, overloads, &arguments, false)
                }
                None => self.undeclared(expression, &call.function),
            };
        };
        if let Some(prefix) = dotted(target) {
            let name = format!("{}.{}", prefix.trim_start_matches('.'), call.function);
            if let Some(overloads) = functions().get(&*name) {
                return self.resolve(expression, call, &name, overloads, &arguments, false);
            }
        }
        let target = self.check(target);
        arguments.insert(0, target);
        match functions().get(&*call.function) {
            Some(overloads) => {
                self.resolve(expression, call, &call.function, overloads, &arguments, true)
            }
            None => self.undeclared(expression, &call.function),
        }
    }

    fn optional_select(&mut self, expression: &Expression, call: &Call) -> Type {
        let [operand, field] = &call.arguments[..] else { return Type::Error };
        let Kind::Literal(Literal::String(name)) = &field.kind else { return Type::Error };
        let kind = self.field(expression, operand, name, true);
        self.known(&kind)
    }

    fn resolve(
        &mut self,
        expression: &Expression,
        call: &Call,
        name: &str,
        overloads: &'static [Overload],
        arguments: &[Type],
        is_member: bool,
    ) -> Type {
        if name == operator::AND || name == operator::OR {
            return self.logical(expression, call, name, arguments);
        }
        let mut result: Option<Type> = None;
        let mut fitting: Vec<&'static str> = Vec::new();
        for overload in overloads.iter().filter(|overload| overload.is_member == is_member) {
            if overload.arguments.len() != arguments.len() {
                continue;
            }
            let first = self.bindings.variables(overload.parameters);
            let wanted: Vec<Type> =
                overload.arguments.iter().map(|kind| renumber(kind, first)).collect();
            if !self.bindings.are_assignable(arguments, &wanted) {
                continue;
            }
            fitting.push(overload.id);
            let kind = self.known(&renumber(&overload.result, first));
            result = Some(match result {
                None => kind,
                Some(before) if before == Type::Dyn || before.is_equivalent(&kind) => before,
                Some(_) => Type::Dyn,
            });
        }
        let Some(result) = result else {
            self.no_overload(expression, name, arguments, is_member);
            return Type::Error;
        };
        let overload = match &fitting[..] {
            [one] => Some(*one),
            _ => None,
        };
        let is_qualified = call.target.is_some() && !is_member;
        let reference = Reference::Function { name: name.into(), overload, is_qualified };
        self.refer(expression, reference);
        result
    }

    fn no_overload(&mut self, at: &Expression, name: &str, given: &[Type], is_member: bool) {
        let shown: Vec<String> =
            given.iter().map(|kind| self.bindings.substitute(kind, true).to_string()).collect();
        let signature = match shown.split_first() {
            Some((target, rest)) if is_member => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", shown.join(", ")),
        };
        self.fault(at, format!("found no matching overload for '{name}' applied to '{signature}'"));
    }

    fn logical(&mut self, at: &Expression, call: &Call, name: &str, given: &[Type]) -> Type {
        let mut is_bool = true;
        for (argument, kind) in call.arguments.iter().zip(given) {
            if !self.bindings.is_assignable(kind, &Type::Bool) {
                let kind = self.bindings.substitute(kind, true);
                self.fault(argument, format!("expected type 'bool' but found '{kind}'"));
                is_bool = false;
            }
        }
        let reference =
            Reference::Function { name: name.into(), overload: None, is_qualified: false };
        self.refer(at, reference);
        if is_bool { Type::Bool } else { Type::Error }
    }

    fn unwrapped(&mut self, at: &Expression, kind: &Type) -> Type {
        match self.known(kind) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Dyn => Type::Dyn,
            other => {
                let reason = format!("expected type 'optional_type({other})' but found '{other}'");
                self.fault(at, reason);
                other
            }
        }
    }

    /// The common type of a literal's items; that they have one is looked at later.
    fn join(&mut self, previous: Option<Type>, current: Type) -> Type {
        let Some(previous) = previous else { return current };
        if self.bindings.is_assignable(&previous, &current) {
            return Type::most_general(&previous, &current);
        }
        Type::Dyn
    }

    fn comprehension(&mut self, expression: &Expression, fold: &Comprehension) -> Type {
        let range = self.check(&fold.range);
        let accumulator = self.check(&fold.initial);
        let range = self.known(&range);
        let has_value = fold.value.is_some();
        let (item, value) = match &range {
            Type::List(items) if has_value => (Type::Int, (**items).clone()),
            Type::List(items) => ((**items).clone(), Type::Error),
            Type::Map(pair) => (pair.0.clone(), pair.1.clone()),
            Type::Dyn | Type::Error => (Type::Dyn, Type::Dyn),
            Type::Parameter(_) => {
                self.bindings.is_assignable(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let reason = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                );
                self.fault(&fold.range, reason);
                (Type::Error, Type::Error)
            }
        };
        let first = self.locals;
        self.locals += 3;
        self.refer(expression, Reference::Fold([first, first + 1, first + 2]));
        let outer = self.scopes.len();
        self.declare(&fold.accumulator, accumulator.clone(), first);
        self.declare(&fold.item, item, first + 1);
        if let Some(name) = &fold.value {
            self.declare(name, value, first + 2);
        }
        let condition = self.check(&fold.condition);
        self.assert(&fold.condition, &Type::Bool, &condition);
        let step = self.check(&fold.step);
        self.assert(&fold.step, &accumulator, &step);
        self.scopes.truncate(outer + 1);
        let result = self.check(&fold.result);
        self.scopes.truncate(outer);
        self.known(&result)
    }

    fn declare(&mut self, name: &str, kind: Type, place: usize) {
        self.scopes.push(Local { name: name.into(), kind, place });
    }

    fn assert(&mut self, at: &Expression, wanted: &Type, found: &Type) {
        if !self.bindings.is_assignable(wanted, found) {
            let (wanted, found) = (self.known(wanted), self.known(found));
            self.fault(at, format!("expected type '{wanted}' but found '{found}'"));
        }
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

/// The name an expression of names and dots spells.
fn dotted(expression: &Expression) -> Option<String> {
    let mut parts = Vec::new();
    let mut at = expression;
    loop {
        match &at.kind {
            Kind::Select(select) if !select.is_test => {
                parts.push(&*select.field);
                at = &select.operand;
            }
            Kind::Identifier(name) => {
                parts.push(name);
                parts.reverse();
                return Some(parts.join("."));
            }
            _ => return None,
        }
    }
}
