//! Operators.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Found, contains};
use crate::error::Error;
use crate::function::Function;
use crate::limit::TEXT_BYTES_MAX;
use crate::time::Span;
use crate::value::{Bytes, List, Object, Value};

pub(crate) fn is_operator(function: Function) -> bool {
    matches!(
        function,
        Function::Not
            | Function::Negate
            | Function::Add
            | Function::Subtract
            | Function::Multiply
            | Function::Divide
            | Function::Modulo
            | Function::Less
            | Function::LessEquals
            | Function::Greater
            | Function::GreaterEquals
            | Function::In
            | Function::Size
    )
}

/// Whether a first argument of this type has the operator at all (`traits` of cel-go).
pub(crate) fn takes<'a, O: Object<'a>>(function: Function, value: Option<&Value<'a, O>>) -> bool {
    let Some(value) = value else { return false };
    let is_number = matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_));
    let is_time = matches!(value, Value::Timestamp(_) | Value::Duration(_));
    let is_text = matches!(value, Value::String(_) | Value::Bytes(_));
    match function {
        Function::Not => matches!(value, Value::Bool(_)),
        Function::Negate => {
            matches!(value, Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Duration(_))
        }
        Function::Add => is_number || is_time || is_text || matches!(value, Value::List(_)),
        Function::Subtract => is_number || is_time,
        Function::Multiply | Function::Divide => is_number,
        Function::Modulo => matches!(value, Value::Int(_) | Value::Uint(_)),
        Function::In => true,
        Function::Size | Function::Sort | Function::SortByKeys | Function::Matches => false,
        _ => is_number || is_time || is_text || matches!(value, Value::Bool(_)),
    }
}

pub(crate) fn unary<'a, O: Object<'a>>(function: Function, value: &Value<'a, O>) -> Found<'a, O> {
    Ok(Some(match (function, value) {
        (Function::Not, Value::Bool(bool)) => Value::Bool(!bool),
        (Function::Negate, Value::Int(int)) => {
            Value::Int(int.checked_neg().ok_or_else(int_overflow)?)
        }
        (Function::Negate, Value::Double(double)) => Value::Double(-double),
        (Function::Negate, Value::Duration(span)) => {
            Value::Duration(Span(span.0.checked_neg().ok_or_else(span_overflow)?))
        }
        _ => return Ok(None),
    }))
}

pub(crate) fn binary<'a, O: Object<'a>>(
    function: Function,
    one: &Value<'a, O>,
    two: &Value<'a, O>,
) -> Found<'a, O> {
    match function {
        Function::Add => add(one, two),
        Function::In => Ok(match two {
            Value::List(list) => Some(Value::Bool(contains(list, one))),
            Value::Map(map) => Some(Value::Bool(map.find(one)?.is_some())),
            _ => None,
        }),
        Function::Less | Function::LessEquals | Function::Greater | Function::GreaterEquals => {
            if !takes(function, Some(one)) {
                return Ok(None);
            }
            let order = one.compare(two)?;
            Ok(Some(Value::Bool(match function {
                Function::Less => order == Ordering::Less,
                Function::LessEquals => order != Ordering::Greater,
                Function::Greater => order == Ordering::Greater,
                _ => order != Ordering::Less,
            })))
        }
        Function::Subtract => subtract(one, two),
        _ => arithmetic(function, one, two),
    }
}

fn int_overflow() -> Error {
    Error::new("integer overflow")
}

fn uint_overflow() -> Error {
    Error::new("unsigned integer overflow")
}

/// cel-go calls it an integer's too (`common/types/overflow.go`).
fn span_overflow() -> Error {
    int_overflow()
}

fn add<'a, O: Object<'a>>(one: &Value<'a, O>, two: &Value<'a, O>) -> Found<'a, O> {
    Ok(Some(match (one, two) {
        (Value::Int(one), Value::Int(two)) => {
            Value::Int(one.checked_add(*two).ok_or_else(int_overflow)?)
        }
        (Value::Uint(one), Value::Uint(two)) => {
            Value::Uint(one.checked_add(*two).ok_or_else(uint_overflow)?)
        }
        (Value::Double(one), Value::Double(two)) => Value::Double(one + two),
        (Value::String(one), Value::String(two)) => {
            if one.len() + two.len() > TEXT_BYTES_MAX {
                return Err(Error::too_long());
            }
            Value::text([&**one, &**two].concat())
        }
        (Value::Bytes(one), Value::Bytes(two)) => {
            Value::Bytes(Bytes::Shared([&**one, &**two].concat().into()))
        }
        (Value::List(one), Value::List(two)) => {
            let all: Result<Vec<_>, Error> = one.items().chain(two.items()).collect();
            Value::List(List::Built(Rc::new(all?)))
        }
        (Value::Duration(one), Value::Duration(two)) => {
            Value::Duration(Span(one.0.checked_add(two.0).ok_or_else(span_overflow)?))
        }
        (Value::Timestamp(time), Value::Duration(span))
        | (Value::Duration(span), Value::Timestamp(time)) => Value::Timestamp(time.plus(*span)?),
        _ => return Ok(None),
    }))
}

fn subtract<'a, O: Object<'a>>(one: &Value<'a, O>, two: &Value<'a, O>) -> Found<'a, O> {
    Ok(Some(match (one, two) {
        (Value::Int(one), Value::Int(two)) => {
            Value::Int(one.checked_sub(*two).ok_or_else(int_overflow)?)
        }
        (Value::Uint(one), Value::Uint(two)) => {
            Value::Uint(one.checked_sub(*two).ok_or_else(uint_overflow)?)
        }
        (Value::Double(one), Value::Double(two)) => Value::Double(one - two),
        (Value::Duration(one), Value::Duration(two)) => {
            Value::Duration(Span(one.0.checked_sub(two.0).ok_or_else(span_overflow)?))
        }
        (Value::Timestamp(one), Value::Timestamp(two)) => Value::Duration(one.minus(*two)?),
        (Value::Timestamp(time), Value::Duration(span)) => {
            let back = Span(span.0.checked_neg().ok_or_else(span_overflow)?);
            Value::Timestamp(time.plus(back)?)
        }
        _ => return Ok(None),
    }))
}

fn arithmetic<'a, O: Object<'a>>(
    function: Function,
    one: &Value<'a, O>,
    two: &Value<'a, O>,
) -> Found<'a, O> {
    let zero = || {
        Error::new(match function {
            Function::Divide => "division by zero",
            _ => "modulus by zero",
        })
    };
    Ok(Some(match (one, two) {
        (Value::Double(one), Value::Double(two)) => Value::Double(match function {
            Function::Multiply => one * two,
            Function::Divide => one / two,
            _ => return Ok(None),
        }),
        (Value::Int(one), Value::Int(two)) => {
            if *two == 0 && function != Function::Multiply {
                return Err(zero());
            }
            let result = match function {
                Function::Multiply => one.checked_mul(*two),
                Function::Divide => one.checked_div(*two),
                _ => one.checked_rem(*two),
            };
            Value::Int(result.ok_or_else(int_overflow)?)
        }
        (Value::Uint(one), Value::Uint(two)) => {
            if *two == 0 && function != Function::Multiply {
                return Err(zero());
            }
            let result = match function {
                Function::Multiply => one.checked_mul(*two),
                Function::Divide => one.checked_div(*two),
                _ => one.checked_rem(*two),
            };
            Value::Uint(result.ok_or_else(uint_overflow)?)
        }
        _ => return Ok(None),
    }))
}
