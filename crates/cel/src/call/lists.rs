//! Lists (cel-go's `ext/lists.go` and `ext/sets.go`, Kubernetes' `lists.go`).

use std::cmp::Ordering;

use super::{Found, contains, operators};
use crate::error::Error;
use crate::function::Function;
use crate::limit::{RANGE_ITEMS_MAX, TEXT_BYTES_MAX};
use crate::plan::Invocation;
use crate::time::Span;
use crate::value::{List, Object, Value};

type Values<'a, O> = Result<Vec<Value<'a, O>>, Error>;

fn all<'a, O: Object<'a>>(list: &List<'a, O>) -> Values<'a, O> {
    list.items().collect()
}

/// Whether the first item is of a type one of the overloads takes: upstream looks no further.
fn takes<'a, O: Object<'a>>(function: Function, list: &List<'a, O>) -> bool {
    let Some(Ok(first)) = list.item(0) else { return true };
    match function {
        Function::Join => matches!(first, Value::String(_)),
        Function::Sum => {
            matches!(first, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_))
        }
        Function::Max | Function::Min | Function::IsSorted => {
            operators::takes(Function::Less, Some(&first))
        }
        _ => true,
    }
}

pub(crate) fn unary<'a, O: Object<'a>>(call: &Invocation, list: &List<'a, O>) -> Found<'a, O> {
    if !takes(call.function, list) {
        return Ok(None);
    }
    Ok(Some(match call.function {
        Function::Last => optional(list.length().checked_sub(1).and_then(|at| list.item(at)))?,
        Function::First => optional(list.item(0))?,
        Function::OptionalUnwrap | Function::UnwrapOptional => unwrap(list)?,
        Function::Join => Value::text(join(list, "")?),
        Function::Flatten => Value::list(flatten(list, 1)?),
        Function::Reverse => {
            let mut items = all(list)?;
            items.reverse();
            Value::list(items)
        }
        Function::Distinct => Value::list(distinct(list)?),
        Function::Sort => {
            let items = all(list)?;
            Value::list(sorted(items.clone(), &items)?)
        }
        Function::IsSorted => {
            let items = comparable(list)?;
            let falls = |pair: &[Value<'a, O>]| match pair {
                [one, two] => one.compare(two) == Ok(Ordering::Greater),
                _ => false,
            };
            Value::Bool(!items.windows(2).any(falls))
        }
        Function::Sum => sum(call, list)?,
        Function::Max => extreme(list, "max", Ordering::Less)?,
        Function::Min => extreme(list, "min", Ordering::Greater)?,
        _ => return Ok(None),
    }))
}

pub(crate) fn binary<'a, O: Object<'a>>(
    function: Function,
    list: &List<'a, O>,
    other: &Value<'a, O>,
) -> Found<'a, O> {
    if !takes(function, list) {
        return Ok(None);
    }
    Ok(Some(match (function, other) {
        (Function::IndexOf, item) => {
            let found = list.items().position(|known| known.is_ok_and(|known| known.equals(item)));
            Value::Int(found.map_or(-1, |at| at as i64))
        }
        (Function::LastIndexOf, item) => {
            let known = all(list)?;
            let found = known.iter().rposition(|known| known.equals(item));
            Value::Int(found.map_or(-1, |at| at as i64))
        }
        (Function::Join, Value::String(separator)) => Value::text(join(list, separator)?),
        (Function::Flatten, Value::Int(depth)) => {
            if *depth < 0 {
                return Err(Error::new("level must be non-negative"));
            }
            Value::list(flatten(list, *depth)?)
        }
        (Function::SetsContains, Value::List(other)) => Value::Bool(is_superset(list, other)),
        (Function::SetsEquivalent, Value::List(other)) => {
            Value::Bool(is_superset(list, other) && is_superset(other, list))
        }
        (Function::SetsIntersects, Value::List(other)) => {
            let in_other =
                |item: Result<Value<'a, O>, Error>| item.is_ok_and(|item| contains(other, &item));
            Value::Bool(list.items().any(in_other))
        }
        (Function::SortByKeys, Value::List(keys)) => {
            let (items, keys) = (all(list)?, all(keys)?);
            if items.len() != keys.len() {
                return Err(Error::new(format!(
                    "@sortByAssociatedKeys() expected a list of the same size as the associated \
                     keys list, but got {} and {} elements respectively",
                    items.len(),
                    keys.len()
                )));
            }
            Value::list(sorted(items, &keys)?)
        }
        _ => return Ok(None),
    }))
}

fn is_superset<'a, O: Object<'a>>(list: &List<'a, O>, part: &List<'a, O>) -> bool {
    part.items().all(|item| item.is_ok_and(|item| contains(list, &item)))
}

fn optional<'a, O: Object<'a>>(
    item: Option<Result<Value<'a, O>, Error>>,
) -> Result<Value<'a, O>, Error> {
    Ok(item.transpose()?.map_or(Value::Optional(None), Value::some))
}

fn unwrap<'a, O: Object<'a>>(list: &List<'a, O>) -> Result<Value<'a, O>, Error> {
    let mut items = Vec::new();
    for item in list.items() {
        match item? {
            Value::Optional(Some(inner)) => items.push((*inner).clone()),
            Value::Optional(None) => {}
            other => {
                let reason = format!("value {} is not optional", other.display());
                return Err(Error::new(reason));
            }
        }
    }
    Ok(Value::list(items))
}

fn join<'a, O: Object<'a>>(list: &List<'a, O>, separator: &str) -> Result<String, Error> {
    let mut joined = String::new();
    for (index, item) in list.items().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        match item? {
            Value::String(text) => joined.push_str(&text),
            other => {
                return Err(Error::new(format!("join: invalid input: {}", other.display())));
            }
        }
        if joined.len() > TEXT_BYTES_MAX {
            return Err(Error::too_long());
        }
    }
    Ok(joined)
}

fn comparable<'a, O: Object<'a>>(list: &List<'a, O>) -> Values<'a, O> {
    let items = all(list)?;
    let all = items.iter().all(|item| operators::takes(Function::Less, Some(item)));
    if all { Ok(items) } else { Err(Error::no_overload()) }
}

/// Lists in lists, down to `depth`: never deeper than values are.
fn flatten<'a, O: Object<'a>>(list: &List<'a, O>, depth: i64) -> Values<'a, O> {
    let mut items = Vec::new();
    for item in list.items() {
        match item? {
            Value::List(inner) if depth > 0 => items.extend(flatten(&inner, depth - 1)?),
            other => items.push(other),
        }
    }
    Ok(items)
}

/// Quadratic, and charged as such.
fn distinct<'a, O: Object<'a>>(list: &List<'a, O>) -> Values<'a, O> {
    let mut items: Vec<Value<'a, O>> = Vec::new();
    for item in list.items() {
        let item = item?;
        if !items.iter().any(|known| item.equals(known)) {
            items.push(item);
        }
    }
    Ok(items)
}

/// The items in the order of their keys; equal ones stay in their order.
fn sorted<'a, O: Object<'a>>(items: Vec<Value<'a, O>>, keys: &[Value<'a, O>]) -> Values<'a, O> {
    let Some(first) = keys.first() else { return Ok(items) };
    if first.compare(first).is_err() && !matches!(first, Value::Double(_)) {
        return Err(Error::new("list elements must be comparable"));
    }
    if keys.iter().any(|key| key.type_name() != first.type_name()) {
        return Err(Error::new("list elements must have the same type"));
    }
    let mut pairs: Vec<(Value<'a, O>, &Value<'a, O>)> = items.into_iter().zip(keys).collect();
    pairs.sort_by(|one, two| one.1.compare(two.1).unwrap_or(Ordering::Equal));
    Ok(pairs.into_iter().map(|(item, _)| item).collect())
}

fn sum<'a, O: Object<'a>>(call: &Invocation, list: &List<'a, O>) -> Result<Value<'a, O>, Error> {
    let mut total: Option<Value<'a, O>> = None;
    for item in list.items() {
        let item = item?;
        total = Some(match total {
            None => item,
            Some(total) => {
                operators::binary(Function::Add, &total, &item)?.ok_or_else(Error::no_overload)?
            }
        });
    }
    Ok(total.unwrap_or(match call.overload {
        Some("list_uint_sum_uint") => Value::Uint(0),
        Some("list_double_sum_double") => Value::Double(0.0),
        Some("list_duration_sum_duration") => Value::Duration(Span(0)),
        _ => Value::Int(0),
    }))
}

fn extreme<'a, O: Object<'a>>(
    list: &List<'a, O>,
    name: &str,
    replaces: Ordering,
) -> Result<Value<'a, O>, Error> {
    let mut found: Option<Value<'a, O>> = None;
    for item in comparable(list)? {
        found = match found {
            Some(known) if known.compare(&item) != Ok(replaces) => Some(known),
            _ => Some(item),
        };
    }
    found.ok_or_else(|| Error::new(format!("{name} called on empty list")))
}

pub(crate) fn slice<'a, O: Object<'a>>(
    list: &List<'a, O>,
    start: i64,
    end: i64,
) -> Result<Value<'a, O>, Error> {
    let length = list.length() as i64;
    let refused = |why: String| Err(Error::new(format!("cannot slice({start}, {end}), {why}")));
    if start < 0 || end < 0 {
        return refused("negative indexes not supported".to_owned());
    }
    if start > end {
        return refused("start index must be less than or equal to end index".to_owned());
    }
    if length < end {
        return refused(format!("list is length {length}"));
    }
    let items = list.items().skip(start as usize).take((end - start) as usize);
    Ok(Value::list(items.collect::<Result<_, _>>()?))
}

pub(crate) fn range<'a, O: Object<'a>>(length: i64) -> Result<Value<'a, O>, Error> {
    if length < 0 {
        let reason = format!("lists.range: size must be non-negative, got {length}");
        return Err(Error::new(reason));
    }
    if length > RANGE_ITEMS_MAX {
        return Err(Error::new(format!(
            "lists.range: size {length} exceeds maximum allowed ({RANGE_ITEMS_MAX})"
        )));
    }
    Ok(Value::list((0..length).map(Value::Int).collect()))
}
