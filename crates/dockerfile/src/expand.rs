//! Variables in arguments: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+instead}`.

use std::collections::BTreeMap;

/// Bytes a text may grow to by replacing: names may hold each other.
const EXPANDED_BYTES_MAX: usize = 8 << 10;

/// Variables with their values; none where only who builds knows it.
pub(crate) type Scope = BTreeMap<String, Option<String>>;

/// The text with its variables replaced. `None` where that depends on who builds, or on a form
/// that is not known here. Variables that are not declared are empty.
///
/// Source: Dockerfile reference, "Environment replacement".
pub(crate) fn expand(text: &str, scope: &Scope) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        let value;
        (value, rest) = variable(after, scope)?;
        out.push_str(&value);
        if out.len() > EXPANDED_BYTES_MAX {
            return None;
        }
    }
    out.push_str(rest);
    (out.len() <= EXPANDED_BYTES_MAX).then_some(out)
}

/// The value of a variable whose `$` is taken off, and what follows it.
fn variable<'a>(after: &'a str, scope: &Scope) -> Option<(String, &'a str)> {
    let Some(braced) = after.strip_prefix('{') else {
        let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
        let (name, rest) = after.split_at(end);
        if name.is_empty() {
            return Some(("$".to_owned(), rest));
        }
        return Some((lookup(name, scope)?.unwrap_or_default(), rest));
    };
    let end = braced.find('}')?;
    let (inner, rest) = braced.split_at(end);
    let rest = rest.strip_prefix('}')?;
    let name_end = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
    let (name, operator) = inner.split_at(name_end);
    if operator.contains('$') {
        return None;
    }
    if operator.is_empty() {
        return Some((lookup(name, scope)?.unwrap_or_default(), rest));
    }
    // What only who builds knows may be given or not.
    let value = scope.get(name).cloned().flatten();
    if let Some(default) = operator.strip_prefix(":-") {
        return Some((value.filter(|it| !it.is_empty()).unwrap_or(default.to_owned()), rest));
    }
    if let Some(default) = operator.strip_prefix('-') {
        return Some((value.unwrap_or(default.to_owned()), rest));
    }
    let is_unknown = scope.get(name).is_some_and(Option::is_none);
    let instead = operator.strip_prefix(":+").or_else(|| operator.strip_prefix('+'))?;
    let value = value.filter(|it| !it.is_empty()).map(|_| instead.to_owned());
    (!is_unknown).then(|| (value.unwrap_or_default(), rest))
}

/// `None` when it is declared without a value; an empty one when it is not declared at all.
#[expect(clippy::option_option, reason = "not known and not declared are different answers")]
fn lookup(name: &str, scope: &Scope) -> Option<Option<String>> {
    match scope.get(name) {
        Some(None) => None,
        Some(Some(value)) => Some(Some(value.clone())),
        None => Some(None),
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Names of the variables a text uses.
pub(crate) fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let name = after.strip_prefix('{').unwrap_or(after);
        let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        if !name.is_empty() && !before.ends_with('\\') {
            names.push(name);
        }
        rest = after;
    }
    names
}
