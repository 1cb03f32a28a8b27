//! The functions.

mod convert;
mod format;
mod kubernetes;
mod lists;
mod operators;
mod strings;
mod times;

use std::rc::Rc;

use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::function::Function;
use crate::plan::Invocation;
use crate::value::{List, Object, Value};

pub(crate) use format::{Argument, interpolate, refusal};

/// Calls a function on values.
pub(crate) fn call<'a, O: Object<'a>>(
    evaluator: &mut Evaluator<'a, '_, O>,
    invocation: &Invocation,
    values: &[Value<'a, O>],
) -> Result<Value<'a, O>, Error> {
    let found = match values {
        [] => none(invocation),
        [one] => unary(invocation, one)?,
        [one, two] => binary(evaluator, invocation, one, two)?,
        _ => several(evaluator, invocation, values)?,
    };
    found.ok_or_else(|| no_match(invocation, values))
}

fn no_match<'a, O: Object<'a>>(invocation: &Invocation, values: &[Value<'a, O>]) -> Error {
    let name = &invocation.name;
    let function = invocation.function;
    let is_single = operators::is_operator(function)
        || matches!(function, Function::Sort | Function::SortByKeys | Function::Matches);
    if is_single {
        // Texts and times are asked whether they know the operation themselves.
        let receives =
            matches!(values, [Value::String(_) | Value::Timestamp(_) | Value::Duration(_), ..]);
        if receives || operators::takes(function, values.first()) {
            return Error::no_overload();
        }
        return Error::new(format!("no such overload: {name}"));
    }
    let is_bare =
        matches!(function, Function::Contains | Function::StartsWith | Function::EndsWith);
    if is_bare || invocation.regex.is_some() {
        return Error::no_overload();
    }
    let kinds: Vec<&str> = values.iter().map(Value::type_name).collect();
    Error::new(format!("no such overload: {name}({})", kinds.join(", ")))
}

type Found<'a, O> = Result<Option<Value<'a, O>>, Error>;

fn none<'a, O: Object<'a>>(invocation: &Invocation) -> Option<Value<'a, O>> {
    match invocation.function {
        Function::OptionalNone => Some(Value::Optional(None)),
        Function::FormatConstant => kubernetes::format_constant(&invocation.name),
        _ => None,
    }
}

fn unary<'a, O: Object<'a>>(call: &Invocation, value: &Value<'a, O>) -> Found<'a, O> {
    match call.function {
        Function::Not | Function::Negate => operators::unary(call.function, value),
        Function::Size => Ok(value.size().map(|size| Value::Int(size as i64))),
        Function::OptionalOf => Ok(Some(Value::some(value.clone()))),
        Function::OptionalOfNonZero => Ok(Some(if is_zero(value) {
            Value::Optional(None)
        } else {
            Value::some(value.clone())
        })),
        Function::Value => match value {
            Value::Optional(Some(inner)) => Ok(Some((**inner).clone())),
            Value::Optional(None) => Err(Error::new("optional.none() dereference")),
            _ => Ok(None),
        },
        Function::HasValue => match value {
            Value::Optional(inner) => Ok(Some(Value::Bool(inner.is_some()))),
            _ => Ok(None),
        },
        _ if call.function.is_conversion() || call.function == Function::Type => {
            convert::convert(call.function, value)
        }
        Function::Range => match value {
            Value::Int(length) => lists::range(*length).map(Some),
            _ => Ok(None),
        },
        _ => match value {
            Value::List(list) => lists::unary(call, list),
            Value::String(text) => match strings::unary(call.function, text)? {
                Some(found) => Ok(Some(found)),
                None => kubernetes::from_text(call.function, text),
            },
            Value::Timestamp(time) => times::of_time(call.function, *time, "UTC"),
            Value::Duration(span) => Ok(times::of_span(call.function, *span)),
            Value::Opaque(opaque) => kubernetes::unary(call.function, opaque),
            _ => Ok(None),
        },
    }
}

fn is_zero<'a, O: Object<'a>>(value: &Value<'a, O>) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) => true,
        Value::Double(double) => *double == 0.0,
        Value::Duration(span) => span.0 == 0,
        Value::Optional(inner) => inner.is_none(),
        Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) => {
            value.size() == Some(0)
        }
        _ => false,
    }
}

fn binary<'a, O: Object<'a>>(
    evaluator: &mut Evaluator<'a, '_, O>,
    call: &Invocation,
    one: &Value<'a, O>,
    two: &Value<'a, O>,
) -> Found<'a, O> {
    if operators::is_operator(call.function) {
        return operators::binary(call.function, one, two);
    }
    if call.function == Function::Includes {
        let is_in = match one {
            Value::List(list) => contains(list, two),
            other => other.equals(two),
        };
        return Ok(Some(Value::Bool(is_in)));
    }
    match (one, two) {
        (Value::String(text), Value::List(list)) if call.function == Function::Format => {
            format::format(text, list).map(Some)
        }
        (Value::List(list), _) => lists::binary(call.function, list, two),
        (Value::String(text), _) => match strings::binary(call, text, two)? {
            Some(found) => Ok(Some(found)),
            None => kubernetes::from_texts(call.function, text, two),
        },
        (Value::Timestamp(time), Value::String(zone)) => times::of_time(call.function, *time, zone),
        (Value::Opaque(opaque), _) => kubernetes::binary(evaluator, call.function, opaque, two),
        _ => Ok(None),
    }
}

fn several<'a, O: Object<'a>>(
    _: &mut Evaluator<'a, '_, O>,
    call: &Invocation,
    values: &[Value<'a, O>],
) -> Found<'a, O> {
    match values {
        [Value::String(text), rest @ ..] => strings::several(call, text, rest),
        [Value::List(list), Value::Int(start), Value::Int(end)]
            if call.function == Function::Slice =>
        {
            lists::slice(list, *start, *end).map(Some)
        }
        [Value::Opaque(opaque), Value::String(namespace), Value::String(name)]
            if call.function == Function::ServiceAccount =>
        {
            kubernetes::service_account(opaque, namespace, name)
        }
        _ => Ok(None),
    }
}

pub(crate) fn contains<'a, O: Object<'a>>(list: &List<'a, O>, value: &Value<'a, O>) -> bool {
    list.items().any(|item| item.is_ok_and(|item| value.equals(&item)))
}

fn texts<'a, O: Object<'a>>(parts: impl IntoIterator<Item = impl Into<Rc<str>>>) -> Value<'a, O> {
    Value::list(parts.into_iter().map(Value::text).collect())
}
