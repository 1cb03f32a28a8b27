//! Macros: calls that become other expressions before anything is checked.
//!
//! The expansions are those of cel-go (`parser/macro.go`, `cel/library.go`,
//! `ext/comprehensions.go`, `ext/lists.go`), since what an expression costs follows from them.

use crate::parse::Maker;
use crate::problem::Fault;
use crate::syntax::{
    Call, Comprehension, Element, Entry, Expression, Kind, Literal, Select, operator,
};

/// The variable macros accumulate in; no source text can name it.
pub(crate) const ACCUMULATOR: &str = "@result";
const UNUSED: &str = "#unused";

/// The node of a call, expanded if it is a macro.
pub(crate) fn call(maker: &mut Maker, offset: u32, call: Call) -> Result<Expression, Fault> {
    maker.check(offset)?;
    let count = call.arguments.len();
    let mut expander = Expander { maker, offset };
    let Call { function, target, mut arguments } = call;
    match (&*function, target, count) {
        ("has", None, 1) => expander.has(arguments.remove(0)),
        ("all", Some(range), 2 | 3) => expander.quantifier(range, arguments, Quantifier::All),
        ("exists", Some(range), 2 | 3) => expander.quantifier(range, arguments, Quantifier::Exists),
        ("exists_one", Some(range), 2 | 3) | ("existsOne", Some(range), 3) => {
            expander.quantifier(range, arguments, Quantifier::ExistsOne)
        }
        ("map", Some(range), 2 | 3) => expander.map(range, arguments, 1),
        ("filter", Some(range), 2) => {
            let item = arguments.first().cloned();
            arguments.extend(item);
            expander.map(range, arguments, 1)
        }
        ("transformList", Some(range), 3 | 4) => expander.map(range, arguments, 2),
        ("transformMap", Some(range), 3 | 4) => expander.transform_map(range, arguments, true),
        ("transformMapEntry", Some(range), 3 | 4) => {
            expander.transform_map(range, arguments, false)
        }
        ("optMap", Some(target), 2) => expander.optional_map(target, arguments, true),
        ("optFlatMap", Some(target), 2) => expander.optional_map(target, arguments, false),
        ("sortBy", Some(target), 2) => expander.sort_by(target, arguments),
        (_, target, _) => {
            let call = Call { function, target, arguments };
            Ok(maker.node(offset, Kind::Call(Box::new(call))))
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Quantifier {
    All,
    Exists,
    ExistsOne,
}

struct Expander<'a> {
    maker: &'a mut Maker,
    offset: u32,
}

/// The variables of a macro over a collection.
struct Variables {
    item: Box<str>,
    value: Option<Box<str>>,
}

impl Expander<'_> {
    fn node(&mut self, kind: Kind) -> Expression {
        self.maker.node(self.offset, kind)
    }

    fn name(&mut self, name: &str) -> Expression {
        self.node(Kind::Identifier(name.into()))
    }

    fn accumulator(&mut self) -> Expression {
        self.name(ACCUMULATOR)
    }

    fn literal(&mut self, literal: Literal) -> Expression {
        self.node(Kind::Literal(literal))
    }

    fn operation(&mut self, function: &str, arguments: Vec<Expression>) -> Expression {
        self.maker.call(self.offset, function, arguments)
    }

    fn member(
        &mut self,
        function: &str,
        target: Expression,
        arguments: Vec<Expression>,
    ) -> Expression {
        let call = Call { function: function.into(), target: Some(target), arguments };
        self.node(Kind::Call(Box::new(call)))
    }

    fn list(&mut self, items: Vec<Expression>) -> Expression {
        let element = |value| Element { value, is_optional: false };
        self.node(Kind::List(items.into_iter().map(element).collect()))
    }

    fn has(&mut self, argument: Expression) -> Result<Expression, Fault> {
        match argument.kind {
            Kind::Select(select) => {
                let Select { operand, field, .. } = *select;
                Ok(self.node(Kind::Select(Box::new(Select { operand, field, is_test: true }))))
            }
            _ => Err(Fault::new(argument.offset, "invalid argument to has() macro")),
        }
    }

    /// Takes the first `count` arguments as names.
    fn variables(
        &self,
        arguments: &mut Vec<Expression>,
        count: usize,
        reason: &str,
    ) -> Result<Variables, Fault> {
        let mut names = Vec::new();
        for argument in arguments.drain(..count.min(arguments.len())) {
            match argument.kind {
                Kind::Identifier(name) if !name.starts_with('.') => names.push(name),
                _ => return Err(Fault::new(argument.offset, reason)),
            }
        }
        let mut names = names.into_iter();
        let item = names.next().unwrap_or_default();
        let value = names.next();
        let hides = |name: &str| name == "__result__" || name == ACCUMULATOR;
        if hides(&item) || value.as_deref().is_some_and(hides) {
            let reason = "iteration variable overwrites accumulator variable";
            return Err(Fault::new(self.offset, reason));
        }
        if value.as_ref() == Some(&item) {
            return Err(Fault::new(self.offset, format!("duplicate variable name: {item}")));
        }
        Ok(Variables { item, value })
    }

    fn fold(
        &mut self,
        range: Expression,
        variables: Variables,
        [initial, condition, step, result]: [Expression; 4],
    ) -> Expression {
        let Variables { item, value } = variables;
        let accumulator = ACCUMULATOR.into();
        let fold =
            Comprehension { range, item, value, accumulator, initial, condition, step, result };
        self.node(Kind::Comprehension(Box::new(fold)))
    }

    fn quantifier(
        &mut self,
        range: Expression,
        mut arguments: Vec<Expression>,
        quantifier: Quantifier,
    ) -> Result<Expression, Fault> {
        let count = arguments.len() - 1;
        let variables = self.variables(&mut arguments, count, "argument must be a simple name")?;
        let predicate = arguments.remove(0);
        if quantifier == Quantifier::ExistsOne {
            return Ok(self.exists_one(range, variables, predicate));
        }
        let is_all = quantifier == Quantifier::All;
        let initial = self.literal(Literal::Bool(is_all));
        let mut going = self.accumulator();
        if !is_all {
            going = self.operation(operator::NOT, vec![going]);
        }
        let condition = self.operation(operator::NOT_STRICTLY_FALSE, vec![going]);
        let accumulator = self.accumulator();
        let name = if is_all { operator::AND } else { operator::OR };
        let step = self.operation(name, vec![accumulator, predicate]);
        let result = self.accumulator();
        Ok(self.fold(range, variables, [initial, condition, step, result]))
    }

    fn exists_one(
        &mut self,
        range: Expression,
        variables: Variables,
        predicate: Expression,
    ) -> Expression {
        let initial = self.literal(Literal::Int(0));
        let condition = self.literal(Literal::Bool(true));
        let (accumulator, one) = (self.accumulator(), self.literal(Literal::Int(1)));
        let more = self.operation(operator::ADD, vec![accumulator, one]);
        let same = self.accumulator();
        let step = self.operation(operator::CONDITIONAL, vec![predicate, more, same]);
        let (accumulator, one) = (self.accumulator(), self.literal(Literal::Int(1)));
        let result = self.operation(operator::EQUALS, vec![accumulator, one]);
        self.fold(range, variables, [initial, condition, step, result])
    }

    /// `map`, `filter` (whose last argument is its variable again) and `transformList`.
    fn map(
        &mut self,
        range: Expression,
        mut arguments: Vec<Expression>,
        names: usize,
    ) -> Result<Expression, Fault> {
        let reason = match names {
            1 => "argument is not an identifier",
            _ => "argument must be a simple name",
        };
        let variables = self.variables(&mut arguments, names, reason)?;
        let filter = (arguments.len() == 2).then(|| arguments.remove(0));
        let transform = arguments.remove(0);
        let accumulator = self.accumulator();
        let one = self.list(vec![transform]);
        let step = self.operation(operator::ADD, vec![accumulator, one]);
        let initial = self.list(Vec::new());
        Ok(self.collect(range, variables, filter, initial, step))
    }

    fn collect(
        &mut self,
        range: Expression,
        variables: Variables,
        filter: Option<Expression>,
        initial: Expression,
        mut step: Expression,
    ) -> Expression {
        if let Some(filter) = filter {
            let same = self.accumulator();
            step = self.operation(operator::CONDITIONAL, vec![filter, step, same]);
        }
        let condition = self.literal(Literal::Bool(true));
        let result = self.accumulator();
        self.fold(range, variables, [initial, condition, step, result])
    }

    fn transform_map(
        &mut self,
        range: Expression,
        mut arguments: Vec<Expression>,
        by_key: bool,
    ) -> Result<Expression, Fault> {
        let variables = self.variables(&mut arguments, 2, "argument must be a simple name")?;
        let filter = (arguments.len() == 2).then(|| arguments.remove(0));
        let transform = arguments.remove(0);
        let mut inserted = vec![self.accumulator()];
        if by_key {
            inserted.push(self.name(&variables.item));
        }
        inserted.push(transform);
        let step = self.operation("cel.@mapInsert", inserted);
        let initial = self.node(Kind::Map(Vec::new()));
        Ok(self.collect(range, variables, filter, initial, step))
    }

    /// A name bound to a value: a fold over nothing whose accumulator is the name.
    fn bind(&mut self, name: &str, value: Expression, result: Expression) -> Expression {
        let range = self.list(Vec::new());
        let condition = self.literal(Literal::Bool(false));
        let step = self.name(name);
        let fold = Comprehension {
            range,
            item: UNUSED.into(),
            value: None,
            accumulator: name.into(),
            initial: value,
            condition,
            step,
            result,
        };
        self.node(Kind::Comprehension(Box::new(fold)))
    }

    fn optional_map(
        &mut self,
        target: Expression,
        mut arguments: Vec<Expression>,
        wraps: bool,
    ) -> Result<Expression, Fault> {
        let function = if wraps { "optMap" } else { "optFlatMap" };
        let reason = format!("{function}() variable name must be a simple identifier");
        let variables = self.variables(&mut arguments, 1, &reason)?;
        let transform = arguments.remove(0);
        let again = self.copy(&target)?;
        let has = self.member("hasValue", target, Vec::new());
        let value = self.member("value", again, Vec::new());
        let mut mapped = self.bind(&variables.item, value, transform);
        if wraps {
            mapped = self.operation("optional.of", vec![mapped]);
        }
        let none = self.operation("optional.none", Vec::new());
        Ok(self.operation(operator::CONDITIONAL, vec![has, mapped, none]))
    }

    fn sort_by(
        &mut self,
        target: Expression,
        arguments: Vec<Expression>,
    ) -> Result<Expression, Fault> {
        if matches!(target.kind, Kind::Literal(_) | Kind::Map(_) | Kind::Message(_)) {
            let reason = "sortBy can only be applied to a list, identifier, comprehension, call \
                          or select expression";
            return Err(Fault::new(target.offset, reason));
        }
        let input = "@__sortBy_input__";
        let range = self.name(input);
        let keys = self.map(range, arguments, 1)?;
        let list = self.name(input);
        let sorted = self.member("@sortByAssociatedKeys", list, vec![keys]);
        Ok(self.bind(input, target, sorted))
    }

    /// The same expression again, with numbers of its own.
    fn copy(&mut self, expression: &Expression) -> Result<Expression, Fault> {
        self.maker.check(self.offset)?;
        let kind = match &expression.kind {
            Kind::Literal(_) | Kind::Identifier(_) | Kind::Message(_) => expression.kind.clone(),
            Kind::Select(select) => Kind::Select(Box::new(Select {
                operand: self.copy(&select.operand)?,
                field: select.field.clone(),
                is_test: select.is_test,
            })),
            Kind::Call(call) => Kind::Call(Box::new(Call {
                function: call.function.clone(),
                target: call.target.as_ref().map(|target| self.copy(target)).transpose()?,
                arguments: self.copies(call.arguments.iter())?,
            })),
            Kind::List(elements) => {
                let mut copies = Vec::new();
                for Element { value, is_optional } in elements {
                    copies.push(Element { value: self.copy(value)?, is_optional: *is_optional });
                }
                Kind::List(copies)
            }
            Kind::Map(entries) => {
                let mut copies = Vec::new();
                for Entry { key, value, is_optional } in entries {
                    let (key, value) = (self.copy(key)?, self.copy(value)?);
                    copies.push(Entry { key, value, is_optional: *is_optional });
                }
                Kind::Map(copies)
            }
            Kind::Comprehension(fold) => Kind::Comprehension(Box::new(Comprehension {
                range: self.copy(&fold.range)?,
                item: fold.item.clone(),
                value: fold.value.clone(),
                accumulator: fold.accumulator.clone(),
                initial: self.copy(&fold.initial)?,
                condition: self.copy(&fold.condition)?,
                step: self.copy(&fold.step)?,
                result: self.copy(&fold.result)?,
            })),
        };
        Ok(self.maker.node(expression.offset, kind))
    }

    fn copies<'a>(
        &mut self,
        expressions: impl Iterator<Item = &'a Expression>,
    ) -> Result<Vec<Expression>, Fault> {
        expressions.map(|expression| self.copy(expression)).collect()
    }
}
