//! New values in the style of their surroundings.

use crate::{Node, Style, Value};

use super::Place;

/// How the place of a new value is written.
pub(super) struct Surroundings {
    /// Columns before a key of the mapping the value's key stands in.
    pub(super) indentation: usize,
    /// Columns a nested mapping is further in.
    pub(super) step: usize,
    /// Inside of braces: no line breaks.
    pub(super) is_flow: bool,
    /// Every key and text in double quotes.
    pub(super) is_json: bool,
    /// `\n` or `\r\n`.
    pub(super) line_break: &'static str,
}

/// Columns of indentation where nothing tells the file's own.
const STEP: usize = 2;

impl Surroundings {
    pub(super) fn of(text: &str, place: &Place<'_>) -> Self {
        let parent = place.parent.map(|parent| parent.node);
        let key = place.key.unwrap_or(place.node);
        Self::at(text, key.span().start as usize, parent.unwrap_or(place.node))
    }

    /// For a key at `start` in the mapping `map`.
    pub(super) fn at(text: &str, start: usize, map: Node<'_>) -> Self {
        let is_flow = map.style() == Style::Flow;
        let first_key = map.entries().next().map(|(_, key, _)| key);
        // In an empty mapping the file decides: JSON starts with a brace.
        let is_json = is_flow
            && first_key.map_or_else(
                || text.trim_start().starts_with('{'),
                |key| key.style() == Style::DoubleQuoted,
            );
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { indentation: column(text, start), step: STEP, is_flow, is_json, line_break }
    }
}

/// Bytes between the start of the line and `at`.
pub(super) fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind(['\n', '\r']).map_or(0, |line| line + 1)
}

/// A value behind `key:`, with the blank or line break before it.
pub(super) fn value(node: Node<'_>, around: &Surroundings) -> String {
    let mut out = String::new();
    if !around.is_flow && node.value() == Value::Map && node.entries().next().is_some() {
        block(node, around.indentation + around.step, around, &mut out);
    } else {
        out.push(' ');
        flow(node, around.is_json, &mut out);
    }
    out
}

fn block(map: Node<'_>, indentation: usize, around: &Surroundings, out: &mut String) {
    for (name, _, value) in map.entries() {
        out.push_str(around.line_break);
        out.extend(std::iter::repeat_n(' ', indentation));
        out.push_str(&key(name, false));
        out.push(':');
        if value.value() == Value::Map && value.entries().next().is_some() {
            block(value, indentation + around.step, around, out);
        } else {
            out.push(' ');
            flow(value, false, out);
        }
    }
}

/// A value on one line.
pub(super) fn flow(node: Node<'_>, is_json: bool, out: &mut String) {
    match node.value() {
        Value::Map => {
            out.push('{');
            for (number, (name, _, value)) in node.entries().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                out.push_str(&key(name, is_json));
                out.push_str(": ");
                flow(value, is_json, out);
            }
            out.push('}');
        }
        Value::List => {
            out.push('[');
            for (number, item) in node.items().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                flow(item, is_json, out);
            }
            out.push(']');
        }
        Value::String(text) => out.push_str(&key(text, is_json)),
        _ => out.push_str(node.written()),
    }
}

/// Words that YAML 1.1 reads as something else than text.
const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A text as YAML: plain where every reader takes it for the same text, else in double quotes.
pub fn text(text: &str) -> String {
    key(text, false)
}

/// A key or text: plain where every reader takes it for the same text, else in double quotes.
pub(super) fn key(text: &str, is_json: bool) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let starts_as_word = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if !is_json && starts_as_word && text.bytes().all(plain) && !is_word {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A JSON string, which is a YAML one too.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if (char as u32) < 0x20 || (0x7f..0xa0).contains(&(char as u32)) => {
                out.push_str(&format!("\\u{:04x}", char as u32));
            }
            '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                out.push_str(&format!("\\u{:04x}", char as u32));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}
