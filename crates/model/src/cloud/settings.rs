//! How settings are found in what a cloud says, and why some are not known.

use super::{Fact, POOLS_MAX, Problem, TEXTS_MAX, node_image_day};
use crate::{GapKind, Node, Path, Value};

/// What a setting holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Text,
    Texts,
    Map,
    /// The version of a node image.
    Image,
}

/// Templates and the REST interface put the settings below `properties`, `az` beside the name.
pub(super) fn properties(root: Node<'_>) -> Part<'_> {
    match root.get("properties") {
        Some(node) => Part { node, at: Path::root().field("properties") },
        None => Part { node: root, at: Path::root() },
    }
}

/// A map of settings and its place.
#[derive(Clone)]
pub(super) struct Part<'a> {
    pub(super) node: Node<'a>,
    pub(super) at: Path,
}

/// What is written for a setting.
pub(super) enum Found<'a> {
    Is(Node<'a>, Path),
    Unset,
    Opaque(Problem),
}

impl<'a> Part<'a> {
    pub(super) fn read<T>(&self, name: &str, read: impl FnOnce(Value<'a>) -> Option<T>) -> Fact<T> {
        match self.find(name) {
            Found::Unset => Fact::Unset,
            Found::Is(node, _) if node.as_str().is_some_and(is_expression) => Fact::Unknown,
            Found::Is(node, _) => read(node.value()).map_or(Fact::Unknown, Fact::Known),
            Found::Opaque(_) => Fact::Unknown,
        }
    }

    pub(super) fn find(&self, dotted: &str) -> Found<'a> {
        let (mut node, mut path) = (self.node, self.at.clone());
        for name in dotted.split('.') {
            if !node.is_map() {
                return Found::Opaque(opaque(path, "map", node.value()));
            }
            match entry(node, name) {
                Entry::None if is_copied(node, name) => {
                    let reason = format!("`{name}` is made by a `copy` of the template");
                    let kind = GapKind::NotEvaluated;
                    return Found::Opaque(Problem { path: path.field("copy"), kind, reason });
                }
                Entry::None => return Found::Unset,
                Entry::One(key, value) => {
                    path = path.key(key);
                    node = value;
                }
                Entry::Several(key) => {
                    let reason = format!("`{key}` stands here twice, in other capitals");
                    let kind = GapKind::DuplicateKey;
                    return Found::Opaque(Problem { path: path.key(key), kind, reason });
                }
            }
        }
        Found::Is(node, path)
    }

    /// Where a setting is written: as far as it is, in the capitals it is written in.
    pub(super) fn at(&self, dotted: &str) -> Path {
        let (mut node, mut path) = (Some(self.node), self.at.clone());
        for name in dotted.split('.') {
            // A null is not set, and is the place to set it.
            let written = node
                .and_then(|node| node.entries().find(|(key, _)| key.eq_ignore_ascii_case(name)));
            path = path.key(written.map_or(name, |(key, _)| key));
            node = written.map(|(_, value)| value);
        }
        path
    }

    pub(super) fn problems(&self, table: &[(&str, Type)], found: &mut Vec<Problem>) {
        for (name, of) in table {
            match self.find(name) {
                Found::Unset => {}
                Found::Opaque(problem) => push(problem, found),
                Found::Is(node, path) => push_all(node, path, *of, found),
            }
        }
    }
}

/// What is wrong with the value of a setting.
fn push_all(node: Node<'_>, path: Path, of: Type, found: &mut Vec<Problem>) {
    let is_text = |value| text(value).is_some_and(|text| !is_expression(text));
    let expected = match of {
        Type::Bool if node.as_bool().is_some() => return,
        Type::Map if node.is_map() => return,
        Type::Text if is_text(node.value()) => return,
        Type::Image if is_text(node.value()) => {
            if node.as_str().and_then(node_image_day).is_none() {
                let reason = "the version of the node image does not say when it was made";
                let kind = GapKind::InvalidValue;
                push(Problem { path, kind, reason: reason.to_owned() }, found);
            }
            return;
        }
        Type::Texts if node.is_list() => {
            for (index, item) in node.items().enumerate() {
                if index >= TEXTS_MAX {
                    let reason = format!("it has more than {TEXTS_MAX} entries");
                    return push(Problem { path, kind: GapKind::Limit, reason }, found);
                }
                if !is_text(item.value()) {
                    // One of them makes the list unknown.
                    return push(opaque(path.index(index), "string", item.value()), found);
                }
            }
            return;
        }
        Type::Bool => "bool",
        Type::Map => "map",
        Type::Text | Type::Image => "string",
        Type::Texts => "list",
    };
    push(opaque(path, expected, node.value()), found);
}

pub(super) fn push(problem: Problem, found: &mut Vec<Problem>) {
    // What hides several settings is told once.
    if !found.contains(&problem) {
        found.push(problem);
    }
}

pub(super) fn opaque(path: Path, expected: &str, value: Value<'_>) -> Problem {
    if let Value::String(text) = value
        && is_expression(text)
    {
        let reason = format!(
            "`{path}` is an expression of a template, whose value is known when it is deployed: \
             what depends on it was not judged"
        );
        return Problem { path, kind: GapKind::NotEvaluated, reason };
    }
    wrong_type(path, expected, value)
}

pub(super) fn wrong_type(path: Path, expected: &str, value: Value<'_>) -> Problem {
    let found = value.type_name();
    let reason = format!(
        "`{path}` is a {found} where Azure has a {expected}: what depends on it was not judged"
    );
    Problem { path, kind: GapKind::WrongType, reason }
}

/// Texts that are not kept (too long, or a credential) are texts nevertheless.
pub(super) fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Redacted(redacted) if redacted.is_text => Some(""),
        _ => None,
    }
}

/// Whether a text is an expression of a template: in brackets, of which a second one escapes the
/// first ("Syntax and expressions in ARM templates").
pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with('[') && text.ends_with(']') && !text.starts_with("[[")
}

/// Whether a loop of the template makes a property ("Property iteration in ARM templates").
fn is_copied(node: Node<'_>, name: &str) -> bool {
    let names = node.list("copy").filter_map(|item| item.str("name"));
    names.take(POOLS_MAX).any(|it| it.eq_ignore_ascii_case(name))
}

enum Entry<'a> {
    None,
    One(&'a str, Node<'a>),
    Several(&'a str),
}

/// An entry of a map by its name in whatever capitals; nulls count as not written.
fn entry<'a>(node: Node<'a>, name: &str) -> Entry<'a> {
    let is_it = |(key, value): &(&'a str, Node<'a>)| {
        key.eq_ignore_ascii_case(name) && value.value() != Value::Null
    };
    let mut found = node.entries().filter(is_it);
    match (found.next(), found.next()) {
        (None, _) => Entry::None,
        (Some((key, value)), None) => Entry::One(key, value),
        (Some(_), Some((key, _))) => Entry::Several(key),
    }
}
