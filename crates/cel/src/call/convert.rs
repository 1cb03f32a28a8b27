//! Conversions between types.

use super::Found;
use crate::error::Error;
use crate::function::Function;
use crate::number::{double_to_int, double_to_uint, parse_double, parse_int, parse_uint, shortest};
use crate::opaque::Opaque;
use crate::time::{Span, Time};
use crate::value::{Bytes, Object, Text, Value};

pub(crate) fn convert<'a, O: Object<'a>>(function: Function, value: &Value<'a, O>) -> Found<'a, O> {
    Ok(Some(match (function, value) {
        (Function::Dyn, value)
        | (Function::Bool, value @ Value::Bool(_))
        | (Function::Bytes, value @ Value::Bytes(_))
        | (Function::Double, value @ Value::Double(_))
        | (Function::Duration, value @ Value::Duration(_))
        | (Function::Int, value @ Value::Int(_))
        | (Function::String, value @ Value::String(_))
        | (Function::Timestamp, value @ Value::Timestamp(_))
        | (Function::Uint, value @ Value::Uint(_)) => value.clone(),
        (Function::Type, value) => Value::Type(Text::Shared(value.type_name().into())),
        (_, Value::String(text)) => return from_text(function, text),
        (Function::Int, value) => match value {
            Value::Double(double) => Value::Int(double_to_int(*double)?),
            Value::Uint(uint) => {
                let int = i64::try_from(*uint).map_err(|_| Error::new("integer overflow"))?;
                Value::Int(int)
            }
            Value::Timestamp(time) => Value::Int(time.seconds()),
            Value::Duration(span) => Value::Int(span.0),
            _ => return Ok(None),
        },
        (Function::Uint, Value::Double(double)) => Value::Uint(double_to_uint(*double)?),
        (Function::Uint, Value::Int(int)) => {
            let uint = u64::try_from(*int).map_err(|_| Error::new("unsigned integer overflow"))?;
            Value::Uint(uint)
        }
        (Function::Double, value) => Value::Double(match value {
            Value::Int(int) => *int as f64,
            Value::Uint(uint) => *uint as f64,
            _ => return Ok(None),
        }),
        (Function::Timestamp, Value::Int(seconds)) => {
            Value::Timestamp(Time::from_seconds(*seconds)?)
        }
        (Function::String, value) => match text(value)? {
            Some(text) => Value::text(text),
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// What `string()` makes of a value.
pub(crate) fn text<'a, O: Object<'a>>(value: &Value<'a, O>) -> Result<Option<String>, Error> {
    Ok(Some(match value {
        Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::String(_)
        | Value::Type(_) => value.display(),
        Value::Double(double) => shortest(*double),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                return Err(Error::new("invalid UTF-8 in bytes, cannot convert to string"));
            }
        },
        Value::Opaque(opaque) if matches!(**opaque, Opaque::Ip(_) | Opaque::Cidr(_)) => {
            opaque.to_string()
        }
        _ => return Ok(None),
    }))
}

fn from_text<'a, O: Object<'a>>(function: Function, text: &str) -> Found<'a, O> {
    let (found, name) = match function {
        Function::Bool => (parse_bool(text).map(Value::Bool), "bool"),
        Function::Bytes => (Some(Value::Bytes(Bytes::Shared(text.as_bytes().into()))), "bytes"),
        Function::Double => (parse_double(text).map(Value::Double), "double"),
        Function::Duration => (Span::parse(text).map(Value::Duration), "google.protobuf.Duration"),
        Function::Int => (parse_int(text).map(Value::Int), "int"),
        Function::Timestamp => {
            let time = Time::parse(text).transpose()?;
            (time.map(Value::Timestamp), "google.protobuf.Timestamp")
        }
        Function::Uint => (parse_uint(text).map(Value::Uint), "uint"),
        _ => return Ok(None),
    };
    let refused = || Error::new(format!("type conversion error from 'string' to '{name}'"));
    found.ok_or_else(refused).map(Some)
}

/// As `strconv.ParseBool`.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
