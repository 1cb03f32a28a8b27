//! Parts of moments and of lengths of time.

use super::Found;
use crate::function::Function;
use crate::time::{Span, Time};
use crate::value::{Object, Value};

pub(crate) fn of_time<'a, O: Object<'a>>(
    function: Function,
    time: Time,
    zone: &str,
) -> Found<'a, O> {
    if !is_part(function) {
        return Ok(None);
    }
    let civil = time.at(zone)?;
    Ok(Some(Value::Int(match function {
        Function::FullYear => civil.year,
        Function::Month => civil.month - 1,
        Function::DayOfYear => civil.day_of_year,
        Function::DayOfMonth => civil.day - 1,
        Function::Date => civil.day,
        Function::DayOfWeek => civil.weekday,
        Function::Hours => civil.hour,
        Function::Minutes => civil.minute,
        Function::Seconds => civil.second,
        _ => civil.nanosecond / 1_000_000,
    })))
}

fn is_part(function: Function) -> bool {
    matches!(
        function,
        Function::FullYear
            | Function::Month
            | Function::DayOfYear
            | Function::DayOfMonth
            | Function::Date
            | Function::DayOfWeek
            | Function::Hours
            | Function::Minutes
            | Function::Seconds
            | Function::Milliseconds
    )
}

pub(crate) fn of_span<'a, O: Object<'a>>(function: Function, span: Span) -> Option<Value<'a, O>> {
    let unit = match function {
        Function::Hours => 3_600_000_000_000,
        Function::Minutes => 60_000_000_000,
        Function::Seconds => 1_000_000_000,
        Function::Milliseconds => 1_000_000,
        _ => return None,
    };
    Some(Value::Int(span.0 / unit))
}
