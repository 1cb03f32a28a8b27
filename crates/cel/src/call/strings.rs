//! Text (cel-go's `ext/strings.go` at version 2, and k8s.io/apiserver/pkg/cel/library/regex.go).

use std::borrow::Cow;

use regex::Regex;

use super::{Found, texts};
use crate::error::Error;
use crate::function::Function;
use crate::limit::TEXT_BYTES_MAX;
use crate::plan::{self, Invocation};
use crate::value::{Object, Text, Value, code_points};

pub(crate) fn unary<'a, O: Object<'a>>(function: Function, text: &Text<'a>) -> Found<'a, O> {
    Ok(Some(match function {
        Function::LowerAscii => Value::text(text.to_ascii_lowercase()),
        Function::UpperAscii => Value::text(text.to_ascii_uppercase()),
        Function::Trim => Value::text(text.trim()),
        Function::Quote => Value::text(quoted(text)),
        _ => return Ok(None),
    }))
}

pub(crate) fn binary<'a, O: Object<'a>>(
    call: &Invocation,
    text: &Text<'a>,
    other: &Value<'a, O>,
) -> Found<'a, O> {
    match other {
        Value::String(other) => of_texts(call, text, other),
        Value::Int(index) => match call.function {
            Function::CharAt => char_at(text, *index).map(Some),
            Function::Substring => substring(text, *index, None).map(Some),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn of_texts<'a, O: Object<'a>>(call: &Invocation, text: &str, other: &str) -> Found<'a, O> {
    Ok(Some(match call.function {
        Function::Contains => Value::Bool(text.contains(other)),
        Function::StartsWith => Value::Bool(text.starts_with(other)),
        Function::EndsWith => Value::Bool(text.ends_with(other)),
        Function::Matches => Value::Bool(pattern(call, other, false)?.is_match(text)),
        Function::Find => {
            let pattern = pattern(call, other, true)?;
            Value::text(pattern.find(text).map_or("", |found| found.as_str()))
        }
        Function::FindAll => find_all(&*pattern(call, other, true)?, text, -1),
        Function::IndexOf => Value::Int(index_of(text, other, 0)?),
        Function::LastIndexOf => Value::Int(last_index(text, other)?),
        Function::Split => split(text, other, -1),
        _ => return Ok(None),
    }))
}

pub(crate) fn several<'a, O: Object<'a>>(
    call: &Invocation,
    text: &str,
    rest: &[Value<'a, O>],
) -> Found<'a, O> {
    Ok(Some(match (call.function, rest) {
        (Function::IndexOf, [Value::String(other), Value::Int(from)]) => {
            Value::Int(index_of(text, other, *from)?)
        }
        (Function::LastIndexOf, [Value::String(other), Value::Int(from)]) => {
            Value::Int(last_index_from(text, other, *from)?)
        }
        (Function::Replace, [Value::String(old), Value::String(new)]) => {
            Value::text(replaced(text, old, new, -1)?)
        }
        (Function::Replace, [Value::String(old), Value::String(new), Value::Int(most)]) => {
            Value::text(replaced(text, old, new, *most)?)
        }
        (Function::Split, [Value::String(separator), Value::Int(most)]) => {
            split(text, separator, *most)
        }
        (Function::Substring, [Value::Int(start), Value::Int(end)]) => {
            substring(text, *start, Some(*end))?
        }
        (Function::FindAll, [Value::String(other), Value::Int(most)]) => {
            find_all(&*pattern(call, other, true)?, text, *most)
        }
        _ => return Ok(None),
    }))
}

/// At most `most` times; everywhere if it is negative.
fn replaced(text: &str, old: &str, new: &str, most: i64) -> Result<String, Error> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let places = text.matches(old).take(most).count();
    if places.saturating_mul(new.len()).saturating_add(text.len()) > TEXT_BYTES_MAX {
        return Err(Error::too_long());
    }
    Ok(text.replacen(old, new, most))
}

fn pattern<'c>(
    call: &'c Invocation,
    pattern: &str,
    is_find: bool,
) -> Result<Cow<'c, Pattern>, Error> {
    if let Some(regex) = &call.regex {
        return Ok(Cow::Owned(Pattern(regex.clone())));
    }
    let compiled = plan::regex(pattern).map_err(|reason| {
        Error::new(if is_find { format!("Illegal regex: {reason}") } else { reason })
    })?;
    Ok(Cow::Owned(Pattern(compiled)))
}

#[derive(Clone)]
struct Pattern(Regex);

impl std::ops::Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.0
    }
}

fn find_all<'a, O: Object<'a>>(pattern: &Regex, text: &str, most: i64) -> Value<'a, O> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    texts(pattern.find_iter(text).take(most).map(|found| found.as_str()))
}

fn out_of_range(index: i64) -> Error {
    Error::new(format!("index out of range: {index}"))
}

/// The place in bytes of a code point; None beyond the end.
fn place(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    if text.is_ascii() {
        return (index <= text.len()).then_some(index);
    }
    let ends = std::iter::once(text.len());
    text.char_indices().map(|(at, _)| at).chain(ends).nth(index)
}

fn char_at<'a, O: Object<'a>>(text: &str, index: i64) -> Result<Value<'a, O>, Error> {
    let at = place(text, index).ok_or_else(|| out_of_range(index))?;
    let char = text.get(at..).and_then(|rest| rest.chars().next());
    Ok(Value::text(char.map(String::from).unwrap_or_default()))
}

fn substring<'a, O: Object<'a>>(
    text: &str,
    start: i64,
    end: Option<i64>,
) -> Result<Value<'a, O>, Error> {
    if let Some(end) = end
        && start > end
    {
        let reason = format!("invalid substring range. start: {start}, end: {end}");
        return Err(Error::new(reason));
    }
    let from = place(text, start).ok_or_else(|| out_of_range(start))?;
    let to = match end {
        Some(end) => place(text, end).ok_or_else(|| out_of_range(end))?,
        None => text.len(),
    };
    Ok(Value::text(text.get(from..to).unwrap_or_default()))
}

fn index_of(text: &str, other: &str, from: i64) -> Result<i64, Error> {
    if from < 0 {
        return Err(out_of_range(from));
    }
    let length = code_points(text) as i64;
    if other.is_empty() {
        return Ok(from.min(length));
    }
    if from >= length {
        return Ok(-1);
    }
    let start = place(text, from).unwrap_or(text.len());
    let rest = text.get(start..).unwrap_or_default();
    Ok(match rest.find(other) {
        Some(at) => from + code_points(rest.get(..at).unwrap_or_default()) as i64,
        None => -1,
    })
}

fn last_index(text: &str, other: &str) -> Result<i64, Error> {
    let length = code_points(text) as i64;
    if other.is_empty() {
        return Ok(length);
    }
    if text.len() < other.len() {
        return Ok(-1);
    }
    last_index_from(text, other, length - 1)
}

/// The last place at or before `from`, in code points, where `other` begins.
fn last_index_from(text: &str, other: &str, from: i64) -> Result<i64, Error> {
    if from < 0 {
        return Err(out_of_range(from));
    }
    let length = code_points(text) as i64;
    if other.is_empty() {
        return Ok(from.min(length));
    }
    if from >= length {
        return Ok(-1);
    }
    let start = place(text, from).unwrap_or(text.len());
    let mut end = (start + other.len()).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    let head = text.get(..end).unwrap_or_default();
    Ok(match head.rfind(other) {
        Some(at) => code_points(head.get(..at).unwrap_or_default()) as i64,
        None => -1,
    })
}

/// At most `most` parts; all if it is negative.
fn split<'a, O: Object<'a>>(text: &str, separator: &str, most: i64) -> Value<'a, O> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Value::list(Vec::new());
    }
    if !separator.is_empty() {
        return texts(text.splitn(most, separator));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if parts.len() + 1 == most {
            parts.push(rest);
            break;
        }
        let (part, after) = rest.split_at_checked(char.len_utf8()).unwrap_or((rest, ""));
        parts.push(part);
        rest = after;
    }
    texts(parts)
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
