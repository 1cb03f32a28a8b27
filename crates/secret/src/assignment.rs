//! Assignments inside a larger text: env files, properties, JSON, INI, command lines.

use memchr::{memchr_iter, memchr2_iter};

use super::name::{NAME_MAX, VALUE_MAX, class};
use super::{MATCHES_MAX, Match, named};

/// The credentials that `KEY=value`, `key: value`, `"key": "value"` and `--key value` assign in
/// `text`, in order, at most [`MATCHES_MAX`].
pub fn assigned(text: &str) -> Vec<Match> {
    let mut matches: Vec<Match> = Vec::new();
    let bytes = text.as_bytes();
    let signs = memchr2_iter(b'=', b':', bytes);
    let flags = memchr_iter(b'-', bytes).filter_map(|at| end_of_flag(bytes, at));
    for sign in merge(signs, flags) {
        if matches.len() == MATCHES_MAX {
            break;
        }
        if matches.last().is_some_and(|last| sign < last.end) {
            continue;
        }
        matches.extend(assignment(text, sign));
    }
    matches
}

/// The credential assigned by the sign at `sign`: `=`, `:` or the blank behind a flag.
fn assignment(text: &str, sign: usize) -> Option<Match> {
    let name = name_before(text.as_bytes(), sign)?;
    class(name)?;
    let value = value_behind(text.as_bytes(), sign + 1)?;
    let found = named(name, &text[value.start..value.end])?;
    Some(Match { start: value.start + found.start, end: value.start + found.end, ..found })
}

/// The name that ends before `sign`, without quotes and blanks around it.
pub(super) fn name_before(text: &[u8], sign: usize) -> Option<&str> {
    let bytes = &text[..sign];
    let window = &bytes[bytes.len().saturating_sub(NAME_MAX)..];
    // A backslash stands before the quote where JSON is quoted inside JSON.
    let is_edge = |byte: &u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b':');
    let trimmed = window.len() - window.iter().rev().take_while(|byte| is_edge(byte)).count();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = window[..trimmed].iter().rev().take_while(|byte| is_name(byte)).count();
    let end = sign - (window.len() - trimmed);
    (length > 0).then(|| str::from_utf8(&text[end - length..end]).ok()).flatten()
}

/// Where the value behind an assignment stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether quotes stand around it; else it goes up to the next blank or delimiter.
    pub(super) is_quoted: bool,
}

/// Bytes that are looked at behind an assignment: a value, the blanks and quotes before it.
pub(super) const VALUE_REACH: usize = 2 * VALUE_MAX;

/// The value behind an assignment.
pub(super) fn value_behind(text: &[u8], from: usize) -> Option<Value> {
    let rest = &text[from..text.len().min(from + VALUE_MAX + 16)];
    let blanks = rest.iter().take(8).take_while(|byte| matches!(byte, b' ' | b'\t' | b'=' | b'>'));
    let mut start = from + blanks.count();
    let slashes = text[start..].iter().take(8).take_while(|byte| **byte == b'\\');
    start += slashes.count();
    let quote = text.get(start).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    start += usize::from(quote.is_some());
    let rest = &text[start.min(text.len())..text.len().min(start + VALUE_MAX + 1)];
    let ends = |byte: &u8| match quote {
        Some(quote) => *byte == quote || matches!(byte, b'\n' | b'\\'),
        None => {
            byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b';' | b'&' | b'|')
        }
    };
    let is_scheme = |rest: &[u8]| rest.len() > 7 && is_authorization_scheme(&rest[..7]);
    let mut length =
        rest.iter().position(ends).or((rest.len() <= VALUE_MAX).then_some(rest.len()))?;
    if quote.is_none() && is_scheme(rest) {
        length += 1 + rest[length + 1..].iter().position(ends).unwrap_or(rest.len() - length - 1);
    }
    let mut end = start + length;
    while quote.is_none() && end > start && matches!(text[end - 1], b',' | b')' | b']') {
        end -= 1;
    }
    (end > start).then_some(Value { start, end, is_quoted: quote.is_some() })
}

fn is_authorization_scheme(head: &[u8]) -> bool {
    head.eq_ignore_ascii_case(b"bearer ") || head[..6].eq_ignore_ascii_case(b"basic ")
}

/// The blank behind the flag `--name` whose second hyphen stands at `at`.
pub(super) fn end_of_flag(text: &[u8], at: usize) -> Option<usize> {
    let begins = |before: Option<&u8>| before.is_none_or(|byte| b" \t\n\"'".contains(byte));
    if at == 0 || text[at - 1] != b'-' || !begins(at.checked_sub(2).map(|before| &text[before])) {
        return None;
    }
    let rest = &text[at + 1..text.len().min(at + 1 + NAME_MAX)];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = rest.iter().take_while(|byte| is_name(byte)).count();
    let behind = at + 1 + length;
    let is_next_flag = text.get(behind + 1) == Some(&b'-');
    (length > 0 && text.get(behind) == Some(&b' ') && !is_next_flag).then_some(behind)
}

/// Two ascending sequences of positions as one.
pub(super) fn merge(
    left: impl Iterator<Item = usize>,
    right: impl Iterator<Item = usize>,
) -> impl Iterator<Item = usize> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if a <= b => left.next(),
        (Some(_), None) => left.next(),
        _ => right.next(),
    })
}
