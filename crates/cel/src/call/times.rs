//! Parts of moments and of lengths of time.

use jiff::civil::Weekday;

use super::Found;
use crate::function::Function;
use crate::time::{Span, Time};
use crate::value::{Object, Value};

pub(crate) fn of_time<'a, O: Object<'a>>(function: Function, time: Time, zone: &str) -> Found<'a, O> {
    if !is_part(function) {
        return Ok(None);
    }
    let civil = time.at(zone)?;
    Ok(Some(Value::Int(i64::from(match function {
        Function::FullYear => i32::from(civil.year()),
        Function::Month => i32::from(civil.month()) - 1,
        Function::DayOfYear => i32::from(civil.day_of_year()) - 1,
        Function::DayOfMonth => i32::from(civil.day()) - 1,
        Function::Date => i32::from(civil.day()),
        Function::DayOfWeek => match civil.weekday() {
            Weekday::Sunday => 0,
            other => i32::from(other.to_monday_one_offset()),
        },
        Function::Hours => i32::from(civil.hour()),
        Function::Minutes => i32::from(civil.minute()),
        Function::Seconds => i32::from(civil.second()),
        _ => civil.subsec_nanosecond() / 1_000_000,
    }))))
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
